import type { Clock } from "../port/clock.ts";
import type { Disk } from "../port/disk.ts";
import type { Lines } from "../port/lines.ts";
import { writeCheckpoint } from "./checkpoint.ts";
import { type CommitLog, isPassing, reasonOf } from "./commit_log.ts";
import type { Flusher } from "./flusher.ts";
import type { Parts } from "./opening.ts";
import { noPause, pauses, type Slices } from "./pause.ts";

/**
 * So much of the log may be ahead of the views on the disk: a start after a crash reads it again.
 */
const behindBytesMax = 256 << 20;
/** And for so long. */
const behindMsMax = 10_000;
/** With so many files more to be synced, both may be as much more again. */
const filesWorthWaiting = 2000;
const patienceMax = 12;
/** So many bytes of key entries may wait in memory. */
const keyBytesMax = 12 << 20;

/** Where more waits in memory, slices of the work are longer, by a ms for so many bytes. */
const easyBytes = 16 << 20;
const crowdBytesAMs = 1 << 20;
const sliceMsMax = 16;
/** After a slice, where less waits. */
const restMs = 4;

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
 * Brings the views to the disk: entries to their files often, so that memory is bounded, and now
 * and then all of them with a sync of each file, which is what many queues cost, after which the
 * mark says from where on a start has to replay. No view file ever names a record that is not on
 * the disk, and the mark knows that it is before the view file does.
 */
export class WriteOut {
  readonly #options: WriteOutOptions;
  /** Views are on the disk up to here, and since when. */
  #done: number;
  #doneMs: number;
  #running: Promise<void> | undefined;
  /** Also while a run begins: what it hands over first may press for the next. */
  #isRunning = false;
  #isToHarden = false;
  #isPressed = false;
  #isTroubled = false;
  /** Nobody is served any more: a run under way need not rest. */
  #isClosing = false;
  /** Short and apart, so that messages hardly wait, as long as no more gathers than they bring. */
  readonly #slices: Slices = {
    sliceMs: () => Math.min(sliceMsMax, Math.max(1, this.#crowd() / crowdBytesAMs)),
    restMs: () => this.#isClosing || this.#crowd() >= 0 ? 0 : restMs,
  };
  /** How far the log was at the last tick. */
  #seen = 0;

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
    const { clock, commitLog } = this.#options;
    const isQuiet = commitLog.written === this.#seen;
    this.#seen = commitLog.written;
    if (this.#isRunning || commitLog.failure !== undefined) return;
    this.#start(this.#isTime(isQuiet), pauses(clock, this.#slices));
  }

  /** Brings everything to the disk, and resolves once it is there, or the log has failed. */
  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#idle();
    const isToRepeat = this.#options.parts.queues.condemned.size > 0;
    await this.#start(true, noPause);
    if (!isToRepeat) return;
    await this.#idle();
    await this.#start(true, noPause);
  }

  /** The end of one run may begin another. */
  async #idle(): Promise<void> {
    while (this.#isRunning) await this.#running;
  }

  /** Too much waits in memory: a run that writes all of it starts now. */
  press(): void {
    this.#isPressed = true;
    if (!this.#isTroubled) this.tick();
  }

  /** The next run is to bring everything to the disk. */
  hasten(): void {
    this.#isToHarden = true;
  }

  /** Bytes above what may wait at ease; below 0 where less waits. */
  #crowd(): number {
    const { queues, keys } = this.#options.parts;
    return queues.pendingBytes + keys.pendingBytes - easyBytes;
  }

  /** What many files cost is paid while nothing arrives, where there is such a while. */
  #isTime(isQuiet: boolean): boolean {
    const { clock, commitLog, parts } = this.#options;
    if (this.#isToHarden) return true;
    const behind = commitLog.written - this.#done;
    if (behind === 0 && parts.touched.size === 0) return false;
    const patience = this.#patience();
    return (isQuiet && patience > 2) || behind > patience * behindBytesMax ||
      clock.monotonic() - this.#doneMs > patience * behindMsMax;
  }

  /** Each file is a sync of its own: many are brought to the disk less often. */
  #patience(): number {
    const { queues, touched } = this.#options.parts;
    return Math.min(patienceMax, 1 + (queues.dirtyCount + touched.size) / filesWorthWaiting);
  }

  #start(isHard: boolean, pause: () => Promise<void>): Promise<void> {
    this.#isRunning = true;
    const run = this.#run(isHard, pause).catch((error) => this.#onTrouble(error));
    this.#running = run.then(() => {
      this.#isRunning = false;
      this.#options.onRun();
    });
    return this.#running;
  }

  async #run(isHard: boolean, pause: () => Promise<void>): Promise<void> {
    const { commitLog, flusher, parts } = this.#options;
    const { queues, keys, mark } = parts;
    const position = commitLog.handOver();
    const storedMs = commitLog.lastTimestamp;
    const isAll = isHard || this.#isPressed;
    const isKeyed = isAll || keys.pendingBytes > keyBytesMax;
    if (commitLog.failure !== undefined || !(isKeyed || queues.isWorthWriting)) return;
    await flusher.durable(position);
    await mark.sync();
    await queues.writeOut(position, { isAll, pause });
    if (isKeyed) await this.#writeKeys(position, pause);
    if (isHard) await this.#harden({ position, storedMs });
    if (isAll) this.#isPressed = false;
    this.#isTroubled = false;
  }

  /** Key entries are durable by themselves, and the mark says how many are. */
  async #writeKeys(position: number, pause: () => Promise<void>): Promise<void> {
    const { keys, mark } = this.#options.parts;
    await keys.writeOut(position, pause);
    mark.update({ keys: keys.mark });
    await mark.sync();
  }

  async #harden(
    upTo: { readonly position: number; readonly storedMs: number },
  ): Promise<void> {
    const { disk, directory, parts } = this.#options;
    const { queues, keys, touched, files, mark } = parts;
    const condemned = [...queues.condemned];
    this.#isToHarden = false;
    await touched.sync(disk, files);
    const views = Math.min(upTo.position, queues.barredFrom);
    mark.update({ views });
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
