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

/** As much as Apache's clients take. */
const LIMITS: FrameLimits = { frameMaxBytes: 16 * 1024 * 1024, headerMaxBytes: 1024 * 1024 };

interface Waiting {
  readonly code: number;
  readonly timer: Timer;
  readonly resolve: (answer: Command) => void;
  readonly reject: (reason: Error) => void;
}

/** The asking side of one remoting connection: any number of requests at once. */
export class Caller {
  readonly #connection: Connection;
  readonly #options: CallerOptions;
  readonly #splitter: FrameSplitter;
  readonly #writer = new CommandWriter();
  readonly #waiting = new Map<number, Waiting>();
  readonly #onClose: (() => void)[] = [];
  #closed: string | undefined;
  #opaque = 0;

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

  /** Asks. Rejects where no answer comes in `timeoutMs`, or the connection closes first. */
  call(request: Request & { readonly timeoutMs: number }): Promise<Command> {
    const { code, timeoutMs } = request;
    if (this.#closed !== undefined) return Promise.reject(this.#lost(code, this.#closed));
    const opaque = this.#send(request, 0);
    return new Promise((resolve, reject) => {
      const timer = this.#options.clock.after(timeoutMs, () => {
        this.#waiting.delete(opaque);
        reject(this.#lost(code, `no answer in ${timeoutMs} ms`));
      });
      this.#waiting.set(opaque, { code, timer, resolve, reject });
    });
  }

  /** Sends a request that has no answer. */
  tell(request: Request): void {
    if (this.#closed === undefined) this.#send(request, Flag.oneWay);
  }

  close(): void {
    this.#connection.destroy();
    this.#lose("closed here");
  }

  #send(request: Request, flag: number): number {
    this.#opaque = (this.#opaque + 1) | 0;
    const { code, header, body } = request;
    const form = this.#options.form ?? FORM_JSON;
    const command: Outgoing = { form, code, opaque: this.#opaque, flag, header, body };
    this.#writer.write(command);
    for (const piece of this.#writer.take()) this.#connection.write(piece);
    return this.#opaque;
  }

  #data(bytes: Uint8Array): void {
    try {
      this.#splitter.push(bytes, (frame) => this.#take(decodeCommand(frame)));
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
    waiting?.timer.cancel();
    waiting?.resolve(command);
    return true;
  }

  #lose(reason: string): void {
    if (this.#closed !== undefined) return;
    this.#closed = reason;
    this.#splitter.stop();
    for (const { code, timer, reject } of this.#waiting.values()) {
      timer.cancel();
      reject(this.#lost(code, reason));
    }
    this.#waiting.clear();
    for (const run of this.#onClose.splice(0)) run();
  }

  #lost(code: number, reason: string): Error {
    const { host, port } = this.#options;
    return new Error(`Request ${code} to ${host}:${port} has no answer: ${reason}.`);
  }
}
