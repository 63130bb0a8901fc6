import { formatHost, type Host } from "../model/host.ts";
import type { Connection } from "../port/tcp.ts";
import { CommandError, Flag } from "./command.ts";
import { decodeCommand } from "./decode.ts";
import type { Asker, Dispatch } from "./dispatch.ts";
import { ClientCalls } from "./client_calls.ts";
import { bodyBytes, type CommandWriter, type Outgoing } from "./encode.ts";
import { FrameError, FrameSplitter } from "./frame.ts";
import type { RemotingLimits } from "./limits.ts";
import type { Load } from "./load.ts";

/** What sessions share: the listener that they belong to. */
export interface SessionHome {
  readonly limits: RemotingLimits;
  readonly load: Load;
  readonly dispatch: Dispatch;
  readonly writer: CommandWriter;
  /** Monotonic ms. */
  now(): number;
  /** Calls `flush` of the session at the end of this turn. */
  flushSoon(session: Session): void;
  /** More waits for peers than may: somebody has to go. */
  makeRoom(): void;
  /** Logs why a session is closed. */
  tell(line: string): void;
  left(session: Session): void;
}

/** What a queued answer takes beside its body. */
const ANSWER_BYTES = 512;
/** A frame under way must come with so many bytes a second, once its head is there. */
const FRAME_BYTES_PER_SECOND = 64 * 1024;
/** What took longer, ms, is answered before the next request of the same chunk is taken. */
const DEAR_MS = 0.2;

/** Links are told apart by it in the whole process, whichever port they came by. */
let sessionsMade = 0;

/** One connection of a client: its requests in, answers and calls out. */
export class Session extends ClientCalls implements Asker {
  readonly id: number;
  readonly local: Host;
  readonly remote: Host;
  open = 0;
  readonly #connection: Connection;
  readonly #home: SessionHome;
  readonly #splitter: FrameSplitter;
  readonly #onClose: (() => void)[] = [];
  #queue: Outgoing[] = [];
  #queuedBytes = 0;
  #openBytes = 0;
  /** Its part of the load's `waitingBytes`. */
  #waitingBytes = 0;
  #isReading = true;
  #isEnding = false;
  #isClosed = false;
  /** Did anything go either way since deadlines were looked at? */
  #isAlive = false;
  /** Monotonic ms: last sign of life; begin of a frame under way, of answers not taken. */
  #lastMs: number;
  #frameSinceMs = Infinity;
  #unsentSinceMs = Infinity;

  constructor(connection: Connection, home: SessionHome) {
    super(home);
    this.id = ++sessionsMade;
    this.local = connection.local;
    this.remote = connection.remote;
    this.#connection = connection;
    this.#home = home;
    this.#splitter = new FrameSplitter(home.limits);
    this.#lastMs = home.now();
  }

