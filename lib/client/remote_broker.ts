import { formatJson } from "../model/loose_json.ts";
import { parseTags } from "../model/filter.ts";
import { heartbeatToJson } from "../remoting/bodies/heartbeat.ts";
import { type Caller, CallError, type Hearer, type Request } from "../remoting/caller.ts";
import { type Command, OWN_VERSION } from "../remoting/command.ts";
import { headerReader, long } from "../remoting/shape.ts";
import { type Commit, commitRequest } from "./commit_request.ts";
import { lostError, refusedError } from "./client_error.ts";
import {
  batchRequest,
  type OutgoingBatch,
  type OutgoingMessage,
  receiptOf,
  type SendReceipt,
  sendRequest,
} from "./outgoing_message.ts";
import { type LockAsk, lockedOf, lockRequest } from "./lock_request.ts";
import { ackRequest, type HeldMessage, type PopAsk, popRequest } from "./pop_request.ts";
import {
  type FilterType,
  type PullAsk,
  type Pulled,
  pulledOf,
  pullRequest,
} from "./pull_request.ts";

export type { CallError, Command, Hearer };

/** A queue as a group sees it. */
export interface GroupQueue {
  readonly group: string;
  readonly topic: string;
  readonly queueId: number;
}

/** What a client tells a broker about itself. */
export interface Presence {
  readonly clientId: string;
  /** Producer groups. */
  readonly producers: readonly string[];
  readonly consumers: readonly {
    readonly group: string;
    readonly subscriptions: readonly Wish[];
  }[];
}

/** What a group wants of a topic. */
export interface Wish {
  readonly topic: string;
  readonly filterType: FilterType;
  readonly expression: string;
}

const Code = {
  queryProgress: 14,
  commitProgress: 15,
  offsetMax: 30,
  offsetMin: 31,
  heartbeat: 34,
} as const;
/** `QUERY_NOT_FOUND`. */
const NOT_FOUND = 22;

const readOffset = headerReader({ offset: long("offset") });
const utf8 = new TextEncoder();

/**
 * A broker over one connection: any number of calls at once. Every call rejects with a
 * `ClientError`.
 */
export class RemoteBroker {
  readonly address: string;
  readonly #caller: Caller;
  readonly #timeoutMs: number;

  constructor(
    caller: Caller,
    options: { readonly address: string; readonly timeoutMs: number },
  ) {
    this.#caller = caller;
    this.address = options.address;
    this.#timeoutMs = options.timeoutMs;
  }

  get isClosed(): boolean {
    return this.#caller.isClosed;
  }

