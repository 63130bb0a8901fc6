import assert from "node:assert/strict";
import { test } from "node:test";
import { disorderIn, lackingOf, sentIn, takenIn } from "../compat/sequences.ts";

const taken = (consumer: string, ...lines: string[]) => {
  return takenIn(consumer, lines.map((line) => `GOT ${line}\n`).join(""));
};

test("order may repeat from an earlier message on", () => {
  const one = taken("one", "1 2 q k 0", "3 4 q k 1", "5 6 q k 2", "7 8 q k 1", "9 10 q k 2");
  assert.deepEqual(disorderIn([...one, ...taken("two", "11 12 q k 3")]), []);
  assert.equal(lackingOf(sentIn("DONE k 4\nDONE l 2\n"), one), 3);
});

test("a message before its predecessor, and a queue in two hands, are found", () => {
  const gap = taken("one", "1 2 q k 0", "3 4 q k 2");
  assert.deepEqual(disorderIn(gap), ["key k: 2 came when 1 was due"]);
  const both = [...taken("one", "1 9 q k 0"), ...taken("two", "5 6 q l 0")];
  assert.deepEqual(disorderIn(both), ["q was with one and two at a time"]);
});