  /** Begins to read. */
  start(): void {
    this.#connection.serve({
      data: (bytes) => this.#data(bytes),
      drained: () => this.#drained(),
      closed: () => this.#leave(),
    });
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get isWritable(): boolean {
    return !this.#isClosed && this.#unsent < this.#home.limits.unsentPauseBytes;
  }

  /** Since when the peer has been waited for, monotonic ms; Infinity: it is not. */
  get waitingSinceMs(): number {
    return Math.min(this.#frameSinceMs, this.#unsentSinceMs);
  }

  onClose(run: () => void): void {
    if (this.#isClosed) run();
    else this.#onClose.push(run);
  }

  answer(command: Outgoing): void {
    if (this.#isClosed) return;
    this.#queuedBytes += ANSWER_BYTES + bodyBytes(command.body);
    this.#queue.push(command);
    if (this.#queue.length === 1) this.#home.flushSoon(this);
  }

  opened(bytes: number): void {
    this.open++;
    this.#openBytes += bytes;
  }

  ended(bytes: number): void {
    this.open--;
    this.#openBytes -= bytes;
    if (!this.#isReading) this.#readOn();
  }

  /** Writes what was answered at this moment, as one piece where it is small. */
  flush(): void {
    if (this.#isClosed) return;
    const { writer } = this.#home;
    const queue = this.#queue;
    for (let at = 0; at < queue.length; at++) {
      writer.write(queue[at]);
      if (writer.isFull) writer.sendTo(this.#connection);
    }
    queue.length = 0;
    this.#queuedBytes = 0;
    writer.sendTo(this.#connection);
    this.#isAlive = true;
    this.#settle();
    if (!this.#isReading) this.#readOn();
  }

  /** Reads no further request; those under way are answered. */
  stopReading(): void {
    this.#isEnding = true;
    this.#isReading = false;
    this.loseCalls();
    this.#splitter.stop();
    this.#connection.pause();
  }

  /** Closes behind what is still to be sent. */
  end(): void {
    this.flush();
    this.#connection.end();
  }

  /** Closes at once and logs why: the sentence goes on after "Closed the connection of …: ". */
  close(why: string): void {
    if (this.#isClosed) return;
    this.#home.tell(`Closed the connection of ${formatHost(this.remote)}: ${why}`);
    this.drop();
  }

  /** Closes at once. */
  drop(): void {
    this.#connection.destroy();
    this.#leave();
  }

  /** Closes the connection where a deadline is over. */
  checkDeadlines(now: number): void {
    const { frameDeadlineMs, idleMs } = this.#home.limits;
    this.giveUpCalls(now);
    if (this.#isAlive) this.#lastMs = now;
    this.#isAlive = false;
    const pending = this.#splitter.pendingBytes;
    const frameMs = frameDeadlineMs + 1000 * Math.floor(pending / FRAME_BYTES_PER_SECOND);
    if (now - this.#frameSinceMs > frameMs) {
      this.close(`a frame of ${pending} bytes did not come whole in ${frameMs} ms.`);
    } else if (now - this.#lastMs > idleMs && this.open === 0) {
      this.close(`nothing went either way for ${idleMs} ms (serverChannelMaxIdleTimeSeconds).`);
    }
  }

  /** Closes as the one that is waited for longest, so that others get its memory. */
  giveWay(): void {
    const { load, limits } = this.#home;
    this.close(
      `${load.waitingBytes} bytes in all wait for peers to send the rest or to take answers, ` +
        `${limits.waitingBytesMax} are the most (waitingBytesMax), and of all it kept ` +
        `${this.#waitingBytes} waiting longest.`,
    );
  }

  get #unsent(): number {
    return this.#queuedBytes + this.#connection.unsentBytes;
  }

  #data(bytes: Uint8Array): void {
    if (this.#isClosed) return;
    this.#isAlive = true;
    try {
      this.#splitter.push(bytes, this.#visit);
    } catch (error) {
      this.#unreadable(error);
    }
    this.#settle();
  }

  readonly #visit = (bytes: Uint8Array, from: number, to: number): boolean => {
    this.#frameSinceMs = Infinity;
    const isLast = to === bytes.length;
    const startedMs = isLast ? 0 : this.#home.now();
    const command = decodeCommand(bytes, from, to);
    if ((command.flag & Flag.answer) === 0) this.#home.dispatch.take(command, this);
    else this.heard(command);
    if (!isLast && this.#isReading && this.#home.now() - startedMs > DEAR_MS) this.flush();
    if (this.#isReading && this.#isFull) this.#pause();
    return this.#isReading;
  };

  #unreadable(error: unknown): void {
    if (!(error instanceof FrameError || error instanceof CommandError)) throw error;
    this.close(`it sent ${error.message}.`);
  }

  get #isFull(): boolean {
    const { openBytesPerConnectionMax, unsentPauseBytes } = this.#home.limits;
    return this.#openBytes > openBytesPerConnectionMax || this.#unsent > unsentPauseBytes;
  }

  #pause(): void {
    this.#isReading = false;
    this.#splitter.wait();
    this.#connection.pause();
  }

  #readOn(): void {
    if (this.#isClosed || this.#isEnding || this.#isFull) return;
    this.#isReading = true;
    this.#connection.resume();
    try {
      this.#splitter.resume(this.#visit);
    } catch (error) {
      this.#unreadable(error);
    }
    this.#settle();
  }

  #drained(): void {
    this.#isAlive = true;
    this.#settle();
    if (!this.#isReading) this.#readOn();
  }

  /** Brings deadlines and the load up to date after bytes came or went. */
  #settle(): void {
    if (this.#isClosed) return;
    const unsent = this.#connection.unsentBytes;
    const isQuiet = unsent === 0 && this.#waitingBytes === 0 && this.#splitter.isEmpty;
    if (!isQuiet) return this.#settleBehind(unsent);
    this.#frameSinceMs = Infinity;
    this.#unsentSinceMs = Infinity;
    if (this.#isReading && this.#isFull) this.#pause();
  }

  /** The same where one of the two waits for the other. */
  #settleBehind(unsent: number): void {
    const { limits, load } = this.#home;
    const isUnderWay = this.#splitter.pendingBytes > 0 && this.#isReading;
    if (!isUnderWay) this.#frameSinceMs = Infinity;
    else if (this.#frameSinceMs === Infinity) this.#frameSinceMs = this.#home.now();
    if (unsent === 0) this.#unsentSinceMs = Infinity;
    else if (this.#unsentSinceMs === Infinity) this.#unsentSinceMs = this.#home.now();
    const waitingBytes = unsent + this.#splitter.heldBytes;
    load.waitingBytes += waitingBytes - this.#waitingBytes;
    this.#waitingBytes = waitingBytes;
    if (unsent > limits.unsentMaxBytes) {
      this.close(
        `it does not take its answers: ${unsent} bytes wait, ${limits.unsentMaxBytes} are ` +
          `the most (unsentMaxBytes).`,
      );
    } else if (load.waitingBytes > limits.waitingBytesMax) {
      this.#home.makeRoom();
    } else if (this.#isReading && this.#isFull) {
      this.#pause();
    }
  }

  #leave(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#home.load.waitingBytes -= this.#waitingBytes;
    this.#waitingBytes = 0;
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#splitter.stop();
    this.#home.left(this);
    this.loseCalls();
    for (const run of this.#onClose.splice(0)) run();
  }
}
