import type { Clock } from "../port/clock.ts";
import type { Disk } from "../port/disk.ts";
import type { Lines } from "../port/lines.ts";
import { writeCheckpoint } from "./checkpoint.ts";
import { type CommitLog, isPassing, reasonOf } from "./commit_log.ts";
import type { Flusher } from "./flusher.ts";
import type { Parts } from "./opening.ts";
import { noPause, pauses } from "./pause.ts";

/**
 * So much of the log may be ahead of the views on the disk: a start after a crash reads it again.
 */
const behindBytesMax = 256 << 20;
/** And for so long. */
const behindMsMax = 10_000;
/** And so many bytes of key entries may wait. */
const keyBytesMax = 8 << 20;
/** With so many files more to be synced, all three may be as much more again. */
const filesWorthWaiting = 2000;
const patienceMax = 6;

/** What the view write-out works with. */
export interface WriteOutOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly lines: Lines;
  readonly directory: string;
  readonly commitLog: CommitLog;
  readonly flusher: Flusher;
  readonly parts: Parts;
  /** A run is over, well or not. */
  readonly onRun: () => void;
}

/**
 * Brings the views to the disk: queue entries to their files often, and now and then all views
 * with all syncs, after which the mark says from where on a start has to replay. No view file
 * ever names a record that is not on the disk, and the mark knows that it is before the view file
 * does.
 */
export class WriteOut {
  readonly #options: WriteOutOptions;
  /** Views are on the disk up to here, and since when. */
  #done: number;
  #doneMs: number;
  #running: Promise<void> | undefined;
  #isToHarden = false;
  #isTroubled = false;

  constructor(options: WriteOutOptions, views: number) {
    this.#options = options;
    this.#done = views;
    this.#doneMs = options.clock.monotonic();
  }

  /** Views on the disk are complete up to here. */
  get done(): number {
    return this.#done;
  }

  /** Writes entries out, and syncs everything where it is time to; one run at a time. */
  tick(): void {
    if (this.#running !== undefined || this.#options.commitLog.failure !== undefined) return;
    this.#start(this.#isTime(), pauses(this.#options.clock));
  }

  /** Brings everything to the disk now, and resolves once it is there, or the log has failed. */
  async harden(): Promise<void> {
    await this.#running;
    const isToRepeat = this.#options.parts.queues.condemned.size > 0;
    await this.#start(true, noPause);
    if (isToRepeat) await this.#start(true, noPause);
  }

  /** Too much waits in memory: a run that brings everything to the disk starts now. */
  press(): void {
    this.#isToHarden = true;
    if (!this.#isTroubled) this.tick();
  }

  /** The next run is to bring everything to the disk. */
  hasten(): void {
    this.#isToHarden = true;
  }

  #isTime(): boolean {
    const { clock, commitLog, parts } = this.#options;
    if (this.#isToHarden) return true;
    const behind = commitLog.written - this.#done;
    if (behind === 0 && parts.touched.size === 0) return false;
    const patience = this.#patience();
    return behind > patience * behindBytesMax ||
      parts.keys.pendingBytes > patience * keyBytesMax ||
      clock.monotonic() - this.#doneMs > patience * behindMsMax;
  }

  /** Each file is a sync of its own: many are brought to the disk less often. */
  #patience(): number {
    const { queues, touched } = this.#options.parts;
    return Math.min(patienceMax, 1 + (queues.dirtyCount + touched.size) / filesWorthWaiting);
  }

  #start(isHard: boolean, pause: () => Promise<void>): Promise<void> {
    const run = this.#run(isHard, pause).catch((error) => this.#onTrouble(error));
    this.#running = run.then(() => {
      this.#running = undefined;
      this.#options.onRun();
    });
    return this.#running;
  }

  async #run(isHard: boolean, pause: () => Promise<void>): Promise<void> {
    const { commitLog, flusher, parts } = this.#options;
    const position = commitLog.handOver();
    const storedMs = commitLog.lastTimestamp;
    if (commitLog.failure !== undefined || (!isHard && !parts.queues.isWorthWriting)) return;
    await flusher.durable(position);
    await parts.mark.sync();
    await parts.queues.writeOut(position, { isAll: isHard, pause });
    if (isHard) await this.#harden({ position, storedMs }, pause);
    this.#isTroubled = false;
  }

  async #harden(
    upTo: { readonly position: number; readonly storedMs: number },
    pause: () => Promise<void>,
  ): Promise<void> {
    const { disk, directory, parts } = this.#options;
    const { queues, keys, touched, files, mark } = parts;
    const condemned = [...queues.condemned];
    this.#isToHarden = false;
    await keys.writeOut(upTo.position, pause);
    await touched.sync(disk, files);
    const views = Math.min(upTo.position, queues.barredFrom);
    mark.update({ views, keys: keys.mark });
    await mark.sync();
    const keysMs = keys.mark?.header.endTimestamp ?? 0;
    await writeCheckpoint(disk, directory, {
      logMs: upTo.storedMs,
      queuesMs: upTo.storedMs,
      keysMs,
    });
    queues.removeCondemned(condemned);
    this.#done = views;
    this.#doneMs = this.#options.clock.monotonic();
  }

  /** No room or no file handles: the entries wait and are tried again. All else ends the log. */
  #onTrouble(error: unknown): void {
    const { commitLog, lines } = this.#options;
    if (commitLog.failure !== undefined) return;
    if (!isPassing(error)) {
      commitLog.fail(`cannot write queue or index files: ${reasonOf(error)}`);
      return;
    }
    this.#isToHarden = true;
    if (this.#isTroubled) return;
    this.#isTroubled = true;
    lines.warn(
      `Queue and key entries wait in memory: ${
        reasonOf(error)
      }. They are tried again every second; ` +
        `free space or file handles.`,
    );
  }
}
