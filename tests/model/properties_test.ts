import assert from "node:assert/strict";
import { test } from "node:test";
import {
  closed,
  formatProperties,
  getProperty,
  parseProperties,
  withoutProperty,
  withProperty,
} from "../../lib/model/properties.ts";
import { SeededRandom } from "../../lib/port/random_seeded.ts";

/** Properties with their marks as `|` and `;`. */
function marked(text: string): string {
  return text.replaceAll("|", "\u0001").replaceAll(";", "\u0002");
}

test("a property is found by its whole name", () => {
  const text = marked("XTAGS|no;TAGS|yes;KEYS|TAGS;EMPTY|;LAST|open");
  assert.equal(getProperty(text, "TAGS"), "yes");
  assert.equal(getProperty(text, "KEYS"), "TAGS");
  assert.equal(getProperty(text, "XTAGS"), "no");
  assert.equal(getProperty(text, "EMPTY"), "");
  assert.equal(getProperty(text, "LAST"), "open");
  for (const name of ["TAG", "AGS", "yes", "__proto__"]) {
    assert.equal(getProperty(text, name), undefined, name);
  }
  assert.equal(getProperty("", "TAGS"), undefined);
});

test("a property goes wherever and however often it is there", () => {
  const gone = (text: string) => withoutProperty(marked(text), "A");
  assert.equal(gone("A|1;"), "");
  assert.equal(gone("A|1"), "");
  assert.equal(gone("A|1;B|2;A|3;A|4;AA|5;A|6"), marked("B|2;AA|5;"));
  assert.equal(gone("B|A|1;"), marked("B|A|1;"));
  assert.equal(gone("B|2;AA|5"), marked("B|2;AA|5"));
});

test("a property is set at the end, in place of an earlier one", () => {
  const set = (text: string) => withProperty(marked(text), "A", "x");
  assert.equal(set(""), marked("A|x;"));
  assert.equal(set("B|1"), marked("B|1;A|x;"));
  assert.equal(set("A|1;B|2;"), marked("B|2;A|x;"));
  assert.equal(closed(""), "");
});

test("properties without a name or value are none, as in Java", () => {
  assert.deepEqual([...parseProperties(marked("A|1;;B|;|2;C;D|x|y;A|3;E|open"))], [
    ["A", "3"],
    ["D", marked("x|y")],
    ["E", "open"],
  ]);
});

test("what is written reads back the same, one by one and as a whole", () => {
  for (let seed = 0; seed < 200; seed++) {
    const random = new SeededRandom(seed);
    const map = new Map<string, string>();
    const letter = () => "AB é"[random.below(4)];
    const word = () => letter().repeat(1 + random.below(3)) + letter();
    for (let count = random.below(6); count > 0; count--) map.set(word(), word());
    const text = formatProperties(map);
    assert.deepEqual(parseProperties(text), map);
    for (const [name, value] of map) assert.equal(getProperty(text, name), value);
    const [first] = map.keys();
    if (first === undefined) continue;
    map.delete(first);
    assert.deepEqual(parseProperties(withoutProperty(text, first)), map);
  }
});
