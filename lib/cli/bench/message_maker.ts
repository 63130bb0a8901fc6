import { ProofWriter } from "../../client/proof.ts";
import type { BatchPart } from "../../model/batch.ts";
import { formatProperties, Property } from "../../model/properties.ts";
import type { Ports } from "../../server/ports.ts";
import type { BenchPlan } from "./flags.ts";

/** Makes the messages of a run: bodies that prove themselves, properties as the plan asks. */
export class MessageMaker {
  readonly #bodies: ProofWriter;
  readonly #plan: BenchPlan;
  /** Properties that all have. */
  readonly #common: string;
  #made = 0;

  constructor(
    plan: BenchPlan,
    options: { readonly run: number; readonly random: Ports["random"] },
  ) {
    this.#plan = plan;
    this.#bodies = new ProofWriter({ ...options, bytes: plan.size });
    this.#common = filling(plan.propertyBytes) + wishOf(plan);
  }

  make(stream: number, sequence: number, plannedMs: number): BatchPart {
    const body = this.#bodies.write(stream, sequence, plannedMs);
    return { flag: 0, body, properties: this.#properties(stream) };
  }

  #properties(stream: number): string {
    const { keys, tagCount, isOrdered } = this.#plan;
    if (!keys && !isOrdered && tagCount === 0) return this.#common;
    const at = this.#made++;
    const own = new Map<string, string>();
    // All of a stream go to one queue, one after another: that is what a key of order is for.
    if (isOrdered) own.set(SHARDING_KEY, `order${stream}`);
    if (keys) own.set(Property.keys, `key${at}`);
    if (tagCount > 0) own.set(Property.tags, `tag${at % tagCount}`);
    return formatProperties(own) + this.#common;
  }
}

/** RocketMQ's name for what orders messages: those that share it go to one queue. */
const SHARDING_KEY = "__SHARDINGKEY";

/**
 * A transaction's message says so itself, and of which producers it is; a delayed one when it may
 * come.
 */
function wishOf({ kind, group, delayLevel, delayMs }: BenchPlan): string {
  const wishes: [string, string][] = [];
  if (kind === "transaction") {
    wishes.push([Property.transaction, "true"], [Property.producerGroup, group]);
  } else if (delayLevel > 0) wishes.push([Property.delayLevel, String(delayLevel)]);
  else if (delayMs > 0) wishes.push([Property.timerDelayMs, String(delayMs)]);
  return formatProperties(new Map(wishes));
}

/** Properties of about so many bytes, as RocketMQ's benchmark makes them. */
function filling(bytes: number): string {
  const properties = new Map<string, string>();
  for (let at = 0, size = 0; size < bytes; at++) {
    const [name, value] = [`prop${at}`, `hello${at}`];
    properties.set(name, value);
    size += name.length + value.length;
  }
  return formatProperties(properties);
}
