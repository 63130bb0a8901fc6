import type { KvEntry } from "../meta/kv.ts";
import { Bean } from "../model/bean.ts";
import { formatJson, jsonObject, parseLooseJson } from "../model/loose_json.ts";
import { Refusal } from "../model/refusal.ts";
import { byNumber, type OrderName, type OrderState, pairs } from "./order_state.ts";

/** More do not fit into the number that says which are acknowledged. */
const OFFSETS_MAX = 52;

/** An ordered queue and what was popped of it, as an entry of the catalogue. */
export interface NamedOrder {
  readonly name: OrderName;
  readonly state: OrderState;
}

/** As upstream has it in `consumerOrderInfo.json`: offsets as distances from the first. */
export function orderEntry({ name, state }: NamedOrder): KvEntry {
  const { attemptId, popMs, invisibleMs, offsets, acknowledged, visibleMs, counts } = state;
  const [first] = offsets;
  const text = formatJson(jsonObject({
    a: attemptId,
    cm: offsets.reduce((sum, one, at) => acknowledged.has(one) ? sum + 2 ** at : sum, 0),
    i: invisibleMs,
    l: popMs,
    o: offsets.map((offset, at) => at === 0 ? offset : offset - first),
    oc: pairs(counts),
    ot: pairs(visibleMs),
    popTime: popMs,
  }));
  return [`${name.topic}@${name.group}`, String(name.queueId), text];
}

/** Undefined where it says nothing that can be. */
export function orderOf([place, queue, text]: KvEntry): NamedOrder | undefined {
  const json = parseLooseJson(text);
  const [topic, group] = place.split("@");
  if (!(json instanceof Map) || group === undefined) return undefined;
  try {
    const state = stateOf(new Bean(json));
    return state && { name: { topic, group, queueId: Number(queue) }, state };
  } catch (fault) {
    if (fault instanceof Refusal) return undefined;
    throw fault;
  }
}

function stateOf(bean: Bean): OrderState | undefined {
  const [first, ...distances] = bean.wholes("o");
  if (first === undefined || distances.length >= OFFSETS_MAX) return undefined;
  const offsets = [first, ...distances.map((distance) => first + distance)];
  const bits = bean.whole("cm", 0);
  const attemptId = bean.text("a");
  return {
    attemptId: attemptId === "" ? undefined : attemptId,
    popMs: bean.whole("popTime", 0),
    invisibleMs: bean.whole("i", 0),
    offsets,
    acknowledged: new Set(offsets.filter((_, at) => Math.floor(bits / 2 ** at) % 2 === 1)),
    visibleMs: byNumber(bean.wholeTable("ot")),
    counts: byNumber(bean.wholeTable("oc")),
  };
}
