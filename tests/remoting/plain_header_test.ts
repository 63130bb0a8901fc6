import assert from "node:assert/strict";
import { test } from "node:test";
import { SeededRandom } from "../../lib/port/random_seeded.ts";
import { readBinaryHeader } from "../../lib/remoting/binary_header.ts";
import { CommandError, type CommandHeader } from "../../lib/remoting/command.ts";
import { decodeCommand } from "../../lib/remoting/decode.ts";
import { CommandWriter } from "../../lib/remoting/encode.ts";
import { flag, type Header, headerReader, int, long, text } from "../../lib/remoting/shape.ts";
import { join } from "./bytes.ts";
import { sent } from "./fake_connection.ts";

const utf8 = new TextEncoder();

function frameOf(header: string, body = ""): Uint8Array {
  const head = utf8.encode(header);
  const frame = new Uint8Array(4 + head.length + body.length);
  new DataView(frame.buffer).setInt32(0, head.length);
  frame.set(head, 4);
  frame.set(utf8.encode(body), 4 + head.length);
  return frame;
}

const SHAPE = {
  topic: text("topic"),
  group: text("group", "none"),
  queueId: int("queueId", -1),
  offset: long("offset", 0),
  isBatch: flag("batch", false),
  a: text("a", ""),
};
const read = headerReader(SHAPE);

/** A header as it is read, or the words of its refusal. */
function outcome(run: () => Header<typeof SHAPE>): unknown {
  try {
    return { ...run() };
  } catch (error) {
    return String(error);
  }
}

test("a header as clients write it needs no object", () => {
  const command = decodeCommand(frameOf(
    '{"code":310,"extFields":{"topic":"T","queueId":"-3","offset":"12","batch":"true",' +
      '"a":"KEYS\\u0001k\\"1\\\\\\u0002","other":"x"},"flag":2,"language":"GO","opaque":-7,' +
      '"remark":null,"serializeTypeCurrentRPC":"JSON","version":317}',
    "body",
  ));
  assert.notEqual(command.table, undefined);
  const { code, flag, language, opaque, version } = command;
  assert.deepEqual([code, flag, language, opaque, version], [310, 2, "GO", -7, 317]);
  assert.deepEqual({ ...read(command) }, {
    topic: "T",
    group: "none",
    queueId: -3,
    offset: 12,
    isBatch: true,
    a: 'KEYS\u0001k"1\\\u0002',
  });
  assert.equal(new TextDecoder().decode(command.body), "body");
});

test("a flag in any case is one; 0 and 1, as Apache's C++ client writes them, are false", () => {
  const isBatch = (batch: string) => read({ fields: { topic: "T", batch } }).isBatch;
  assert.deepEqual(["true", "True", "TRUE"].map(isBatch), [true, true, true]);
  assert.deepEqual(["false", "0", "1"].map(isBatch), [false, false, false]);
  for (const word of ["", "yes", "2", "01", "truee"]) {
    assert.throws(() => isBatch(word), /batch is ".*"; expected true or false/);
  }
});

test("the table is gone with the next frame; the fields are not", () => {
  const first = decodeCommand(frameOf('{"code":1,"extFields":{"topic":"one"}}'));
  const second = decodeCommand(frameOf('{"code":1,"extFields":{"topic":"two"}}'));
  assert.equal(first.table, undefined);
  assert.equal(read(first).topic, "one");
  assert.equal(read(second).topic, "two");
});

test("what is not plain is left to the general reader", () => {
  const headers = [
    '{ "code":1}',
    '{"code":1,"extFields":{"a":1}}',
    '{"code":1,"extFields":{"a":null}}',
    '{"code":1,"extFields":{"\\u0061":"x"}}',
    '{"code":1,"remark":"r"}',
    '{"code":1.0}',
    '{"code":1,"new":1}',
    '{"code":1,"extFields":{"a":"x"},"extFields":{"a":"y"}}',
  ];
  for (const header of headers) {
    assert.equal(decodeCommand(frameOf(header)).table, undefined, header);
  }
  for (const header of ['{"code":01}', '{"code":1}}', '{"code":1', '{"a":"\n"}', '{"code":1,}']) {
    assert.throws(() => decodeCommand(frameOf(header)), /no JSON/, header);
  }
});

