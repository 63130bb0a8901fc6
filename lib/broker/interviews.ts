import type { Log } from "../log/log.ts";
import type { Group } from "../model/group.ts";
import { parseOffsetId } from "../model/ids.ts";
import { Refusal } from "../model/refusal.ts";
import type { Topic } from "../model/topic.ts";
import type { Lines } from "../port/lines.ts";
import type { Member } from "./consumer_group.ts";
import type { ConsumerGroups } from "./consumer_groups.ts";
import type { Identity } from "./identity.ts";
import type { QueueAt, RunningStateAsk } from "./link.ts";

/** What interviews work with. */
export interface InterviewParts {
  readonly consumers: ConsumerGroups;
  readonly topicTable: { get(name: string): Topic | undefined };
  readonly groupTable: { get(name: string): Group | undefined };
  readonly log: Pick<Log, "recordAt">;
  readonly identity: Pick<Identity, "brokerName">;
  readonly lines: Lines;
}

/** A message that one client is to consume now. */
export interface DirectOrder {
  readonly group: string;
  readonly clientId: string;
  /** By which its record is found. */
  readonly offsetId: string;
  readonly topic: string;
}

/** `MQVersion`: older clients do not know such questions. */
const STATUS_VERSION = 28;
const CALL_VERSION = 62;

/** Tools ask consumers, through the broker that they are connected to. */
export class Interviews {
  readonly #parts: InterviewParts;

  constructor(parts: InterviewParts) {
    this.#parts = parts;
  }

  /** What a client tells of itself, in its own form. @throws {Refusal} as `Link` */
  async runningState(ask: RunningStateAsk): Promise<Uint8Array> {
    return await this.#member(ask.group, ask.clientId).link.runningState(ask);
  }

  /** A client's verdict on one message, in its own form. @throws {Refusal} as `Link` */
  async consumeDirectly(order: DirectOrder): Promise<Uint8Array> {
    const { group, clientId, offsetId, topic } = order;
    const { topicTable, groupTable, identity } = this.#parts;
    const record = this.#record(offsetId);
    const { link } = this.#member(group, clientId);
    return await link.consumeDirectly({
      ...{ group, clientId, messageId: offsetId, brokerName: identity.brokerName, topic },
      topicSysFlag: topicTable.get(topic)?.sysFlag,
      groupSysFlag: groupTable.get(group)?.sysFlag,
      record,
    });
  }

  /**
   * How far each client of a group is in the queues of a topic that it has, by client id; one that
   * does not say is left out. @throws {Refusal} `failed`: nobody is there, or one is too old.
   */
  async status(ask: {
    readonly group: string;
    readonly topic: string;
    /** Undefined: all of them. */
    readonly clientId: string | undefined;
  }): Promise<Map<string, QueueAt[]>> {
    const { group, topic, clientId } = ask;
    const members = [...this.#parts.consumers.get(group)?.members.values() ?? []];
    if (members.length === 0) {
      throw new Refusal("failed", `No Any Consumer online in the consumer group: [${group}]`);
    }
    const asked = members.filter((one) => clientId === undefined || one.clientId === clientId);
    for (const member of asked) checkVersion(member, STATUS_VERSION);
    const table = new Map<string, QueueAt[]>();
    await Promise.all(asked.map(async (member) => {
      const status = await this.#statusOf(member, { group, topic });
      if (status !== undefined) table.set(member.clientId, status);
    }));
    return table;
  }

  async #statusOf({ link, clientId }: Member, ask: { group: string; topic: string }) {
    try {
      return await link.consumerStatus(ask);
    } catch (fault) {
      if (!(fault instanceof Refusal)) throw fault;
      this.#parts.lines.warn(`${clientId} of ${ask.group} does not say where it is: ${fault}`);
      return undefined;
    }
  }

  #member(group: string, clientId: string): Member {
    const members = this.#parts.consumers.get(group)?.members.values() ?? [];
    for (const member of members) {
      if (member.clientId !== clientId) continue;
      checkVersion(member, CALL_VERSION);
      return member;
    }
    throw new Refusal("failed", `The Consumer <${group}> <${clientId}> not online`);
  }

  #record(offsetId: string): Uint8Array {
    const place = parseOffsetId(offsetId);
    if (place === undefined) {
      throw new Refusal(
        "parameter-invalid",
        `${JSON.stringify(offsetId.slice(0, 80))} is no offset id: 32 hexadecimal digits, or 56 ` +
          `with an IPv6 address. Look the message up by its unique id to learn it.`,
      );
    }
    const record = this.#parts.log.recordAt(place.position);
    if (record !== undefined) return record;
    throw new Refusal("failed", `can not find message by the offset, ${place.position}`);
  }
}

function checkVersion({ clientId, version }: Member, least: number): void {
  if (version >= least) return;
  throw new Refusal(
    "failed",
    `The Consumer <${clientId}> Version <${version}> too low to finish: ${least} is the least ` +
      `(MQVersion). Please upgrade it.`,
  );
}
