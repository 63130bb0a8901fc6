import type { Log } from "../log/log.ts";
import type { Catalogue } from "../meta/catalogue.ts";
import type { DataVersion } from "../model/data_version.ts";
import type { Clock } from "../port/clock.ts";
import type { Job } from "../port/job.ts";
import type { Lines } from "../port/lines.ts";
import type { BrokerSettings } from "./settings.ts";
import { DelayProgress } from "./delay_progress.ts";
import { DelayRecovery } from "./delay_recovery.ts";
import type { Detours } from "./detours.ts";
import type { Inlet } from "./inlet.ts";
import { Schedule } from "./schedule.ts";
import { Timers } from "./timers.ts";

/** What messages that come later are made of. */
export interface DelaysParts {
  readonly log: Pick<
    Log,
    "queue" | "read" | "recordAt" | "durable" | "positionMax" | "survey"
  >;
  readonly catalogue: Pick<Catalogue, "delays" | "timers" | "timerExport">;
  readonly inlet: Inlet;
  readonly detours: Detours;
  readonly clock: Clock;
  readonly lines: Lines;
  readonly settings: BrokerSettings;
  readonly delayLevelsMs: readonly number[];
  readonly logKeptMs: number;
  readonly wake: (job: string) => void;
}

/** The next offset to deliver, by level, and how new that is. */
export interface LevelProgress {
  readonly version: DataVersion;
  readonly offsets: ReadonlyMap<number, number>;
}

/** Messages that come later, as the broker sees them. */
export interface Delays {
  jobs(): Job[];
  /** Begins where the last run stopped, as soon as that is found out. */
  start(): void;
  /** Delivers nothing more; what was delivered is kept when this resolves. */
  close(): Promise<void>;
  /** Figures for tools, by RocketMQ's names (28). */
  figures(): [string, string][];
  /** How far each level is delivered, as it is kept, and how new that is. */
  progress(): LevelProgress;
}

/** Sets up levels and delivery times, and leads messages that wish for them there. */
export function createDelays(parts: DelaysParts): Delays {
  const { catalogue, detours } = parts;
  const schedule = new Schedule(parts);
  const timers = new Timers({ ...parts, timerTable: catalogue.timers });
  const ground = {
    ...parts,
    schedule,
    timers,
    delayTable: catalogue.delays,
    timerTable: catalogue.timers,
    timerExport: catalogue.timerExport,
  };
  const recovery = new DelayRecovery(ground);
  const progress = new DelayProgress({ ...ground, recovery });
  detours.set("delay", schedule.detour);
  detours.set("timer", timers.detour);
  return {
    jobs: () => [schedule, timers, progress],
    start: () => progress.start(),
    close: () => progress.close(),
    figures: () => [
      ...schedule.places().map(([level, next, end]): [string, string] => {
        return [`scheduleMessageOffset_${level}`, `${next},${end}`];
      }),
      ["timerOffsetBehind", String(timers.behind)],
      ["timerCongestNum", String(timers.waiting)],
    ],
    progress: () => ({ version: catalogue.delays.version, offsets: catalogue.delays.all() }),
  };
}
