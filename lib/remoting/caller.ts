import type { Host } from "../model/host.ts";
import type { Clock, Timer } from "../port/clock.ts";
import type { Connection, Tcp } from "../port/tcp.ts";
import { type Command, CommandError, Flag } from "./command.ts";
import { decodeCommand } from "./decode.ts";
import { CommandWriter, type HeaderValues, type Outgoing } from "./encode.ts";
import { FORM_JSON, FrameError, type FrameLimits, FrameSplitter } from "./frame.ts";

/** What a {@linkcode Caller} asks. */
export interface Request {
  readonly code: number;
  readonly header?: HeaderValues;
  readonly body?: Uint8Array;
}

/** Where to call, and over what. */
export interface CallerOptions {
  readonly tcp: Tcp;
  readonly clock: Clock;
  readonly host: string;
  readonly port: number;
  /** For the connection to come about. */
  readonly timeoutMs: number;
  readonly limits?: FrameLimits;
  /** `FORM_JSON` or `FORM_ROCKETMQ`: how headers are written. */
  readonly form?: number;
  /** Hears what the other side asks unasked, such as code 40. */
  readonly asked?: (command: Command) => void;
}

/** Hears how a request ended: one of the two, once, never before {@linkcode Caller.ask} returns. */
export interface Hearer {
  /** The answer came, whatever its code says. */
  answered(answer: Command): void;
  failed(reason: CallError): void;
}

/** A request that has no answer, in one sentence. */
export class CallError extends Error {
  override readonly name = "CallError";
  /** `unsent`: it never left, so the other side does not know of it. */
  constructor(readonly kind: "timeout" | "closed" | "unsent", message: string) {
    super(message);
  }
}

const MIB = 1024 * 1024;
/** As much as Apache's clients take. */
const LIMITS: FrameLimits = { frameMaxBytes: 16 * MIB, headerMaxBytes: MIB };
/** With so many requests open, or bytes that the peer does not take, no more are sent. */
const OPEN_MAX = 65_536;
const UNSENT_MAX_BYTES = 64 * MIB;

interface Waiting {
  readonly code: number;
  readonly timeoutMs: number;
  /** Monotonic ms. */
  readonly dueMs: number;
  readonly hearer: Hearer;
}

/**
 * The asking side of one remoting connection: any number of requests at once. What is asked in one
 * turn of the event loop goes out together; one timer watches over all deadlines.
 */
export class Caller {
  readonly #connection: Connection;
  readonly #options: CallerOptions;
  readonly #splitter: FrameSplitter;
  readonly #writer = new CommandWriter();
  readonly #waiting = new Map<number, Waiting>();
  readonly #onClose: (() => void)[] = [];
  #closed: string | undefined;
  #opaque = 0;
  #isFlushing = false;
  #timer: Timer | undefined;
  /** When the timer rings, monotonic ms. */
  #timerMs = Infinity;

  /** Rejects with the reason where no connection comes about. */
  static async connect(options: CallerOptions): Promise<Caller> {
    const { tcp, host, port, timeoutMs } = options;
    return new Caller(await tcp.connect({ host, port, timeoutMs }), options);
  }

  private constructor(connection: Connection, options: CallerOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#splitter = new FrameSplitter(options.limits ?? LIMITS);
    connection.serve({
      data: (bytes) => this.#data(bytes),
      drained: () => {},
      closed: (reason) => this.#lose(reason),
    });
  }

  get local(): Host {
    return this.#connection.local;
  }

  get remote(): Host {
    return this.#connection.remote;
  }

  get isClosed(): boolean {
    return this.#closed !== undefined;
  }

  /** Runs once when the connection closes; at once where it has. */
  onClose(run: () => void): void {
    if (this.isClosed) run();
    else this.#onClose.push(run);
  }

  /** Requests that wait for their answers. */
  get open(): number {
    return this.#waiting.size;
  }

