import { encodeBatch } from "../../lib/model/batch.ts";
import type { Field } from "../../lib/remoting/field.ts";
import type { Row } from "../../lib/remoting/row.ts";
import { framed, jsonFrame } from "../remoting/bytes.ts";
import type { RawClient } from "../remoting/harness.ts";

/** Sound values by the wire's names; what is not here gets one by its kind. */
const SOUND: { readonly [wire: string]: string } = {
  ...{
    topic: "Bad",
    consumerGroup: "bad",
    producerGroup: "bad",
    group: "bad",
    defaultTopic: "TBW102",
  },
  ...{ a: "bad", b: "Bad", c: "TBW102", expType: "TAG", exp: "*", subscription: "*" },
  ...{ expressionType: "TAG", suspendTimeoutMillis: "0", pollTime: "0", brokerName: "broker-a" },
  ...{ commitOrRollback: "8", msgId: "bad", indexType: "", attributes: "" },
  ...{ defaultTopicQueueNums: "4", d: "4", isForce: "true", topicSysFlag: "0" },
  ...{ perm: "6", topicFilterType: "SINGLE_TAG", readQueueNums: "4", writeQueueNums: "4" },
};

/** What a field may be wrong with. A text is a JSON value. */
const CASES: { readonly [name: string]: string | undefined } = {
  missing: undefined,
  empty: '""',
  blank: '" "',
  negative: '"-1"',
  "below 32 bits": '"-2147483649"',
  "above 32 bits": '"2147483648"',
  "above 64 bits": '"9223372036854775808"',
  "1e30": '"1e30"',
  word: '"x"',
  control: '"\\u00e9\\u0000\\n\\u0001"',
  surrogate: '"\\ud800"',
  prototype: '"__proto__"',
  path: '"../../etc/passwd"',
  long: JSON.stringify("y".repeat(40_000)),
  object: '{"a":1}',
  list: "[1]",
};

/** Where requests are sent: a harness, or a broker of flesh and blood. */
export interface Ground {
  connect(): Promise<RawClient>;
  readonly clock: { advance(ms: number): Promise<void> };
}

/** One answer: to which row, field, or body where there is none, and case. */
export interface Heard {
  readonly row: Row;
  readonly field?: Field<unknown>;
  readonly name: string;
  readonly code: number;
  readonly remark: string;
}

/** Makes the topic and the group that requests speak of where nothing else is wrong. */
export async function prepare(ground: Ground): Promise<void> {
  const client = await ground.connect();
  const topic = ["topic", "perm", "readQueueNums", "writeQueueNums", "topicFilterType"];
  const fields = topic.map((wire) => `"${wire}":"${SOUND[wire]}"`);
  const header = `{"code":17,"opaque":1,"extFields":{${fields},"defaultTopic":"TBW102",` +
    `"topicSysFlag":"0","order":"false"}}`;
  client.send(jsonFrame(header));
  client.send(jsonFrame('{"code":200,"opaque":2}', bytesOf('{"groupName":"bad"}')));
  await ground.clock.advance(50);
  client.connection.destroy();
}

/** Sends each case of each field of a row, and hears the answers; -1 where none came. */
export async function hearAll(harness: Ground, row: Row): Promise<Heard[]> {
  const client = await harness.connect();
  const body = row.name.startsWith("SEND_") ? bodyOf(row) : undefined;
  const asked: Omit<Heard, "code" | "remark">[] = [];
  const say = (name: string, field: Field<unknown>, frame: (opaque: number) => Uint8Array) => {
    client.send(frame(asked.push({ row, field, name })));
  };
  for (const field of row.fields ?? []) {
    const { wire } = field;
    const others = (row.fields ?? []).filter((one) => one !== field);
    const sound = others.map((one) =>
      `${JSON.stringify(one.wire)}:${JSON.stringify(soundOf(one))}`
    );
    const head = (opaque: number, fields: readonly string[]) => {
      return jsonFrame(`{"code":${row.code},"opaque":${opaque},"extFields":{${fields}}}`, body);
    };
    for (const [name, value] of Object.entries(CASES)) {
      const own = value === undefined ? [] : [`${JSON.stringify(wire)}:${value}`];
      say(name, field, (opaque) => head(opaque, [...sound, ...own]));
    }
    const twice = [`"${wire}":"x"`, `"${wire}":${JSON.stringify(soundOf(field))}`];
    say("twice", field, (opaque) => head(opaque, [...sound, ...twice]));
    const pairs = [...others, field].map((one): [string, string] => [one.wire, soundOf(one)]);
    say("binary twice", field, (opaque) => binary({ row, opaque, body }, [[wire, "x"], ...pairs]));
    const bytes = new Uint8Array([0xff, 0xfe, 0x80]);
    say("binary bytes", field, (opaque) => {
      return binary({ row, opaque, body }, [...pairs.slice(0, -1), [wire, bytes]]);
    });
  }
  await harness.clock.advance(50);
  if (client.heard.length < asked.length) await harness.clock.advance(60_000);
  const answers = new Map(client.heard.map((answer) => [answer.opaque, answer]));
  client.connection.destroy();
  return asked.map((one, at) => {
    const answer = answers.get(at + 1);
    return { ...one, code: answer?.code ?? -1, remark: answer?.remark ?? "" };
  });
}

