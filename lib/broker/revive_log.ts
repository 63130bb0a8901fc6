import type { Log } from "../log/log.ts";
import { Bean } from "../model/bean.ts";
import { formatJson, jsonObject } from "../model/loose_json.ts";
import type { Stored } from "../model/message.ts";
import { formatProperties, getProperty, Property } from "../model/properties.ts";
import type { StoredRecord } from "../model/record.ts";
import { Refusal } from "../model/refusal.ts";
import type { Clock } from "../port/clock.ts";
import type { Counters } from "./counters.ts";
import type { Identity } from "./identity.ts";
import { Lease, type LeaseName } from "./lease.ts";
import { byNumber, type OrderName, type OrderState, pairs } from "./order_state.ts";

/** Tags of the revive topic's records (`PopAckConstants`); the last one is ours. */
const Tag = { checkPoint: "ck", ack: "ack", batchAck: "bAck", order: "order" } as const;

/** The group whose progress in the revive topic says up to where all is over. */
export const REVIVE_GROUP = "CID_RMQ_SYS_REVIVE_GROUP";

export function reviveTopic({ clusterName }: Pick<Identity, "clusterName">): string {
  return `rmq_sys_REVIVE_LOG_${clusterName}`;
}

/** What a record of the revive topic says. */
export type ReviveEntry =
  | { readonly kind: "lease"; readonly lease: Lease }
  | { readonly kind: "ack"; readonly name: LeaseName; readonly offsets: readonly number[] }
  | { readonly kind: "order"; readonly name: OrderName; readonly state: OrderState };

/** What the revive topic's records are written with. */
export interface ReviveLogParts {
  readonly log: Pick<Log, "append" | "settled">;
  readonly counters: Counters;
  readonly clock: Clock;
  readonly identity: Identity;
}

const NAMES_MAX = 1000;
const LOOPBACK = { ip: new Uint8Array([127, 0, 0, 1]), port: 0 };
const utf8 = new TextEncoder();

/**
 * The records of `rmq_sys_REVIVE_LOG_<cluster>`: check points of pops and acknowledgements, as
 * upstream writes them, but at once and not through its timer, and the states of orderly queues,
 * which upstream keeps elsewhere and passes over here.
 */
export class ReviveLog {
  readonly topic: string;
  readonly #parts: ReviveLogParts;
  readonly #names = new Map<string, string>();

  constructor(parts: ReviveLogParts) {
    this.#parts = parts;
    this.topic = reviveTopic(parts.identity);
  }

  lease(lease: Lease): Stored {
    const { topic, group, queueId, start, popMs } = lease.name;
    const { brokerName } = this.#parts.identity;
    const body = JSON.stringify({
      bm: lease.acknowledged,
      bn: brokerName,
      c: group,
      d: lease.offsets.map((offset) => offset - start),
      it: lease.invisibleMs,
      n: lease.offsets.length,
      pt: popMs,
      q: queueId,
      ro: 0,
      so: start,
      t: topic,
    });
    const key = `${topic}@${queueId}@${start}@${group}@${popMs}@${brokerName}@ck`;
    return this.#append({ queueId: lease.reviveQueue, tag: Tag.checkPoint, key, body });
  }

  acks({ name, reviveQueue }: Lease, offsets: readonly number[]): Stored {
    const { topic, group, queueId, start, popMs } = name;
    const { brokerName } = this.#parts.identity;
    const isOne = offsets.length === 1;
    const ao = isOne ? offsets[0] : -1;
    const all = isOne ? "" : `"aol":[${offsets.join(",")}],`;
    const body = `{"ao":${ao},${all}"bn":${this.#quoted(brokerName)},"c":${this.#quoted(group)},` +
      `"pt":${popMs},"q":${queueId},"so":${start},"t":${this.#quoted(topic)}}`;
    const key = `${topic}@${queueId}@${ao}@${group}@${popMs}@${brokerName}@ack`;
    return this.#append({ queueId: reviveQueue, tag: isOne ? Tag.ack : Tag.batchAck, key, body });
  }

