import assert from "node:assert/strict";
import { test } from "node:test";
import { NamedRanges } from "../../lib/log/named_ranges.ts";
import { javaHash } from "../../lib/model/filter.ts";
import { getLastProperty } from "../../lib/model/properties.ts";
import { SeededRandom } from "../../lib/port/random_seeded.ts";

const NAMES = ["UNIQ_KEY", "KEYS", "TAGS", "TAG", "TAGSX", "XTAGS", "KEY", "UNIQ_KEYS", ""];

test("values are found in bytes where the text says they are", () => {
  const random = new SeededRandom(31);
  const ranges = new NamedRanges();
  for (let round = 0; round < 3000; round++) {
    let text = "";
    for (let count = random.below(6); count > 0; count--) {
      const value = ["", "a", "TAGS", "k1 k2", "ä", "x".repeat(30)][random.below(6)];
      text += NAMES[random.below(NAMES.length)] + (random.below(9) > 0 ? "\u0001" : "") + value;
      if (random.below(9) > 0) text += "\u0002";
    }
    const bytes = new TextEncoder().encode(`ab${text}`);
    ranges.look(bytes, 2, bytes.length);
    const isAscii = [...text].every((char) => char < "\u0080");
    assert.equal(ranges.isAscii, isAscii);
    for (const { name, from, to } of [ranges.uniqueKey, ranges.keys, ranges.tags]) {
      const value = from < 0 ? undefined : new TextDecoder().decode(bytes.subarray(from, to));
      assert.equal(value, getLastProperty(text, name), JSON.stringify(text));
      const isHashable = isAscii && value !== undefined;
      if (isHashable) assert.equal(ranges.hash(0, from, to), javaHash(value));
    }
  }
});
