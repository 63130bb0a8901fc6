import assert from "node:assert/strict";
import test from "node:test";
import { CommandError } from "../../lib/remoting/command.ts";
import { decodeCommand } from "../../lib/remoting/decode.ts";
import { CommandWriter, type Outgoing } from "../../lib/remoting/encode.ts";
import { framed, fromHex, join, jsonFrame, toHex } from "./bytes.ts";
import { sent } from "./fake_connection.ts";

const decode = (frame: Uint8Array) => decodeCommand(frame.subarray(4));
const decodeJson = (header: string) => decode(jsonFrame(header));
const encode = (command: Outgoing) => {
  const writer = new CommandWriter();
  writer.write(command);
  return join(sent(writer));
};

/** As Java's 5.5.0 client sends it, with names of our own. */
const javaHeader =
  `{"code":310,"extFields":{"a":"g","b":"T","c":"TBW102","d":"4","e":"2","f":"0",` +
  `"g":"1700000000000","h":"0","i":"KEYS\\u0001k\\u0002","j":"0","k":"false","m":"false",` +
  `"n":"broker-a"},"flag":0,"language":"JAVA","opaque":7,"serializeTypeCurrentRPC":"JSON",` +
  `"version":513}`;

/** code 310, JAVA, version 513, opaque -2, flag 2, remark "hi", fields {a: "g", é: ""}. */
const binaryHeader = `
  0136 00 0201 fffffffe 00000002
  00000002 6869
  00000010
    0001 61   00000001 67
    0002 c3a9 00000000
`;

test("a JSON header as Java writes it", () => {
  const command = decode(jsonFrame(javaHeader, Uint8Array.of(1, 2, 3)));
  const { code, language, version, opaque, flag, remark, form } = command;
  assert.deepEqual(
    { code, language, version, opaque, flag, remark, form },
    { code: 310, language: "JAVA", version: 513, opaque: 7, flag: 0, remark: undefined, form: 0 },
  );
  assert.equal(command.fields.i, "KEYS\u0001k\u0002");
  assert.deepEqual([...command.body], [1, 2, 3]);
});

test("a JSON header as Go writes it: other order, nulls, no fields", () => {
  const command = decodeJson(
    `{"code":105,"language":"GO","version":317,"opaque":-2147483648,"flag":0,"remark":"",` +
      `"extFields":null,"unknown":{"deep":[1]}}`,
  );
  assert.equal(command.language, "GO");
  assert.equal(command.opaque, -2147483648);
  assert.equal(command.remark, "");
  assert.equal(Object.keys(command.fields).length, 0);
});

test("a binary header", () => {
  const command = decode(framed(1, fromHex(binaryHeader), Uint8Array.of(9)));
  assert.equal(command.code, 310);
  assert.equal(command.language, "JAVA");
  assert.equal(command.version, 513);
  assert.equal(command.opaque, -2);
  assert.equal(command.flag, 2);
  assert.equal(command.remark, "hi");
  assert.deepEqual({ ...command.fields }, { a: "g", é: "" });
  assert.deepEqual([...command.body], [9]);
  assert.equal(command.form, 1);
});

test("an answer in JSON is byte for byte as fastjson writes it", () => {
  const header = { queueId: 3, msgId: "00FF", ok: true, none: undefined };
  const frame = encode({ form: 0, code: 0, opaque: -7, flag: 1, remark: `a "b"`, header });
  assert.deepEqual(
    new TextDecoder().decode(frame.subarray(8)),
    `{"code":0,"extFields":{"queueId":"3","msgId":"00FF","ok":"true"},"flag":1,"language":"JAVA",` +
      `"opaque":-7,"remark":"a \\"b\\"","serializeTypeCurrentRPC":"JSON","version":513}`,
  );
  const view = new DataView(frame.buffer, frame.byteOffset);
  assert.equal(view.getInt32(0), frame.length - 4);
  assert.equal(view.getInt32(4), frame.length - 8);
});

test("an answer in binary form, byte for byte", () => {
  const header = { a: "g", é: "" };
  const body = Uint8Array.of(0xab);
  const frame = encode({ form: 1, code: 310, opaque: -2, flag: 2, remark: "hi", header, body });
  const expected = toHex(fromHex(binaryHeader));
  assert.equal(toHex(frame), toHex(fromHex(`0000002c 01000027 ${expected} ab`)));
});

