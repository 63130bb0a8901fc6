import assert from "node:assert/strict";
import { test } from "node:test";
import { javaHash, parseTags, tagsCode } from "../../lib/model/filter.ts";

test("a hash is Java's", () => {
  const hashes: [string, number][] = [
    ["", 0],
    ["TagA", 2598919],
    ["*", 42],
    ["a||b", 3012833],
    ["é€", 15587],
    ["😀", 1772899],
    ["Aa", 2112],
    ["BB", 2112],
    ["polygenelubricants", -2147483648],
    ["TagA || TagC", 1359775120],
  ];
  for (const [text, hash] of hashes) assert.equal(javaHash(text), hash, text);
  assert.deepEqual([undefined, "", "TagA"].map(tagsCode), [0, 0, 2598919]);
});

test("an expression of tags is read as upstream's", () => {
  const read = (expression: string) => {
    const { tags, codes } = parseTags(expression);
    return [tags, codes && [...codes]];
  };
  assert.deepEqual(read("TagA || TagC"), [["TagA", "TagC"], [2598919, 2598921]]);
  assert.deepEqual(read("TagA||TagC"), [["TagA", "TagC"], [2598919, 2598921]]);
  assert.deepEqual(read(" TagA "), [["TagA"], [2598919]]);
  assert.deepEqual(read("TagA ||"), [["TagA"], [2598919]]);
  assert.deepEqual(read("a || * "), [["a", "*"], [97, 42]]);
  for (const all of ["*", "", "  ", " * "]) assert.deepEqual(read(all), [[], undefined], all);
  assert.deepEqual(read("||"), [[], []], "no tag at all, which admission refuses");
});