  order(name: OrderName, state: OrderState, reviveQueue: number): Stored {
    const { topic, group, queueId } = name;
    const body = formatJson(jsonObject({
      a: state.attemptId,
      c: group,
      cm: [...state.acknowledged],
      i: state.invisibleMs,
      o: state.offsets,
      oc: pairs(state.counts),
      ot: pairs(state.visibleMs),
      pt: state.popMs,
      q: queueId,
      t: topic,
    }));
    const key = `${topic}@${queueId}@${group}@order`;
    return this.#append({ queueId: reviveQueue, tag: Tag.order, key, body });
  }

  settled(stored: Stored): Promise<void> {
    return this.#parts.log.settled(stored.position + stored.size);
  }

  /** A name as JSON: there are few of them, said again and again. */
  #quoted(name: string): string {
    let quoted = this.#names.get(name);
    if (quoted !== undefined) return quoted;
    if (this.#names.size >= NAMES_MAX) this.#names.clear();
    this.#names.set(name, quoted = JSON.stringify(name));
    return quoted;
  }

  #append(
    what: {
      readonly queueId: number;
      readonly tag: string;
      readonly key: string;
      /** JSON. */
      readonly body: string;
    },
  ): Stored {
    const { log, counters, clock, identity } = this.#parts;
    const host = identity.address.hostFor(LOOPBACK);
    const now = clock.now();
    const stored = log.append({
      topic: this.topic,
      queueId: what.queueId,
      flag: 0,
      sysFlag: 0,
      bornTimestamp: now,
      bornHost: host,
      storeHost: host,
      reconsumeTimes: 0,
      preparedPosition: 0,
      // Upstream reads how far time is in this queue from the delivery times of its records.
      properties: formatProperties([
        [Property.tags, what.tag],
        [Property.uniqueKey, what.key],
        [Property.timerDeliverMs, String(now)],
      ]),
      body: utf8.encode(what.body),
    });
    counters.stored(this.topic, 1, stored.size);
    return stored;
  }
}

/** Reads a record; undefined where it says nothing that matters. */
export function readRevive(record: StoredRecord): ReviveEntry | undefined {
  const tag = getProperty(record.properties, Property.tags);
  try {
    const bean = Bean.read(record.body);
    if (tag === Tag.checkPoint) return leaseOf(bean, record.queueId);
    if (tag === Tag.order) return orderOf(bean);
    if (tag !== Tag.ack && tag !== Tag.batchAck) return undefined;
    const ao = bean.whole("ao", -1);
    const offsets = [...bean.wholes("aol"), ...ao >= 0 ? [ao] : []];
    return { kind: "ack", name: nameOf(bean), offsets };
  } catch (fault) {
    if (fault instanceof Refusal) return undefined;
    throw fault;
  }
}

function leaseOf(bean: Bean, reviveQueue: number): ReviveEntry | undefined {
  const name = nameOf(bean);
  const distances = bean.wholes("d");
  const count = Math.min(Math.max(bean.whole("n", 0), 0), 32);
  const offsets = distances.length > 0
    ? distances.slice(0, 32).map((distance) => name.start + distance)
    : Array.from({ length: count }, (_, at) => name.start + at);
  if (name.topic === "" || name.group === "" || offsets.length === 0) return undefined;
  const lease = new Lease(name, { invisibleMs: bean.whole("it", 0), reviveQueue }, offsets);
  lease.acknowledged = bean.whole("bm", 0) | 0;
  return { kind: "lease", lease };
}

function orderOf(bean: Bean): ReviveEntry {
  const attemptId = bean.text("a");
  return {
    kind: "order",
    name: { topic: bean.text("t"), group: bean.text("c"), queueId: bean.whole("q", 0) },
    state: {
      attemptId: attemptId === "" ? undefined : attemptId,
      popMs: bean.whole("pt", 0),
      invisibleMs: bean.whole("i", 0),
      offsets: bean.wholes("o"),
      acknowledged: new Set(bean.wholes("cm")),
      visibleMs: byNumber(bean.wholeTable("ot")),
      counts: byNumber(bean.wholeTable("oc")),
    },
  };
}

function nameOf(bean: Bean): LeaseName {
  return {
    topic: bean.text("t"),
    group: bean.text("c"),
    queueId: bean.whole("q", 0),
    start: bean.whole("so", 0),
    popMs: bean.whole("pt", 0),
  };
}
