import type { KvTable } from "../meta/kv.ts";
import { Refusal } from "../model/refusal.ts";
import { checkGroupName, checkTopicName, RETRY_PREFIX, type Topic } from "../model/topic.ts";
import { Perm } from "../model/topic.ts";
import type { Identity } from "./identity.ts";
import type { BrokerSettings } from "./settings.ts";

/** How a group gets a topic's messages. */
export interface RequestMode {
  readonly mode: "PULL" | "POP";
  /** With how many others a client shares its queues; 0, or all others: all with all. */
  readonly shareQueues: number;
}

/** One queue that a client works on; queue -1 stands for all of its broker. */
export interface AssignedQueue {
  readonly topic: string;
  readonly brokerName: string;
  readonly queueId: number;
}

export interface AssignmentAsk {
  readonly topic: string;
  readonly group: string;
  readonly clientId: string;
  /** Upstream's name of how queues are shared out: `AVG`, `AVG_BY_CIRCLE`. */
  readonly strategy: string;
  readonly isBroadcast: boolean;
}

export interface Assignment {
  readonly mode: RequestMode["mode"];
  /** Undefined: nothing is known, and the client keeps what it has. */
  readonly queues: readonly AssignedQueue[] | undefined;
}

/** What request modes work with. */
export interface RequestModeParts {
  readonly modeTable: Pick<KvTable, "get" | "put" | "size">;
  readonly topicTable: { get(name: string): Topic | undefined };
  readonly consumers: { get(group: string): { clientIds(): string[] } | undefined };
  readonly identity: Identity;
  readonly settings: Pick<BrokerSettings, "groupsMax">;
  /**
   * The queues of a topic in the whole cluster; `asked`: they will be known in a moment; undefined:
   * nobody knows but this broker.
   */
  readonly clusterQueues?: (topic: string) => readonly AssignedQueue[] | "asked" | undefined;
}

const PULL: RequestMode = { mode: "PULL", shareQueues: 0 };

/** How groups get their messages, and which client works on which queues, where the broker says. */
export class RequestModes {
  readonly #parts: RequestModeParts;

  constructor(parts: RequestModeParts) {
    this.#parts = parts;
  }

  /** @throws {Refusal} `no-permission` for a retry topic, `parameter-invalid`, `busy` */
  async set(topic: string, group: string, mode: RequestMode): Promise<void> {
    if (topic.startsWith(RETRY_PREFIX)) {
      throw new Refusal("no-permission", "retry topic is not allowed to set mode");
    }
    checkTopicName(topic);
    checkGroupName(group);
    const { modeTable, settings } = this.#parts;
    if (modeTable.get(topic, group) === undefined && modeTable.size >= settings.groupsMax) {
      throw new Refusal(
        "busy",
        `Cannot keep the request mode of ${group}: ${modeTable.size} are kept, and groupsMax is ` +
          `${settings.groupsMax}. Raise it.`,
      );
    }
    await modeTable.put(topic, group, `${mode.mode} ${mode.shareQueues}`);
  }

  of(topic: string, group: string): RequestMode {
    const [mode, shareQueues] = this.#parts.modeTable.get(topic, group)?.split(" ") ?? [];
    return mode === "POP" ? { mode, shareQueues: Number(shareQueues) } : PULL;
  }

  /**
   * From what is known of the cluster by now. A client that hears nothing because that is being
   * found out keeps what it has, and asks again after a second.
   */
  assign(ask: AssignmentAsk): Assignment {
    const mode = this.of(ask.topic, ask.group);
    const queues = this.#queuesOf(ask.topic);
    if (queues === undefined || ask.isBroadcast) return { mode: mode.mode, queues };
    return { mode: mode.mode, queues: this.#share(ask, mode, queues) };
  }

  /** The own queues as they are now, those of other brokers as their name server knows them. */
  #queuesOf(topic: string): readonly AssignedQueue[] | undefined {
    const own = this.#ownQueues(topic);
    if (!this.#parts.topicTable.get(topic)) return undefined;
    const known = this.#parts.clusterQueues?.(topic);
    if (known === "asked") return undefined;
    if (known === undefined) return own?.toSorted(inOrder);
    const { brokerName } = this.#parts.identity;
    const others = known.filter((queue) => queue.brokerName !== brokerName);
    return [...own ?? [], ...others].sort(inOrder);
  }

  #ownQueues(name: string): AssignedQueue[] | undefined {
    const topic = this.#parts.topicTable.get(name);
    if (topic === undefined || (topic.perm & Perm.read) === 0) return undefined;
    const { brokerName } = this.#parts.identity;
    return Array.from(
      { length: topic.readQueues },
      (_, queueId) => ({ topic: name, brokerName, queueId }),
    );
  }

  #share(
    { group, clientId, strategy }: AssignmentAsk,
    { mode, shareQueues }: RequestMode,
    queues: readonly AssignedQueue[],
  ): readonly AssignedQueue[] | undefined {
    const clients = this.#parts.consumers.get(group)?.clientIds();
    if (clients === undefined || clientId === "" || !STRATEGIES.has(strategy)) return undefined;
    const index = clients.indexOf(clientId);
    const part = (at: number) => allot(strategy, queues, { at, of: clients.length });
    if (mode === "PULL") return index < 0 ? [] : part(index);
    if (shareQueues <= 0 || shareQueues >= clients.length - 1) {
      const brokers = new Set(queues.map(({ brokerName }) => brokerName));
      return [...brokers].map((brokerName) => ({ ...queues[0], brokerName, queueId: -1 }));
    }
    if (index < 0) return [];
    if (clients.length > queues.length) return [queues[index % queues.length]];
    const mine = new Set(part(index));
    for (let step = 1; step <= shareQueues; step++) {
      for (const queue of part((index + step) % clients.length)) mine.add(queue);
    }
    return [...mine];
  }
}

const STRATEGIES: ReadonlySet<string> = new Set(["AVG", "AVG_BY_CIRCLE"]);

/** The queues of one client of several (`AllocateMessageQueueAveragely`, `…ByCircle`). */
function allot<T>(
  strategy: string,
  queues: readonly T[],
  client: { readonly at: number; readonly of: number },
): T[] {
  if (strategy === "AVG_BY_CIRCLE") {
    return queues.filter((_queue, at) => at % client.of === client.at);
  }
  const least = Math.floor(queues.length / client.of);
  const more = queues.length % client.of;
  const from = client.at * least + Math.min(client.at, more);
  return queues.slice(from, from + least + (client.at < more ? 1 : 0));
}

function inOrder(one: AssignedQueue, other: AssignedQueue): number {
  if (one.brokerName === other.brokerName) return one.queueId - other.queueId;
  return one.brokerName < other.brokerName ? -1 : 1;
}
