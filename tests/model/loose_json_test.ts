import assert from "node:assert/strict";
import { test } from "node:test";
import { formatJson, type Json, jsonObject, parseLooseJson } from "../../lib/model/loose_json.ts";
import { SeededRandom } from "../../lib/port/random_seeded.ts";

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

test("every escape and every raw character of a string is read", () => {
  assert.equal(
    parseLooseJson(String.raw`"\"\\\/\b\f\n\r\t\v\x41\u00e9\ud83d\ude00"`),
    '"\\/\b\f\n\r\t\vA\u00e9😀',
  );
  assert.equal(parseLooseJson(`"a\n\t\u0001b"`), "a\n\t\u0001b");
  assert.equal(parseLooseJson(String.raw`'"\\"\'"'`), `"\\"'"`);
  assert.equal(parseLooseJson(String.raw`"\\\\"`), "\\\\");
  for (const text of [String.raw`"\q"`, String.raw`"\u12g4"`, String.raw`"\u12`, `"\\`, `'"`]) {
    assert.throws(() => parseLooseJson(text), SyntaxError, text);
  }
});

test("numbers are JSON's and fastjson's, and nothing else", () => {
  const text = "[0,-0,12,1.5,-2e-3,1E5,7L,2.5D,+3,.5,123456789012345678]";
  const numbers = [0, -0, 12, 1.5, -0.002, 100000, 7, 2.5, 3, 0.5, 123456789012345680];
  assert.deepEqual(parseLooseJson(text), numbers);
  for (
    const word of ["0x10", "Infinity", "NaN", "1e", "--1", "1.2.3", "-", "L", "1LL", "undefined"]
  ) {
    assert.throws(() => parseLooseJson(word), /unknown word/, word);
  }
});

test("an object within a key's object is no key, for its text would double at every level", () => {
  assert.throws(
    () => parseLooseJson("{".repeat(40) + `"a":1` + "}:1".repeat(39) + "}"),
    /inside of a key/,
  );
  const two = parseLooseJson(`{{"a":1}:{{"b":2}:3}}`);
  assert.equal(formatJson(two), String.raw`{"{\"a\":1}":{"{\"b\":2}":3}}`);
});

test("long strings and words take time in proportion", () => {
  const long = String.raw`\"\\`.repeat(200_000);
  assert.equal(parseLooseJson(`"${long}"`), `"\\`.repeat(200_000));
  assert.throws(() => parseLooseJson("1".repeat(1_000_000) + "x"), /unknown word 1{20}$/);
  assert.throws(() => parseLooseJson("1".repeat(1_000_000)), /number too large: 1{20}$/);
});

test("valid JSON is read as JSON.parse reads it, and what is written reads back the same", () => {
  for (let seed = 0; seed < 300; seed++) {
    const random = new SeededRandom(seed);
    const value = randomJson(random, 4);
    const text = JSON.stringify(value, undefined, random.below(2) === 0 ? "\t" : undefined);
    const read = parseLooseJson(text);
    assert.deepEqual(plain(read), JSON.parse(text), text);
    assert.deepEqual(parseLooseJson(formatJson(read)), read, text);
  }
});

test("damaged JSON is read or refused with a SyntaxError, and nothing else", () => {
  for (let seed = 0; seed < 500; seed++) {
    const random = new SeededRandom(seed);
    let text = JSON.stringify(randomJson(random, 3));
    for (let changes = 1 + random.below(3); changes > 0; changes--) {
      const at = random.below(text.length + 1);
      const put = `{}[],:"'\\\n0-eL`[random.below(15)];
      text = text.slice(0, at) + put + text.slice(at + random.below(3));
    }
    try {
      const read = parseLooseJson(text);
      assert.deepEqual(parseLooseJson(formatJson(read)), read, text);
    } catch (fault) {
      assert.ok(fault instanceof SyntaxError, `${text}: ${fault}`);
    }
  }
});

type Plain = null | boolean | number | string | Plain[] | { [name: string]: Plain };

function randomJson(random: SeededRandom, depth: number): Plain {
  const kind = random.below(depth === 0 ? 4 : 6);
  if (kind === 0) return [null, true, false][random.below(3)];
  if (kind === 1) {
    return (random.below(2) === 0 ? 1 : -1) * random.below(2 ** 31) * 10 ** (random.below(20) - 8);
  }
  if (kind <= 3) return randomText(random);
  const size = random.below(5);
  if (kind === 4) return Array.from({ length: size }, () => randomJson(random, depth - 1));
  const pairs = Array.from({ length: size }, (_, at) => {
    return [`k${at}${randomText(random)}`, randomJson(random, depth - 1)] as const;
  });
  return Object.fromEntries(pairs);
}

function randomText(random: SeededRandom): string {
  const alphabet = [..."ab \\\\\"\"''{}[]:,/0\n\t\u0000\u001fé\u2028😀", "\ud800"];
  return Array.from({ length: random.below(9) }, () => alphabet[random.below(alphabet.length)])
    .join("");
}

function plain(json: Json): Plain {
  if (json instanceof Map) {
    const pairs: [string, Json][] = [...json];
    return Object.fromEntries(pairs.map(([key, held]) => [key, plain(held)]));
  }
  return Array.isArray(json) ? json.map(plain) : json as Plain;
}