/** What a body may be wrong with. */
const BODIES: { readonly [name: string]: Uint8Array } = {
  none: new Uint8Array(0),
  word: bytesOf("x"),
  "a number": bytesOf("1e400"),
  null: bytesOf("null"),
  "an empty object": bytesOf("{}"),
  "an empty list": bytesOf("[]"),
  "half an object": bytesOf('{"clientID":"c","consumerDataSet":[{'),
  "wrong types": bytesOf(
    '{"clientID":[1],"consumerDataSet":{"a":1},"producerDataSet":3,"mqSet":"x","consumerGroup":7,' +
      '"topic":{},"topicConfigTable":[1],"filterServerList":{"a":[]},"offsetTable":"x","acks":{}}',
  ),
  "huge numbers": bytesOf(
    '{"clientID":"c","consumerGroup":"g","mqSet":[{"topic":"T","brokerName":"b","queueId":1e30}],' +
      '"acks":[{"so":1e30,"qId":-1e30,"bitSet":"x"}],"maxPopMessageCount":1e99,"mode":9}',
  ),
  deep: bytesOf('{"a":'.repeat(3000) + "1" + "}".repeat(3000)),
  "not UTF-8": new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]),
  zeros: new Uint8Array(1000),
};

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Sends each wrong body with a sound header, and hears the answers' codes and remarks. */
export async function hearBodies(harness: Ground, row: Row): Promise<Heard[]> {
  const client = await harness.connect();
  const names = Object.keys(BODIES);
  const sound = (row.fields ?? []).map((one) => {
    return `${JSON.stringify(one.wire)}:${JSON.stringify(soundOf(one))}`;
  });
  for (const [at, name] of names.entries()) {
    const header = `{"code":${row.code},"opaque":${at},"extFields":{${sound}}}`;
    client.send(jsonFrame(header, BODIES[name]));
  }
  await harness.clock.advance(50);
  if (client.heard.length < names.length) await harness.clock.advance(60_000);
  const answers = new Map(client.heard.map((answer) => [answer.opaque, answer]));
  client.connection.destroy();
  return names.map((name, at) => {
    const answer = answers.get(at);
    return { row, name, code: answer?.code ?? -1, remark: answer?.remark ?? "" };
  });
}

function soundOf({ wire, kind }: Field<unknown>): string {
  return SOUND[wire] ?? (kind === "text" ? "bad" : kind === "flag" ? "false" : "0");
}

/** A request in ROCKETMQ's form; fields may stand there twice, and values be any bytes. */
function binary(
  { row: { code }, opaque, body }: BinaryHead,
  fields: readonly (readonly [string, string | Uint8Array])[],
): Uint8Array {
  const utf8 = new TextEncoder();
  const bytes: number[] = [code >> 8, code, 0, 2, 1, ...int(opaque), ...int(0), ...int(0)];
  const parts = fields.flatMap(([name, value]) => {
    const said = typeof value === "string" ? utf8.encode(value) : value;
    return [name.length >> 8, name.length, ...utf8.encode(name), ...int(said.length), ...said];
  });
  return framed(1, new Uint8Array([...bytes, ...int(parts.length), ...parts]), body);
}

interface BinaryHead {
  readonly row: Row;
  readonly opaque: number;
  readonly body?: Uint8Array;
}

/** What a send brings. */
function bodyOf({ code }: Row): Uint8Array {
  const one = { flag: 0, body: bytesOf("x"), properties: "" };
  return code === 320 ? encodeBatch([one]) : one.body;
}

function int(value: number): number[] {
  return [value >> 24, value >> 16, value >> 8, value];
}

/**
 * The answers as lines: a field, then each code with the cases that it answers; `exception` is
 * Apache's 1 with an exception of Java as its remark.
 */
export function tableOf(heard: readonly Heard[]): string[] {
  const lines = new Map<string, Map<number | "exception", string[]>>();
  for (const { row, field, name, code: answered, remark } of heard) {
    const code = answered === 1 && remark.startsWith("java.") ? "exception" : answered;
    const kind = field?.fallback === undefined ? `${field?.kind}, required` : field.kind;
    const part = field === undefined ? "body (body)" : `${field.wire} (${kind})`;
    const key = `${row.code} ${row.name} ${part}`;
    const codes = lines.get(key) ?? new Map<number | "exception", string[]>();
    codes.set(code, [...codes.get(code) ?? [], name]);
    lines.set(key, codes);
  }
  return [...lines].map(([key, codes]) => {
    const order = (code: number | "exception") => code === "exception" ? Infinity : code;
    const sorted = [...codes].sort(([one], [other]) => order(one) - order(other));
    return `${key} | ${sorted.map(([code, names]) => `${code}: ${names.join(", ")}`).join(" | ")}`;
  });
}
