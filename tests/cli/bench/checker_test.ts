import assert from "node:assert/strict";
import { test } from "node:test";
import { Checker, type Findings, NO_FINDINGS } from "../../../lib/cli/bench/checker.ts";
import { ProofWriter } from "../../../lib/client/proof.ts";
import { SeededRandom } from "../../../lib/port/random_seeded.ts";

const CLEAN: Findings = NO_FINDINGS;

function bodies(run = 1) {
  const writer = new ProofWriter({ run, bytes: 40, random: new SeededRandom(1) });
  return (stream: number, sequence: number) => writer.write(stream, sequence, 0);
}

/** Takes these sequences of one stream. */
function taken(sequences: readonly number[], isWhole = true, expectsAll = true): Findings {
  const checker = new Checker({ expectsAll, isOrdered: true });
  const body = bodies();
  for (const sequence of sequences) checker.take(body(3, sequence), isWhole);
  return checker.findings;
}

test("all there and in order: nothing to find, streams and runs apart", () => {
  const checker = new Checker({ expectsAll: true, isOrdered: true });
  for (const body of [bodies(1), bodies(2)]) {
    for (let sequence = 0; sequence < 10; sequence++) {
      checker.take(body(0, sequence), true);
      checker.take(body(1, sequence), true);
    }
  }
  assert.deepEqual(checker.findings, CLEAN);
});

test("lost: in the middle, and at the front of a queue that was read from its start", () => {
  assert.deepEqual(taken([0, 1, 4, 5]), { ...CLEAN, lost: 2 });
  assert.deepEqual(taken([2, 3]), { ...CLEAN, lost: 2 });
  assert.deepEqual(taken([2, 3], false), CLEAN);
  assert.deepEqual(taken([0, 5], true, false), CLEAN);
});

test("duplicated, and out of order: what was thought lost comes late, and again", () => {
  assert.deepEqual(taken([0, 1, 1, 2, 0]), { ...CLEAN, duplicated: 2 });
  assert.deepEqual(taken([0, 2, 1, 3]), { ...CLEAN, outOfOrder: 1 });
  assert.deepEqual(taken([0, 2, 1, 1]), { ...CLEAN, outOfOrder: 1, duplicated: 1 });
});

test("corrupt and foreign bodies; those of another run where only one counts", () => {
  const checker = new Checker({ expectsAll: true, isOrdered: true, only: 1 });
  const body = bodies();
  const wrong = body(0, 0);
  wrong[30] ^= 1;
  assert.equal(checker.take(wrong, true), undefined);
  assert.equal(checker.take(new Uint8Array(5), true), undefined);
  assert.equal(checker.take(bodies(2)(0, 7), true), undefined);
  assert.equal(checker.take(body(0, 1), false)?.sequence, 1);
  assert.deepEqual(checker.findings, { ...CLEAN, lost: 1, corrupt: 1, foreign: 2 });
});

test("unseen: what a run sent at the end and never came", () => {
  const checker = new Checker({ expectsAll: true, isOrdered: true, only: 1 });
  const body = bodies();
  for (const sequence of [0, 1, 2]) checker.take(body(1, sequence), true);
  assert.equal(checker.unseen(1, [2, 3, 0]), 2);
  assert.equal(checker.unseen(1, [0, 3]), 0);
  assert.equal(checker.unseen(9, [1, 1]), 2);
});