  async send(message: OutgoingMessage): Promise<SendReceipt> {
    return receiptOf(await this.#call("send", sendRequest(message)));
  }

  async sendBatch(batch: OutgoingBatch): Promise<SendReceipt> {
    return receiptOf(await this.#call("send", batchRequest(batch)));
  }

  /** Sends and never hears of it; false where it could not even leave. */
  sendOneWay(message: OutgoingMessage): boolean {
    return this.#caller.tell(sendRequest(message));
  }

  async pull(ask: PullAsk): Promise<Pulled> {
    return pulledOf(await this.#call("pull", pullRequest(ask), ask.waitMs));
  }

  /**
   * Sends, and tells `hearer` the answer as it came; for who sends too much for a promise each.
   * Reads with `receiptOf`.
   */
  startSend(message: OutgoingMessage, hearer: Hearer): void {
    this.#caller.ask({ ...sendRequest(message), timeoutMs: this.#timeoutMs }, hearer);
  }

  /** The same for a batch. */
  startBatch(batch: OutgoingBatch, hearer: Hearer): void {
    this.#caller.ask({ ...batchRequest(batch), timeoutMs: this.#timeoutMs }, hearer);
  }

  /** Commits a transaction whose half was sent over here, and tells `hearer` the answer. */
  startCommit(commit: Commit, hearer: Hearer): void {
    this.#caller.ask({ ...commitRequest(commit), timeoutMs: this.#timeoutMs }, hearer);
  }

  /** Pulls, and tells `hearer` the answer as it came. Reads with `pulledOf`. */
  startPull(ask: PullAsk, hearer: Hearer): void {
    const timeoutMs = this.#timeoutMs + (ask.waitMs ?? 0);
    this.#caller.ask({ ...pullRequest(ask), timeoutMs }, hearer);
  }

  /** Pops, and tells `hearer` the answer as it came. Reads with `poppedOf`. */
  startPop(ask: PopAsk, hearer: Hearer): void {
    const timeoutMs = this.#timeoutMs + ask.waitMs;
    this.#caller.ask({ ...popRequest(ask), timeoutMs }, hearer);
  }

  /** Acknowledges a popped message, and tells `hearer` the answer. */
  startAck(held: HeldMessage, hearer: Hearer): void {
    this.#caller.ask({ ...ackRequest(held), timeoutMs: this.#timeoutMs }, hearer);
  }

  /**
   * Takes queues of this broker for one client alone, for a minute; gives those that it now has.
   */
  async lock(ask: LockAsk): Promise<number[]> {
    return lockedOf(await this.#call("lock queues", lockRequest(ask)));
  }

  /** How far a group has consumed; undefined where it has not begun. */
  async progress({ group, topic, queueId }: GroupQueue): Promise<number | undefined> {
    const header = { consumerGroup: group, topic, queueId, setZeroIfNotFound: false };
    const what = `read the progress of ${group}`;
    const answer = await this.#call(what, { code: Code.queryProgress, header });
    return answer.code === NOT_FOUND ? undefined : offsetOf(what, answer);
  }

  async commitProgress({ group, topic, queueId }: GroupQueue, offset: number): Promise<void> {
    const header = { consumerGroup: group, topic, queueId, commitOffset: offset };
    const what = `commit the progress of ${group}`;
    expectSuccess(what, await this.#call(what, { code: Code.commitProgress, header }));
  }

  /** The offset that the next message of the queue gets. */
  offsetMax(topic: string, queueId: number): Promise<number> {
    return this.#offset(Code.offsetMax, topic, queueId);
  }

  /** The offset of the oldest message that is kept. */
  offsetMin(topic: string, queueId: number): Promise<number> {
    return this.#offset(Code.offsetMin, topic, queueId);
  }

  /** Tells who is here; to be said again every 30 s, on this very connection. */
  async heartbeat(presence: Presence): Promise<void> {
    const body = utf8.encode(formatJson(heartbeatToJson({
      clientId: presence.clientId,
      language: "JAVA",
      version: OWN_VERSION,
      producers: presence.producers,
      consumers: presence.consumers.map(({ group, subscriptions }) => ({
        group,
        type: "CONSUME_PASSIVELY",
        model: "CLUSTERING",
        fromWhere: "CONSUME_FROM_FIRST_OFFSET",
        unitMode: false,
        subscriptions: subscriptions.map(subscriptionOf),
      })),
      fingerprint: 0,
      withoutSubscriptions: false,
    })));
    const what = "send a heartbeat";
    expectSuccess(what, await this.#call(what, { code: Code.heartbeat, body }));
  }

  async #offset(code: number, topic: string, queueId: number): Promise<number> {
    const what = `find the ends of ${topic}/${queueId}`;
    return offsetOf(what, await this.#call(what, { code, header: { topic, queueId } }));
  }

  async #call(what: string, request: Request, waitMs = 0): Promise<Command> {
    try {
      return await this.#caller.call({ ...request, timeoutMs: this.#timeoutMs + waitMs });
    } catch (reason) {
      if (!(reason instanceof CallError)) throw reason;
      throw lostError(what, reason);
    }
  }
}

function subscriptionOf({ topic, filterType, expression }: Wish) {
  const rest = { topic, type: filterType, version: 0, classFilter: false };
  if (filterType === "SQL92") return { ...rest, expression, tags: [], codes: [] };
  const { codes, tags, expression: plain } = parseTags(expression);
  return { ...rest, expression: plain, tags, codes: [...codes ?? []] };
}

function expectSuccess(what: string, answer: Command): void {
  if (answer.code !== 0) throw refusedError(what, answer);
}

function offsetOf(what: string, answer: Command): number {
  expectSuccess(what, answer);
  return readOffset(answer).offset;
}
