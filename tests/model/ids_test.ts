import assert from "node:assert/strict";
import { test } from "node:test";
import { parseHost } from "../../lib/model/host.ts";
import { clientAddress, hex, hexNumber, offsetId, parseOffsetId } from "../../lib/model/ids.ts";

test("an offset id is host and position, and reads back", () => {
  const v4 = parseHost("127.0.0.1", 10911) ?? assert.fail();
  const v6 = parseHost("2001:db8::1:2", 65535) ?? assert.fail();
  assert.equal(offsetId(v4, 0x12_3456_789a), "7F00000100002A9F000000123456789A");
  assert.equal(offsetId(v6, 597), "20010DB80000000000000000000100020000FFFF0000000000000255");
  for (const position of [0, 1, 2 ** 40 + 3, 2 ** 53 - 1]) {
    assert.deepEqual(parseOffsetId(offsetId(v4, position)), { host: v4, position });
    assert.deepEqual(parseOffsetId(offsetId(v6, position).toLowerCase()), { host: v6, position });
  }
});

test("what is no offset id is undefined", () => {
  const id = "7F00000100002A9F000000123456789A";
  for (const text of ["", "x", id.slice(1), id + "0", `${id} `, id.replace("7", "g"), id + id]) {
    assert.equal(parseOffsetId(text), undefined, text);
  }
});

test("hex is upper-case, with zeros in front", () => {
  assert.equal(hex(new Uint8Array([0, 10, 255])), "000AFF");
  assert.equal(hex(new Uint8Array()), "");
  const numbers = [
    hexNumber(0, 2),
    hexNumber(255, 4),
    hexNumber(255, 1),
    hexNumber(2 ** 53 - 1, 16),
  ];
  assert.deepEqual(numbers, ["00", "00FF", "FF", "001FFFFFFFFFFFFF"]);
});

test("a client's address has no brackets", () => {
  const hosts = ["10.0.0.1", "::1"].map((text) => parseHost(text, 5) ?? assert.fail());
  assert.deepEqual(hosts.map(clientAddress), ["10.0.0.1:5", "::1:5"]);
});
