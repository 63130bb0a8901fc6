import assert from "node:assert/strict";
import { test } from "node:test";
import {
  formatJavaProperties,
  javaPropertiesMap,
  parseJavaProperties,
  PropertiesError,
} from "../../lib/model/java_properties.ts";

function pairs(text: string): string[][] {
  return parseJavaProperties(text).map(({ key, value }) => [key, value]);
}

test("keys and values are parted by =, : or blanks", () => {
  assert.deepEqual(pairs("a=1\nb:2\nc 3\n  d \t=  4 \ne\nf=\ng==x\nh : = y"), [
    ["a", "1"],
    ["b", "2"],
    ["c", "3"],
    ["d", "4 "],
    ["e", ""],
    ["f", ""],
    ["g", "=x"],
    ["h", "= y"],
  ]);
});

test("comments and blank lines are passed over, and comments never go on", () => {
  assert.deepEqual(pairs("# one\\\n! two\n\n   \n  # three\na=1 # no comment\n#"), [
    ["a", "1 # no comment"],
  ]);
});

test("a backslash at the end of a line joins the next one without its blanks", () => {
  assert.deepEqual(pairs("a=1,\\\n    2,\\\r\n\t3\nb\\\n  =\\\n  x\nc=\\\\\nd=last\\"), [
    ["a", "1,2,3"],
    ["b", "x"],
    ["c", "\\"],
    ["d", "last"],
  ]);
});

test("escapes are resolved in keys and values, unknown ones are the character itself", () => {
  assert.deepEqual(pairs("a\\ b\\=c=\\t\\n\\u00e9\\q\\:\\\\\n"), [["a b=c", "\t\né" + "q:\\"]]);
});

test("line ends are \\n, \\r and \\r\\n, and places are told from 1", () => {
  const entries = parseJavaProperties("a=1\r\nb=2\rc=\\\n3\n  d=4");
  assert.deepEqual(entries.map(({ key, line, column }) => [key, line, column]), [
    ["a", 1, 1],
    ["b", 2, 1],
    ["c", 3, 1],
    ["d", 5, 3],
  ]);
});

test("a byte order mark before the first key is no part of it", () => {
  assert.deepEqual(pairs("\uFEFFa=1"), [["a", "1"]]);
});

test("a \\u without four hex digits is refused with its place", () => {
  assert.throws(() => parseJavaProperties("a=1\npath=C:\\users"), (error) => {
    assert.ok(error instanceof PropertiesError);
    assert.deepEqual([error.line, error.column], [2, 8]);
    assert.match(error.message, /line 2, column 8: \\u needs four hex digits/);
    return true;
  });
});

test("of a key that is written twice the last value holds", () => {
  assert.deepEqual([...javaPropertiesMap("a=1\nb=2\na=3\n__proto__=4")], [
    ["a", "3"],
    ["b", "2"],
    ["__proto__", "4"],
  ]);
});

test("what is written is plain where it can be", () => {
  const text = formatJavaProperties(
    new Map([
      ["namesrvAddr", "10.0.0.1:9876;10.0.0.2:9876"],
      ["a b:c", "  lead, \\ and =\n"],
      ["name", "é€"],
      ["empty", ""],
    ]),
  );
  assert.equal(
    text,
    "namesrvAddr=10.0.0.1:9876;10.0.0.2:9876\n" +
      "a\\ b\\:c=\\  lead, \\\\ and =\\n\n" +
      "name=\\u00e9\\u20ac\n" +
      "empty=\n",
  );
});

test("what is written reads back the same", () => {
  let seed = 7;
  const alphabet = " \t\f\n\r\\=:#!aé\u0000\u{1F600}u0";
  const word = () => {
    let text = "";
    for (let left = (seed = (seed * 48271) % 2147483647) % 9; left > 0; left--) {
      seed = (seed * 48271) % 2147483647;
      text += alphabet[seed % alphabet.length];
    }
    return text;
  };
  for (let round = 0; round < 300; round++) {
    const before = new Map([[word(), word()], [word(), word()]]);
    assert.deepEqual(javaPropertiesMap(formatJavaProperties(before)), before);
  }
});
