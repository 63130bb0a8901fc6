import assert from "node:assert/strict";
import { test } from "node:test";
import { PROOF_MIN_BYTES, ProofWriter, readProof } from "../../lib/client/proof.ts";
import { SeededRandom } from "../../lib/port/random_seeded.ts";

test("what is written is read, at every size", () => {
  for (const bytes of [1, PROOF_MIN_BYTES, 29, 100, 1024]) {
    const writer = new ProofWriter({ run: 2 ** 32 - 1, bytes, random: new SeededRandom(1) });
    const body = writer.write(7, 8, 1_767_225_600_000.25);
    assert.equal(body.length, Math.max(PROOF_MIN_BYTES, bytes));
    assert.deepEqual(readProof(body), {
      run: 2 ** 32 - 1,
      stream: 7,
      sequence: 8,
      plannedMs: 1_767_225_600_000.25,
    });
    assert.notDeepEqual(writer.write(7, 9, 0), body);
  }
});

test("a body that another made is foreign; one with a wrong bit, or cut, is corrupt", () => {
  assert.equal(readProof(new Uint8Array(0)), "foreign");
  assert.equal(readProof(new Uint8Array(1024)), "foreign");
  const body = new ProofWriter({ run: 1, bytes: 64, random: new SeededRandom(1) }).write(1, 2, 3);
  for (let at = 4; at < body.length; at++) {
    const wrong = body.slice();
    wrong[at] ^= 1;
    assert.equal(readProof(wrong), "corrupt");
  }
  assert.equal(readProof(body.subarray(0, 63)), "corrupt");
});