const WORDS = [
  ..."T,%RETRY%g,,0,-1,7,2147483647,2147483648,-2147483649,1e3,0x10, 5,+5,1.5,null".split(","),
  ...'9007199254740991,99999999999999999999,true,false,TRUE,ä€😀,a\u0001b\u0002,"q\\'.split(","),
  "x".repeat(300),
];

test("quick and general reading agree, whatever comes", () => {
  const random = new SeededRandom(71);
  let quick = 0;
  for (let round = 0; round < 5000; round++) {
    const fields: Record<string, unknown> = {};
    for (const name of ["topic", "group", "queueId", "offset", "batch", "a", "b", "ä"]) {
      if (random.below(3) > 0) fields[name] = WORDS[random.below(WORDS.length)];
      if (random.below(40) === 0) fields[name] = [1, true, null, {}][random.below(4)];
    }
    const command = decodeCommand(frameOf(JSON.stringify({ code: 1, extFields: fields })));
    if (command.table !== undefined) quick++;
    const general = outcome(() => read({ fields: command.fields }));
    assert.deepEqual(outcome(() => read(command)), general, JSON.stringify(fields));
    assert.deepEqual({ ...command.fields }, fields);
  }
  assert.ok(quick > 500, `${quick} were read quickly`);
});

test("binary headers: quick and general reading agree, whatever comes", () => {
  const random = new SeededRandom(73);
  let quick = 0;
  for (let round = 0; round < 3000; round++) {
    const header: Record<string, string> = {};
    for (const name of ["topic", "group", "queueId", "offset", "batch", "a", "b", "ä"]) {
      if (random.below(3) > 0) header[name] = WORDS[random.below(WORDS.length)];
    }
    const writer = new CommandWriter();
    const remark = random.below(9) === 0 ? "r" : undefined;
    const body = Uint8Array.of(1);
    writer.write({ form: 1, code: 0x8123 - round, opaque: -round, flag: 2, remark, header, body });
    const frame = join(sent(writer)).slice(4);
    if (random.below(2) === 0) frame[4 + random.below(frame.length - 4)] = random.below(256);
    let general: CommandHeader;
    try {
      general = readBinaryHeader(frame.subarray(4, frame.length - 1));
    } catch {
      assert.throws(() => decodeCommand(frame), CommandError);
      continue;
    }
    const command = decodeCommand(frame);
    if (command.table !== undefined) quick++;
    const { code, language, version, opaque, flag } = general;
    assert.deepEqual(
      [command.code, command.language, command.version, command.opaque, command.flag],
      [code, language, version, opaque, flag],
    );
    const expected = outcome(() => read({ fields: general.fields }));
    assert.deepEqual(outcome(() => read(command)), expected);
    assert.deepEqual({ ...command.fields }, { ...general.fields });
  }
  assert.ok(quick > 1000, `${quick} were read quickly`);
});

test("a header with one byte changed reads the same both ways", () => {
  const random = new SeededRandom(72);
  const sound = '{"code":34,"extFields":{"topic":"T","queueId":"1","a":"x\\u0001y"},"flag":0,' +
    '"language":"JAVA","opaque":3,"serializeTypeCurrentRPC":"JSON","version":453}';
  for (let round = 0; round < 5000; round++) {
    const frame = frameOf(sound);
    frame[4 + random.below(sound.length)] = random.below(256);
    let parsed: unknown;
    try {
      parsed = JSON.parse(new TextDecoder().decode(frame.subarray(4)));
    } catch {
      assert.throws(() => decodeCommand(frame));
      continue;
    }
    let command;
    try {
      command = decodeCommand(frame);
    } catch {
      continue;
    }
    if (command.table === undefined) continue;
    const { code, opaque, extFields } = parsed as Record<string, unknown>;
    assert.deepEqual([command.code, command.opaque], [code ?? 0, opaque ?? 0]);
    const general = outcome(() => read({ fields: (extFields ?? {}) as Record<string, unknown> }));
    assert.deepEqual(outcome(() => read(command)), general);
  }
});
