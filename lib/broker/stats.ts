import type { LogState } from "../log/log.ts";
import { Refusal } from "../model/refusal.ts";
import type { Clock } from "../port/clock.ts";
import { type Agreement, describeDifference } from "./agreement.ts";
import type { Counter, Counters } from "./counters.ts";
import type { Delays } from "./delays.ts";
import type { Identity } from "./identity.ts";
import type { Snapshot } from "./rates.ts";
import { bytesText, doubleText, runtimeText } from "./java_text.ts";

/** What the figures are told from. */
export interface StatsParts {
  readonly counters: Counters;
  readonly identity: Pick<Identity, "startedMs" | "clusterName">;
  readonly log: { state(): LogState };
  /** The directory of the log's segments, as tools show it. */
  readonly logDirectory: string;
  readonly agreement: Pick<Agreement, "differences">;
  readonly clock: Clock;
  readonly delays: Pick<Delays, "figures">;
}

/** As `MQVersion` names the version whose protocol is spoken. */
const VERSION = "V5_5_0";
/** Groups that are named in one answer. */
const GROUPS_MAX = 100;
const WINDOWS_SECONDS = [10, 60, 600];
const SPREAD_NAMES = [
  "[<=0ms]",
  "[0~10ms]",
  "[10~50ms]",
  "[50~100ms]",
  "[100~200ms]",
  "[200~500ms]",
  "[500ms~1s]",
  "[1~2s]",
  "[2~3s]",
  "[3~4s]",
  "[4~5s]",
  "[5~10s]",
  "[10s~]",
];
/** Figures of thread pools and of timers, which this broker does not have; tools expect them. */
const ABSENT: readonly (readonly [string, string])[] = [
  ["dispatchMaxBuffer", "0"],
  ["pageCacheLockTimeMills", "0"],
  ["startAcceptSendRequestTimeStamp", "0"],
  ["timerReadBehind", "0"],
  ["timerEnqueueTps", "0.0"],
  ["timerDequeueTps", "0.0"],
  ["remainTransientStoreBufferNumbs", "0"],
  ...["send", "pull", "litePull", "query", "ack"].flatMap((pool) =>
    [
      [`${pool}ThreadPoolQueueSize`, "0"],
      [`${pool}ThreadPoolQueueCapacity`, "0"],
      [`${pool}ThreadPoolQueueHeadWaitTimeMills`, "0"],
    ] as const
  ),
  ["EndTransactionQueueSize", "0"],
  ["EndTransactionThreadPoolQueueCapacity", "0"],
];

/** What code 28 tells: RocketMQ's keys (reference §8.1) and their values. */
export class Stats {
  readonly #parts: StatsParts;

  constructor(parts: StatsParts) {
    this.#parts = parts;
  }

  runtime(): Map<string, string> {
    return new Map([
      ...ABSENT,
      ...this.#ofSends(),
      ...this.#ofPulls(),
      ...this.#ofLog(),
      ...this.#ofGroups(),
      ...this.#parts.delays.figures(),
    ]);
  }

  /**
   * The last minute, hour and day of a figure by RocketMQ's name for it and a key: messages stored
   * by topic, pulled by `topic@group`, and both of the cluster's name. @throws {Refusal} `failed`
   */
  view(name: string, key: string): Snapshot[] {
    const { counters, identity, clock } = this.#parts;
    const now = clock.monotonic();
    const isOwn = key === identity.clusterName;
    const figures: { readonly [name: string]: () => Snapshot[] | undefined } = {
      TOPIC_PUT_NUMS: () => counters.topicPuts.snapshots(key, now),
      GROUP_GET_NUMS: () => counters.groupGets.snapshots(key, now),
      SNDBCK_PUT_NUMS: () => counters.sendBacks.snapshots(key, now),
      DLQ_PUT_NUMS: () => counters.deadLetters.snapshots(key, now),
      BROKER_PUT_NUMS: () => isOwn ? counters.whole.snapshots("put", now) : undefined,
      BROKER_GET_NUMS: () => isOwn ? counters.whole.snapshots("get", now) : undefined,
    };
    const found = Object.hasOwn(figures, name) ? figures[name]() : undefined;
    if (found !== undefined) return found;
    const shown = [name, key].map((text) => `<${text.slice(0, 255)}>`).join(" ");
    throw new Refusal("failed", `The stats ${shown} not exist`);
  }

