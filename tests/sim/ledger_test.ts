import assert from "node:assert/strict";
import { test } from "node:test";
import { type Found, Ledger } from "./ledger.ts";

const queue = { topic: "T", queueId: 0 };

function ledgerOf(messages: number): { ledger: Ledger; found: Found[] } {
  const ledger = new Ledger();
  const found: Found[] = [];
  for (let offset = 0; offset < messages; offset++) {
    const id = ledger.sending();
    ledger.acknowledge(id, { ...queue, offset });
    found.push({ ...queue, offset, id, intact: true });
  }
  return { ledger, found };
}

test("a store that holds what was acknowledged has no violation", () => {
  const { ledger, found } = ledgerOf(3);
  ledger.checkStore(found, true);
  assert.deepEqual(ledger.violations, []);
});

for (
  const [name, spoil, expected] of [
    ["a lost message", (found: Found[]) => found.slice(0, 2), /lost/],
    ["a lost message in the middle", (found: Found[]) => [found[0], found[2]], /gap/],
    [
      "a message nobody sent",
      (found: Found[]) => [...found, { ...queue, offset: 3, id: 99, intact: true }],
      /phantom/,
    ],
    [
      "changed bytes",
      (found: Found[]) => [{ ...found[0], intact: false }, ...found.slice(1)],
      /damaged/,
    ],
    [
      "two places for one message",
      (found: Found[]) => [...found, { ...found[0], offset: 3 }],
      /duplicate/,
    ],
    [
      "an offset with another message",
      (found: Found[]) => [{ ...found[1], offset: 0 }, { ...found[0], offset: 1 }, found[2]],
      /lost/,
    ],
  ] as const
) {
  test(`the ledger sees ${name}`, () => {
    const { ledger, found } = ledgerOf(3);
    ledger.checkStore(spoil(found), false);
    assert.match(ledger.violations.join("\n"), expected);
  });
}

test("an offset acknowledged twice for different messages is seen", () => {
  const { ledger } = ledgerOf(1);
  ledger.acknowledge(ledger.sending(), { ...queue, offset: 0 });
  assert.match(ledger.violations.join(), /changed/);
});

test("progress: two-way commits and old one-way ones are owed, young ones are not", () => {
  const when = { diedAtMs: 5_000, graceMs: 1_200, end: 9 };
  const { ledger } = ledgerOf(0);
  ledger.committed("G", { ...queue, offset: 3 });
  ledger.announced("G", { ...queue, offset: 5 }, 3_000);
  ledger.announced("G", { ...queue, offset: 7 }, 4_500);
  ledger.checkProgress("G", { ...queue, offset: 5 }, when);
  assert.deepEqual(ledger.violations, []);
  ledger.committed("G", { ...queue, offset: 6 });
  ledger.checkProgress("G", { ...queue, offset: 5 }, when);
  assert.match(ledger.violations.join(), /6 was committed/);
});

test("progress beyond the queue's end is seen", () => {
  const { ledger } = ledgerOf(0);
  ledger.checkProgress("G", { ...queue, offset: 5 }, { diedAtMs: 0, graceMs: 0, end: 4 });
  assert.match(ledger.violations.join(), /the queue ends at 4/);
});
