import type {
  DirectAsk,
  HalfCheck,
  ProgressReset,
  QueueAt,
  Reply,
  RunningStateAsk,
} from "../broker/link.ts";
import { formatHost, type Host } from "../model/host.ts";
import { formatJson } from "../model/loose_json.ts";
import { viewOf } from "../model/message.ts";
import { Refusal } from "../model/refusal.ts";
import { formatQueueOffsets, queueOffsetList, readQueueOffsets } from "./bodies/queue_offsets.ts";
import { type Command, Flag } from "./command.ts";
import type { Outgoing } from "./encode.ts";
import { ResponseCode } from "./faults.ts";
import { FORM_JSON } from "./frame.ts";
import type { RemotingLimits } from "./limits.ts";
import type { Load } from "./load.ts";

/** What calls of clients share: the listener. */
export interface CallsHome {
  readonly limits: Pick<RemotingLimits, "callsPerConnectionMax" | "callsMax">;
  readonly load: Load;
  /** Monotonic ms. */
  now(): number;
}

/** What clients are asked (`RequestCode`). */
const Ask = {
  checkTransaction: 39,
  membersChanged: 40,
  resetProgress: 220,
  consumerStatus: 221,
  runningState: 307,
  consumeDirectly: 309,
  deliverReply: 326,
} as const;

/** How long answers are waited for, ms (`Broker2Client`). */
const STATUS_MS = 5000;
const ANSWER_MS = 10_000;

type Question = Pick<Outgoing, "code" | "header" | "body">;

interface Waiting {
  /** Monotonic ms. */
  readonly dueAt: number;
  readonly timeoutMs: number;
  readonly resolve: (answer: Command) => void;
  readonly reject: (refusal: Refusal) => void;
}

const utf8 = new TextEncoder();

/** The asking side of a client's connection: its {@linkcode Session} answers, this asks. */
export abstract class ClientCalls {
  abstract readonly remote: Host;
  abstract readonly isClosed: boolean;
  abstract readonly isWritable: boolean;
  readonly #home: CallsHome;
  #opaque = 0;
  /** By opaque; made when it is needed: most clients are never asked. */
  #waiting: Map<number, Waiting> | undefined;

  constructor(home: CallsHome) {
    this.#home = home;
  }

  /** Queues a command for the client. */
  abstract answer(command: Outgoing): void;

  membersChanged(group: string): void {
    this.#tell({ code: Ask.membersChanged, header: { consumerGroup: group } });
  }

  checkTransaction(check: HalfCheck): void {
    const header = {
      topic: check.topic,
      bname: check.brokerName,
      tranStateTableOffset: check.offset,
      commitLogOffset: check.position,
      msgId: check.messageId,
      transactionId: check.transactionId,
      offsetMsgId: check.offsetId,
    };
    this.#tell({ code: Ask.checkTransaction, header, body: check.record });
  }

  resetProgress(reset: ProgressReset): void {
    const { topic, group, timestamp, force, queues } = reset;
    const isList = reset.language === "CPP";
    const table = isList ? formatJson(queueOffsetList(queues)) : formatQueueOffsets(queues);
    const header = { topic, group, queueId: -1, timestamp, isForce: force };
    const body = utf8.encode(`{"offsetTable":${table}}`);
    this.#tell({ code: Ask.resetProgress, header, body });
  }

  async consumerStatus(ask: { readonly group: string; readonly topic: string }) {
    const header = { topic: ask.topic, group: ask.group };
    const answer = await this.#ask({ code: Ask.consumerStatus, header }, STATUS_MS);
    if (answer.length === 0) return [];
    return readQueueOffsets(answer, "messageQueueTable") satisfies QueueAt[];
  }

  runningState({ group, clientId, withStacks }: RunningStateAsk): Promise<Uint8Array> {
    const header = { consumerGroup: group, clientId, jstackEnable: withStacks };
    return this.#ask({ code: Ask.runningState, header }, ANSWER_MS);
  }

