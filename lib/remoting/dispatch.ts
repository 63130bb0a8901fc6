import type { Link } from "../broker/link.ts";
import { formatHost, type Host } from "../model/host.ts";
import { Refusal } from "../model/refusal.ts";
import type { Lines } from "../port/lines.ts";
import { type Command, Flag } from "./command.ts";
import { bodyBytes, type Outgoing } from "./encode.ts";
import { describeFault, refusalAnswer, unexpectedAnswer } from "./faults.ts";
import type { RemotingLimits } from "./limits.ts";
import type { Load } from "./load.ts";
import type { Answer, Call, Row } from "./row.ts";

/** The connection that a request came from. */
export interface Asker extends Link {
  /** Its requests not answered yet. */
  readonly open: number;
  /** One more, with its bytes. */
  opened(bytes: number): void;
  /** One less. */
  ended(bytes: number): void;
  /** Sends an answer, together with others of the same turn. */
  answer(command: Outgoing): void;
}

/** An answer that is ready but not true yet. */
interface Parked {
  readonly command: Command;
  readonly asker: Asker;
  readonly answer: Answer;
  readonly bytes: number;
}

/** What a request that waits takes beside its body: its call, promises and place in a queue. */
const OPEN_BYTES = 512;
/** Room for an answer's header in its frame. */
const ANSWER_HEADER_BYTES = 64 * 1024;

/** From a request to its answer: once for all requests. */
export class Dispatch {
  readonly #rows: ReadonlyMap<number, Row>;
  readonly #limits: RemotingLimits;
  readonly #load: Load;
  readonly #lines: Lines;
  /** What the newest parked answers wait for, and they. */
  #awaited: Promise<void> | undefined;
  #parked: Parked[] = [];

  constructor(
    parts: {
      readonly rows: ReadonlyMap<number, Row>;
      readonly limits: RemotingLimits;
      readonly load: Load;
      readonly lines: Lines;
    },
  ) {
    this.#rows = parts.rows;
    this.#limits = parts.limits;
    this.#load = parts.load;
    this.#lines = parts.lines;
  }

  /** Runs a request and sees to its answer. Never throws. */
  take(command: Command, asker: Asker): void {
    let answer: ReturnType<Row["answer"]>;
    try {
      this.#checkRoom(asker);
      answer = this.#row(command.code).answer(new CommandCall(command, asker));
    } catch (error) {
      answer = this.#fault(command, asker, error);
    }
    if (answer instanceof Promise) this.#await(command, asker, answer);
    else if (answer?.after !== undefined) this.#park(command, asker, answer);
    else this.#answer(command, asker, answer);
  }

  #row(code: number): Row {
    const row = this.#rows.get(code);
    if (row !== undefined) return row;
    throw new Refusal(
      "unsupported",
      ` request type ${code} not supported. This port of PocketMQ has no such request.`,
    );
  }

  #await(command: Command, asker: Asker, promise: Promise<Answer | undefined>): void {
    const bytes = OPEN_BYTES + command.span.length;
    this.#load.opened(bytes);
    asker.opened(bytes);
    const end = (answer: Answer | undefined) => {
      if (answer?.after !== undefined) this.#park(command, asker, answer);
      else this.#answer(command, asker, answer);
      asker.ended(bytes);
      this.#load.ended(bytes);
    };
    promise.then(end, (error) => end(this.#fault(command, asker, error)));
  }

  /** Those that wait for the same thing wait together. */
  #park(command: Command, asker: Asker, answer: Answer): void {
    const bytes = OPEN_BYTES + command.span.length;
    this.#load.opened(bytes);
    asker.opened(bytes);
    const parked = { command, asker, answer, bytes };
    if (answer.after === this.#awaited) {
      this.#parked.push(parked);
      return;
    }
    const all = [parked];
    this.#awaited = answer.after;
    this.#parked = all;
    answer.after?.then(
      () => this.#unpark(all, undefined),
      (fault) => this.#unpark(all, { fault }),
    );
  }

  #unpark(all: Parked[], failed: { readonly fault: unknown } | undefined): void {
    if (this.#parked === all) this.#awaited = undefined;
    for (const parked of all) {
      const { command, asker, answer, bytes } = parked;
      this.#answer(command, asker, failed ? this.#otherwise(parked, failed.fault) : answer);
      asker.ended(bytes);
      this.#load.ended(bytes);
    }
  }

  #otherwise({ command, asker, answer }: Parked, fault: unknown): Answer {
    try {
      if (answer.otherwise !== undefined) return answer.otherwise(fault, answer);
    } catch (error) {
      return this.#fault(command, asker, error);
    }
    return this.#fault(command, asker, fault);
  }

  #answer(command: Command, asker: Asker, answer: Answer | undefined): void {
    if (answer === undefined || (command.flag & Flag.oneWay) !== 0) return;
    const { code, remark, header, body, release } = this.#fitting(answer);
    const { form, opaque } = command;
    const flag = Flag.answer;
    asker.answer({ form, code: code ?? 0, opaque, flag, remark, header, body, release });
  }

  /** The answer, or the word that it is too large for a frame. */
  #fitting(answer: Answer): Answer {
    const bytes = bodyBytes(answer.body);
    if (bytes + ANSWER_HEADER_BYTES <= this.#limits.frameMaxBytes) return answer;
    return refusalAnswer(
      new Refusal(
        "failed",
        `The answer's body has ${bytes} bytes, which do not fit in a frame of ` +
          `${this.#limits.frameMaxBytes} (frameMaxBytes). Ask for less at once.`,
      ),
    );
  }

  #fault(command: Command, asker: Asker, error: unknown): Answer {
    if (error instanceof Refusal) return refusalAnswer(error);
    const name = this.#rows.get(command.code)?.name ?? `Request ${command.code}`;
    const peer = formatHost(asker.remote);
    this.#lines.error(`${name} (${command.code}) of ${peer} failed: ${describeFault(error)}`);
    return unexpectedAnswer(name, error);
  }

  #checkRoom(asker: Asker): void {
    const { openPerConnectionMax, openMax, openBytesMax } = this.#limits;
    const { open, openBytes } = this.#load;
    if (asker.open < openPerConnectionMax && open < openMax && openBytes < openBytesMax) return;
    throw new Refusal(
      "busy",
      `Too many requests are under way: ${asker.open} of this connection, where ` +
        `${openPerConnectionMax} are taken, and ${open} with ${openBytes} bytes in all, where ` +
        `${openMax} and ${openBytesMax} are (openPerConnectionMax, openMax, openBytesMax). ` +
        `Try again later.`,
    );
  }
}

/** A command as a handler sees it. */
class CommandCall implements Call {
  readonly code: number;
  readonly version: number;
  readonly language: string;
  readonly table: Call["table"];
  readonly span: Call["span"];
  readonly oneWay: boolean;
  readonly link: Asker;
  readonly #command: Command;

  constructor(command: Command, asker: Asker) {
    this.code = command.code;
    this.version = command.version;
    this.language = command.language;
    this.table = command.table;
    this.span = command.span;
    this.oneWay = (command.flag & Flag.oneWay) !== 0;
    this.link = asker;
    this.#command = command;
  }

  get fields(): Call["fields"] {
    return this.#command.fields;
  }

  get body(): Uint8Array {
    return this.span.view();
  }

  get local(): Host {
    return this.link.local;
  }

  get remote(): Host {
    return this.link.remote;
  }
}