test("what is written reads back the same in both forms", () => {
  const odd = 'ä"\\\u0001\u2028𝄞';
  const header = { topic: "%RETRY%g", odd, n: -1, big: 2 ** 52, no: false };
  const pieces = [new Uint8Array(70_000).fill(1), Uint8Array.of(2, 3), new Uint8Array(0)];
  for (const form of [0, 1]) {
    const sent = { form, code: 1500, opaque: 2147483647, flag: 1, remark: "ü".repeat(40_000) };
    const command = decode(encode({ ...sent, header, body: pieces }));
    const { code, opaque, flag, remark, version } = command;
    assert.deepEqual({ form, code, opaque, flag, remark }, sent);
    assert.equal(version, 513);
    assert.deepEqual({ ...command.fields }, {
      topic: "%RETRY%g",
      odd: header.odd,
      n: "-1",
      big: "4503599627370496",
      no: "false",
    });
    assert.deepEqual(command.body, join(pieces));
  }
});

test("large pieces of a body go out uncopied, small ones together with the header", () => {
  const writer = new CommandWriter();
  const large = new Uint8Array(64 * 1024);
  const answer = { form: 0, code: 0, flag: 1 };
  writer.write({ ...answer, opaque: 1, body: [Uint8Array.of(1), large, Uint8Array.of(2)] });
  writer.write({ ...answer, opaque: 2, body: Uint8Array.of(3) });
  const pieces = sent(writer);
  assert.equal(pieces.length, 3);
  assert.equal(pieces[1], large);
  assert.deepEqual(sent(writer), []);
});

test("what a peer names means nothing here", () => {
  const command = decodeJson(
    `{"code":1,"extFields":{"__proto__":"x","constructor":"y","toString":"z","valueOf":"w"}}`,
  );
  assert.equal(Object.getPrototypeOf({}).x, undefined);
  assert.deepEqual(Object.keys(command.fields).sort(), [
    "__proto__",
    "constructor",
    "toString",
    "valueOf",
  ]);
  const binary = `0001 00 0201 00000000 00000000 00000000 00000014
    0009 5f5f70726f746f5f5f 00000005 68656c6c6f`;
  const fields = decode(framed(1, fromHex(binary))).fields;
  assert.equal(Object.getPrototypeOf(fields), null);
  assert.equal(fields["__proto__"], "hello");
});

test("a language that Java does not know is OTHER", () => {
  assert.equal(decodeJson(`{"code":1,"language":"KLINGON"}`).language, "OTHER");
  assert.equal(decodeJson(`{"code":1,"language":7}`).language, "OTHER");
  assert.equal(decodeJson(`{"code":1,"language":"RUST"}`).language, "RUST");
});

test("headers that are none are refused with what is wrong", () => {
  const deep = "[".repeat(130_000);
  const fields = Array.from({ length: 1001 }, (_, at) => `"f${at}":""`).join(",");
  const cases: [string, RegExp][] = [
    ["", /a header of 0 bytes that is no JSON/],
    ["{", /no JSON/],
    ["null", /no JSON object/],
    ["[1]", /no JSON object/],
    [deep, /no JSON/],
    [`{"code":"10"}`, /whose code is "10"; expected a whole number of 32 bits/],
    [`{"opaque":4294967296}`, /whose opaque is 4294967296/],
    [`{"opaque":1.5}`, /whose opaque is 1.5/],
    [`{"flag":{"a":1}}`, /whose flag is an object/],
    [`{"version":true}`, /whose version is true/],
    [`{"extFields":[]}`, /whose extFields are no JSON object/],
    [`{"extFields":"a"}`, /whose extFields are no JSON object/],
    [`{"extFields":{${fields}}}`, /a header with 1001 fields; at most 1000 are taken/],
  ];
  for (const [header, message] of cases) {
    assert.throws(() => decodeJson(header), { name: "CommandError", message }, header.slice(0, 60));
  }
});

test("binary headers whose lengths lead astray are refused", () => {
  const head = "0001 00 0201 00000001 00000000";
  const many = "0001 61 00000000".repeat(1001);
  const cases: [string, RegExp][] = [
    ["", /0 bytes, which is too short/],
    ["0001 00", /too short/],
    [head, /a length of 4 at byte 13, where 0 are left/],
    [`${head} ffffffff`, /a length of -1 at byte 17/],
    [`${head} 7fffffff 00`, /a length of 2147483647 at byte 17, where 1 are left/],
    [`${head} 00000000 00000001`, /a length of 1 at byte 21, where 0 are left/],
    [`${head} 00000000 00000003 8000 61`, /a length of -32768 at byte 23/],
    [`${head} 00000000 00000007 0001 61 80000000`, /a length of -2147483648/],
    [`${head} 00000000 ${(7 * 1001).toString(16).padStart(8, "0")} ${many}`, /with 1001 fields/],
  ];
  for (const [hex, message] of cases) {
    const frame = framed(1, fromHex(hex));
    assert.throws(() => decode(frame), { name: "CommandError", message }, hex.slice(0, 80));
  }
  assert.equal(decode(framed(1, fromHex(`${head} 00000000`))).code, 1);
  assert.ok(new CommandError("x") instanceof Error);
});