  consumeDirectly(ask: DirectAsk): Promise<Uint8Array> {
    const header = {
      consumerGroup: ask.group,
      clientId: ask.clientId,
      msgId: ask.messageId,
      brokerName: ask.brokerName,
      topic: ask.topic === "" ? undefined : ask.topic,
      topicSysFlag: ask.topicSysFlag,
      groupSysFlag: ask.groupSysFlag,
    };
    return this.#ask({ code: Ask.consumeDirectly, header, body: ask.record }, ANSWER_MS);
  }

  async deliverReply(reply: Reply): Promise<void> {
    const { message } = reply;
    const header = {
      producerGroup: reply.producerGroup,
      topic: message.topic,
      defaultTopic: reply.defaultTopic,
      defaultTopicQueueNums: reply.defaultTopicQueues,
      queueId: message.queueId,
      sysFlag: message.sysFlag,
      bornTimestamp: message.bornTimestamp,
      flag: message.flag,
      properties: message.properties,
      reconsumeTimes: message.reconsumeTimes,
      unitMode: reply.unitMode,
      bornHost: formatHost(message.bornHost),
      storeHost: formatHost(message.storeHost),
      storeTimestamp: reply.storeTimestamp,
    };
    await this.#ask({ code: Ask.deliverReply, header, body: viewOf(message.body) }, ANSWER_MS);
  }

  /** Takes an answer of the client; one that nobody waits for goes nowhere. */
  heard(answer: Command): void {
    const waiting = this.#waiting?.get(answer.opaque);
    if (waiting === undefined) return;
    this.#forget(answer.opaque);
    waiting.resolve(answer);
  }

  /** Gives up on answers whose time is over. */
  giveUpCalls(now: number): void {
    if (this.#waiting === undefined) return;
    for (const [opaque, waiting] of this.#waiting) {
      if (waiting.dueAt > now) continue;
      this.#forget(opaque);
      const { timeoutMs } = waiting;
      waiting.reject(this.#refusal("client-silent", `did not answer in ${timeoutMs} ms.`));
    }
  }

  /** No answer will come any more. */
  loseCalls(): void {
    for (const [opaque, { reject }] of this.#waiting ?? []) {
      this.#forget(opaque);
      reject(this.#refusal("consumer-offline", "was gone before it answered."));
    }
  }

  #tell({ code, header, body }: Question): void {
    if (!this.isWritable) return;
    this.#opaque = (this.#opaque + 1) | 0;
    this.answer({ form: FORM_JSON, code, opaque: this.#opaque, flag: Flag.oneWay, header, body });
  }

  /** The body of the client's answer. */
  async #ask({ code, header, body }: Question, timeoutMs: number): Promise<Uint8Array> {
    this.#checkRoom();
    const { load } = this.#home;
    const opaque = this.#opaque = (this.#opaque + 1) | 0;
    this.answer({ form: FORM_JSON, code, opaque, flag: 0, header, body });
    load.calls++;
    const waiting = this.#waiting ??= new Map();
    const answer = await new Promise<Command>((resolve, reject) => {
      const dueAt = this.#home.now() + timeoutMs;
      waiting.set(opaque, { dueAt, timeoutMs, resolve, reject });
    });
    if (answer.code === ResponseCode.success) return answer.body;
    const remark = answer.remark ?? "without a word why";
    throw this.#refusal("failed", `answered with code ${answer.code}: ${remark}`);
  }

  #checkRoom(): void {
    const { limits, load } = this.#home;
    if (this.isClosed) throw this.#refusal("consumer-offline", "is gone.");
    if (!this.isWritable) {
      throw this.#refusal("busy", "does not take what was sent to it. Try again later.");
    }
    const own = this.#waiting?.size ?? 0;
    if (own < limits.callsPerConnectionMax && load.calls < limits.callsMax) return;
    const why = `owes ${own} answers of ${load.calls} that are waited for in all, ` +
      `${limits.callsPerConnectionMax} and ${limits.callsMax} are the most ` +
      `(callsPerConnectionMax, callsMax). Try again later.`;
    throw this.#refusal("busy", why);
  }

  #forget(opaque: number): void {
    if (this.#waiting?.delete(opaque)) this.#home.load.calls--;
  }

  #refusal(kind: ConstructorParameters<typeof Refusal>[0], what: string): Refusal {
    return new Refusal(kind, `The client at ${formatHost(this.remote)} ${what}`);
  }
}
