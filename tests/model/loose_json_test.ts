import assert from "node:assert/strict";
import { test } from "node:test";
import { formatJson, jsonObject, parseLooseJson } from "../../lib/model/loose_json.ts";

test("numbers and objects are read as keys, and come back quoted", () => {
  const value = parseLooseJson(`{0:"a", 12 : {{"topic":"t","queueId":1}:[1,-2.5e3,null]}}`);
  assert.ok(value instanceof Map);
  assert.deepEqual([...value.keys()], ["0", "12"]);
  const inner = `{\\"topic\\":\\"t\\",\\"queueId\\":1}`;
  assert.equal(formatJson(value), `{"0":"a","12":{"${inner}":[1,-2500,null]}}`);
});

test("names that mean something to a program are keys like all others", () => {
  const value = parseLooseJson(`{"__proto__":{"x":1},"constructor":2}`);
  assert.ok(value instanceof Map);
  assert.deepEqual([...value.keys()], ["__proto__", "constructor"]);
});

test("strings are read with both quotes and their escapes", () => {
  assert.deepEqual(parseLooseJson(`["a\\"b\\\\","é\\u00e9\\n",'it\\'s "so"']`), [
    `a"b\\`,
    "éé\n",
    `it's "so"`,
  ]);
});

test("undefined values are left out", () => {
  assert.equal(formatJson(jsonObject({ a: undefined, b: null, c: false })), `{"b":null,"c":false}`);
});

test("what makes no sense is refused with its place", () => {
  for (const text of ["", "{", "[1", `{"a"}`, `"open`, "{,}", "[1]]", "nope", `{"a":}`]) {
    assert.throws(() => parseLooseJson(text), SyntaxError, text);
  }
  assert.throws(() => parseLooseJson(`{"a" 1}`), /at character 5: expected :/);
});

test("depth and number of values have limits", () => {
  assert.throws(() => parseLooseJson("[".repeat(100)), /nested deeper than 64/);
  assert.throws(() => parseLooseJson(`[${"{},".repeat(1_500_000)}]`), /more than 1500000 values/);
});
