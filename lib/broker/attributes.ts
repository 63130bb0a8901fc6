import { Refusal } from "../model/refusal.ts";

/** What values an attribute takes; undefined: it is well. Else what was expected. */
type Check = (value: string) => string | undefined;

/**
 * An attribute that a topic or group may have (`TopicAttributes`, `SubscriptionGroupAttributes`).
 */
export interface Attribute {
  /** Can it be changed once the topic or group exists? */
  readonly changeable: boolean;
  readonly check: Check;
}

/** Topic attributes of RocketMQ 5.5.0. */
export const TOPIC_ATTRIBUTES: ReadonlyMap<string, Attribute> = new Map([
  ["queue.type", { changeable: false, check: oneOf("SimpleCQ", "BatchCQ") }],
  ["cleanup.policy", { changeable: false, check: oneOf("DELETE", "COMPACTION") }],
  ["message.type", {
    changeable: true,
    check: oneOf(
      "UNSPECIFIED",
      "NORMAL",
      "FIFO",
      "DELAY",
      "TRANSACTION",
      "PRIORITY",
      "LITE",
      "MIXED",
    ),
  }],
  ["reserve.time", { changeable: true, check: between(-1, Number.MAX_SAFE_INTEGER) }],
  ["lite.topic.expiration", { changeable: true, check: between(-1, Number.MAX_SAFE_INTEGER) }],
]);

/** Group attributes of RocketMQ 5.5.0. */
export const GROUP_ATTRIBUTES: ReadonlyMap<string, Attribute> = new Map([
  ["priority.factor", { changeable: true, check: between(0, 100) }],
  ["lite.bind.topic", { changeable: true, check: anything }],
  ["lite.sub.model", { changeable: true, check: oneOf("Shared", "Exclusive") }],
  ["lite.sub.reset.offset.exclusive", { changeable: true, check: oneOf("true", "false") }],
  ["lite.sub.reset.offset.unsubscribe", { changeable: true, check: oneOf("true", "false") }],
  ["lite.sub.client.quota", { changeable: true, check: between(-1, Number.MAX_SAFE_INTEGER) }],
  ["lite.sub.client.max.event.cnt", {
    changeable: true,
    check: between(10, Number.MAX_SAFE_INTEGER),
  }],
  ["lite.sub.wildcard", { changeable: true, check: anything }],
]);

/**
 * Reads `+key=value,-key` (`AttributeParser`) into signed keys and values.
 * @throws {Refusal} `failed` where it does not read, as upstream answers it.
 */
export function parseAttributeChanges(text: string): Map<string, string> {
  const changes = new Map<string, string>();
  if (text.trim() === "") return changes;
  for (const part of text.split(",")) {
    const split = part.indexOf("=");
    const key = (split < 0 ? part : part.slice(0, split)).trim();
    if (!key.startsWith(split < 0 ? "-" : "+")) {
      refuse(`${part} is neither +key=value nor -key`);
    }
    if (changes.has(key)) refuse(`key duplication: ${key}`);
    changes.set(key, split < 0 ? "" : part.slice(split + 1).trim());
  }
  return changes;
}

/**
 * Applies signed changes to the attributes that are there; `current` undefined: what is changed is
 * new (`AttributeUtil.alterCurrentAttributes`). @throws {Refusal} `failed` with the rule that was
 * broken.
 */
export function changeAttributes(
  known: ReadonlyMap<string, Attribute>,
  current: ReadonlyMap<string, string> | undefined,
  changes: ReadonlyMap<string, string>,
): Map<string, string> {
  const result = new Map(current);
  const seen = new Set<string>();
  for (const [signed, value] of changes) {
    const key = signed.slice(1);
    if (key === "" || /[+-]/.test(key)) refuse(`kv string format wrong: ${signed}`);
    if (seen.has(key)) refuse(`alter duplication key. key: ${key}`);
    seen.add(key);
    changeOne(result, { known, isNew: current === undefined, signed, key, value });
  }
  return result;
}

function changeOne(
  result: Map<string, string>,
  change: {
    readonly known: ReadonlyMap<string, Attribute>;
    readonly isNew: boolean;
    readonly signed: string;
    readonly key: string;
    readonly value: string;
  },
): void {
  const { known, isNew, signed, key, value } = change;
  const adds = signed.startsWith("+");
  if (isNew && !adds) refuse(`only add attribute is supported while creating topic. key: ${key}`);
  if (!adds && !signed.startsWith("-")) refuse(`wrong format key: ${key}`);
  if (!adds && !result.has(key)) refuse(`attempt to delete a nonexistent key: ${key}`);
  const attribute = known.get(key) ?? refuse(`unsupported key: ${key}`);
  if (!isNew && !attribute.changeable) {
    refuse(`attempt to update an unchangeable attribute. key: ${key}`);
  }
  if (!adds) {
    result.delete(key);
    return;
  }
  const expected = attribute.check(value);
  if (expected !== undefined) refuse(`value of ${key} is ${value}; expected ${expected}`);
  result.set(key, value);
}

function oneOf(...values: string[]): Check {
  return (value) => values.includes(value) ? undefined : `one of ${values.join(", ")}`;
}

function between(min: number, max: number): Check {
  return (value) => {
    const number = /^-?\d+$/.test(value) ? Number(value) : NaN;
    return number >= min && number <= max ? undefined : `a whole number from ${min} to ${max}`;
  };
}

function anything(): undefined {
  return undefined;
}

function refuse(why: string): never {
  throw new Refusal("failed", `Cannot change the attributes: ${why}.`);
}
