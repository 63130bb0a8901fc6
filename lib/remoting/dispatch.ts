import type { Link } from "../broker/link.ts";
import { formatHost } from "../model/host.ts";
import { Refusal } from "../model/refusal.ts";
import type { Lines } from "../port/lines.ts";
import { type Command, Flag } from "./command.ts";
import { bodyBytes, type Outgoing } from "./encode.ts";
import { describeFault, refusalAnswer, unexpectedAnswer } from "./faults.ts";
import type { RemotingLimits } from "./limits.ts";
import type { Load } from "./load.ts";
import type { Answer, Row } from "./row.ts";

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
      answer = this.#row(command.code).answer(toCall(command, asker));
    } catch (error) {
      answer = this.#fault(command, asker, error);
    }
    if (answer instanceof Promise) this.#await(command, asker, answer);
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
    const bytes = OPEN_BYTES + command.body.length;
    this.#load.opened(bytes);
    asker.opened(bytes);
    const end = (answer: Answer | undefined) => {
      this.#answer(command, asker, answer);
      asker.ended(bytes);
      this.#load.ended(bytes);
    };
    promise.then(end, (error) => end(this.#fault(command, asker, error)));
  }

  #answer(command: Command, asker: Asker, answer: Answer | undefined): void {
    if (answer === undefined || (command.flag & Flag.oneWay) !== 0) return;
    const { code, remark, header, body } = this.#fitting(answer);
    const { form, opaque } = command;
    asker.answer({ form, code: code ?? 0, opaque, flag: Flag.answer, remark, header, body });
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

function toCall(command: Command, asker: Asker) {
  return {
    code: command.code,
    version: command.version,
    language: command.language,
    fields: command.fields,
    body: command.body,
    oneWay: (command.flag & Flag.oneWay) !== 0,
    local: asker.local,
    remote: asker.remote,
    link: asker,
  };
}