  /** Asks. Rejects with a `CallError` where no answer comes in `timeoutMs`, or it closes first. */
  call(request: Request & { readonly timeoutMs: number }): Promise<Command> {
    const why = this.#closed;
    if (why !== undefined) return Promise.reject(this.#lost("closed", request.code, why));
    return new Promise((answered, failed) => this.ask(request, { answered, failed }));
  }

  /** The same without a promise, for who asks a lot. */
  ask(request: Request & { readonly timeoutMs: number }, hearer: Hearer): void {
    const { code, timeoutMs } = request;
    const { clock } = this.#options;
    const why = this.#closed ?? this.#whyFull();
    if (why !== undefined) {
      const kind = this.isClosed ? "closed" : "unsent";
      clock.soon(() => hearer.failed(this.#lost(kind, code, why)));
      return;
    }
    const dueMs = clock.monotonic() + timeoutMs;
    this.#waiting.set(this.#send(request, 0), { code, timeoutMs, dueMs, hearer });
    this.#watch(dueMs);
  }

  /** Sends a request that has no answer; false where it cannot go out. */
  tell(request: Request): boolean {
    if (this.isClosed || this.#whyFull() !== undefined) return false;
    this.#send(request, Flag.oneWay);
    return true;
  }

  /** Sends what was asked in this turn, and closes; what waits for an answer fails. */
  close(): void {
    this.#flush();
    this.#connection.destroy();
    this.#lose("closed here");
  }

  #whyFull(): string | undefined {
    if (this.#waiting.size >= OPEN_MAX) return `${OPEN_MAX} requests are open, which is the most`;
    const { unsentBytes } = this.#connection;
    if (unsentBytes <= UNSENT_MAX_BYTES) return undefined;
    return `it does not take what it is sent: ${unsentBytes} bytes wait`;
  }

  #send(request: Request, flag: number): number {
    this.#opaque = (this.#opaque + 1) | 0;
    const { code, header, body } = request;
    const form = this.#options.form ?? FORM_JSON;
    const command: Outgoing = { form, code, opaque: this.#opaque, flag, header, body };
    this.#writer.write(command);
    if (!this.#isFlushing) {
      this.#isFlushing = true;
      this.#options.clock.soon(() => this.#flush());
    }
    return this.#opaque;
  }

  #flush(): void {
    this.#isFlushing = false;
    this.#writer.sendTo(this.#connection);
  }

  #watch(dueMs: number): void {
    if (dueMs >= this.#timerMs) return;
    const { clock } = this.#options;
    this.#timer?.cancel();
    this.#timerMs = dueMs;
    this.#timer = clock.after(dueMs - clock.monotonic(), () => this.#expire());
  }

  /** Fails what is overdue; most requests have been answered long before anybody looks. */
  #expire(): void {
    const now = this.#options.clock.monotonic();
    this.#timerMs = Infinity;
    let nextMs = Infinity;
    for (const [opaque, { code, timeoutMs, dueMs, hearer }] of this.#waiting) {
      if (dueMs > now) {
        nextMs = Math.min(nextMs, dueMs);
        continue;
      }
      this.#waiting.delete(opaque);
      hearer.failed(this.#lost("timeout", code, `no answer in ${timeoutMs} ms`));
    }
    if (nextMs < Infinity) this.#watch(nextMs);
  }

  #data(bytes: Uint8Array): void {
    try {
      this.#splitter.push(bytes, (chunk, from, to) => this.#take(decodeCommand(chunk, from, to)));
    } catch (error) {
      if (!(error instanceof FrameError || error instanceof CommandError)) throw error;
      this.#connection.destroy();
      this.#lose(`it sent ${error.message}`);
    }
  }

  #take(command: Command): boolean {
    if ((command.flag & Flag.answer) === 0) {
      this.#options.asked?.(command);
      return true;
    }
    const waiting = this.#waiting.get(command.opaque);
    this.#waiting.delete(command.opaque);
    waiting?.hearer.answered(command);
    return true;
  }

  #lose(reason: string): void {
    if (this.#closed !== undefined) return;
    this.#closed = reason;
    this.#splitter.stop();
    this.#timer?.cancel();
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { code, hearer } of waiting) hearer.failed(this.#lost("closed", code, reason));
    for (const run of this.#onClose.splice(0)) run();
  }

  #lost(kind: CallError["kind"], code: number, reason: string): CallError {
    const { host, port } = this.#options;
    return new CallError(kind, `Request ${code} to ${host}:${port} has no answer: ${reason}.`);
  }
}
