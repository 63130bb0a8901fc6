import assert from "node:assert/strict";
import { test } from "node:test";
import {
  changeAttributes,
  GROUP_ATTRIBUTES,
  parseAttributeChanges,
  TOPIC_ATTRIBUTES,
} from "../../lib/broker/attributes.ts";
import { isRefusal } from "./refusals.ts";

function change(current: Record<string, string> | undefined, text: string) {
  const map = current === undefined ? undefined : new Map(Object.entries(current));
  const changed = changeAttributes(TOPIC_ATTRIBUTES, map, parseAttributeChanges(text));
  return Object.fromEntries(changed);
}

test("A new topic takes attributes with a plus", () => {
  assert.deepEqual(change(undefined, ""), {});
  assert.deepEqual(change(undefined, "+message.type=FIFO,+queue.type=SimpleCQ"), {
    "message.type": "FIFO",
    "queue.type": "SimpleCQ",
  });
});

test("An existing one is changed and relieved; what is not named stays", () => {
  const now = { "message.type": "FIFO", "queue.type": "SimpleCQ" };
  assert.deepEqual(change(now, "+message.type=DELAY"), { ...now, "message.type": "DELAY" });
  assert.deepEqual(change(now, "-message.type"), { "queue.type": "SimpleCQ" });
});

test("Each rule of upstream is kept, with a sentence", () => {
  const now = { "queue.type": "SimpleCQ" };
  const cases: [Record<string, string> | undefined, string, RegExp][] = [
    [undefined, "-message.type", /only add attribute/],
    [now, "-message.type", /nonexistent key: message.type/],
    [now, "+queue.type=BatchCQ", /unchangeable attribute. key: queue.type/],
    [now, "+colour=red", /unsupported key: colour/],
    [now, "+message.type=ROUND", /ROUND; expected one of/],
    [now, "+reserve.time=-2", /expected a whole number from -1/],
    [now, "message.type=FIFO", /neither \+key=value nor -key/],
    [now, "+message.type", /neither/],
    [now, "+message.type=FIFO,+message.type=DELAY", /duplication/],
    [now, "+message.type=FIFO,-message.type", /duplication/],
    [now, "+mess-age=FIFO", /format wrong/],
  ];
  for (const [current, text, why] of cases) {
    assert.throws(() => change(current, text), isRefusal("failed", why), text);
  }
});

test("Groups have attributes of their own", () => {
  const changes = new Map([["+lite.sub.model", "Shared"], ["+priority.factor", "50"]]);
  const changed = changeAttributes(GROUP_ATTRIBUTES, undefined, changes);
  assert.deepEqual(Object.fromEntries(changed), {
    "lite.sub.model": "Shared",
    "priority.factor": "50",
  });
  const wrong = new Map([["+priority.factor", "101"]]);
  assert.throws(() => changeAttributes(GROUP_ATTRIBUTES, undefined, wrong), isRefusal("failed"));
});