  #ofSends(): [string, string][] {
    const { counters, identity, clock } = this.#parts;
    const put = Math.max(1, counters.put.total);
    const spread = counters.spread();
    return [
      ["bootTimestamp", String(identity.startedMs)],
      ["runtime", runtimeText(clock.now() - identity.startedMs)],
      ["brokerActive", "true"],
      ["brokerVersionDesc", VERSION],
      ["putMessageEntireTimeMax", wholeText(counters.putMaxMs)],
      ["putMessageTimesTotal", String(put)],
      ["putMessageFailedTimes", String(counters.putFailed)],
      ["putMessageSizeTotal", String(counters.putBytes)],
      ["putMessageAverageSize", doubleText(counters.putBytes / put)],
      [
        "putMessageDistributeTime",
        SPREAD_NAMES.map((name, at) => `${name}:${spread[at]} `).join(""),
      ],
      ["putLatency99", counters.percentile(0.99).toFixed(2)],
      ["putLatency999", counters.percentile(0.999).toFixed(2)],
      ["putTps", tps(counters.put)],
      ["msgPutTotalYesterdayMorning", String(counters.putMornings.yesterday)],
      ["msgPutTotalTodayMorning", String(counters.putMornings.today)],
      ["msgPutTotalTodayNow", String(counters.put.total)],
    ];
  }

  #ofPulls(): [string, string][] {
    const { counters } = this.#parts;
    const { found, missed } = counters;
    const total = WINDOWS_SECONDS.map((seconds) =>
      doubleText(found.perSecond(seconds) + missed.perSecond(seconds))
    );
    return [
      ["getMessageEntireTimeMax", wholeText(counters.pullMaxMs)],
      ["getFoundTps", tps(found)],
      ["getMissTps", tps(missed)],
      ["getTotalTps", total.join(" ")],
      ["getTransferredTps", tps(counters.transferred)],
      ["msgGetTotalYesterdayMorning", String(counters.getMornings.yesterday)],
      ["msgGetTotalTodayMorning", String(counters.getMornings.today)],
      ["msgGetTotalTodayNow", String(counters.transferred.total)],
    ];
  }

  /** Ours: which groups lose messages to themselves. */
  #ofGroups(): [string, string][] {
    return this.#parts.agreement.differences().slice(0, GROUPS_MAX).map((difference) => {
      return [`differentSubscriptions_${difference.group}`, describeDifference(difference)];
    });
  }

  #ofLog(): [string, string][] {
    const state = this.#parts.log.state();
    const ratio = doubleText(state.diskRatio);
    const [total, free] = [bytesText(state.diskTotalBytes), bytesText(state.diskFreeBytes)];
    return [
      ["commitLogMinOffset", String(state.positionMin)],
      ["commitLogMaxOffset", String(state.positionMax)],
      ["commitLogDiskRatio", ratio],
      [`commitLogDiskRatio_${this.#parts.logDirectory}`, ratio],
      ["consumeQueueDiskRatio", ratio],
      ["commitLogDirCapacity", `Total : ${total}, Free : ${free}.`],
      ["dispatchBehindBytes", String(state.dispatchBehindBytes)],
      ["remainHowManyDataToFlush", bytesText(state.flushBehindBytes)],
      ["earliestMessageTimeStamp", String(state.earliestStoreTimestamp)],
    ];
  }
}

function tps(counter: Counter): string {
  return WINDOWS_SECONDS.map((seconds) => doubleText(counter.perSecond(seconds))).join(" ");
}

function wholeText(ms: number): string {
  return String(Math.round(ms));
}
