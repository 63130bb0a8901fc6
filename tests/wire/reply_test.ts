import assert from "node:assert/strict";
import { test } from "node:test";
import { parseProperties } from "../../lib/model/properties.ts";
import type { Command } from "../../lib/remoting/command.ts";
import { jsonFrame } from "../remoting/bytes.ts";
import type { Harness, RawClient } from "../remoting/harness.ts";
import { heartbeat, openBroker, sendHeader, text, utf8 } from "./broker_port.ts";

const TOPIC = "DefaultCluster_REPLY_TOPIC";
const TO = "CORRELATION_ID\u00017\u0002REPLY_TO_CLIENT\u0001asker\u0002MSG_TYPE\u0001reply\u0002";

/** The names of 324 for those of 325. */
const LONG: { readonly [short: string]: string } = {
  ...{ a: "producerGroup", b: "topic", c: "defaultTopic", d: "defaultTopicQueueNums" },
  ...{ e: "queueId", f: "sysFlag", g: "bornTimestamp", h: "flag", i: "properties" },
  ...{ j: "reconsumeTimes", k: "unitMode", m: "batch", n: "brokerName" },
};

function longNames(header: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(header).map(([name, value]) => [LONG[name], value]));
}

/** A client that asked and waits for replies. */
async function asker(harness: Harness): Promise<RawClient> {
  const client = await harness.connect();
  client.ask(34, 1, 0, heartbeat("asker", "g", "T"));
  await harness.clock.advance(50);
  client.heard.length = 0;
  return client;
}

/** Sends a reply, and lets the asker answer what is pushed to it with a code. */
async function reply(
  harness: Harness,
  client: RawClient,
  said: { readonly code: number; readonly fields: Record<string, string>; readonly says: number },
): Promise<Command> {
  const { code, fields, says } = said;
  const replier = await harness.caller();
  const answer = replier.call({ code, header: fields, body: utf8.encode("42"), timeoutMs: 20_000 });
  await harness.clock.advance(50);
  const { opaque } = client.heard[client.heard.length - 1];
  client.send(jsonFrame(`{"code":${says},"flag":1,"opaque":${opaque},"remark":"so"}`));
  await harness.clock.advance(50);
  return await answer;
}

test("where storeReplyMessageEnable is false, a reply has the id 0 and is nowhere", async () => {
  const { world, harness } = await openBroker({ settings: { storeReplies: false } });
  const client = await asker(harness);
  const fields = sendHeader(TOPIC, 0, TO);
  const answer = await reply(harness, client, { code: 325, fields, says: 0 });
  assert.deepEqual([answer.code, answer.fields.msgId, answer.fields.queueOffset], [0, "0", "0"]);
  assert.equal(world.broker.offsets.max(TOPIC, 0), 0);
});

test("a reply is pushed to who asked, who confirms it, and the replier hears that", async () => {
  const { world, harness } = await openBroker();
  const client = await asker(harness);
  const header = sendHeader(TOPIC, 0, TO);
  for (const [code, fields] of [[325, header], [324, longNames(header)]] as const) {
    const { fields: said, ...answered } = await reply(harness, client, { code, fields, says: 0 });
    assert.equal(answered.code, 0, answered.remark);
    assert.deepEqual([said.queueId, said.MSG_REGION], ["0", "DefaultRegion"]);
    assert.match(String(said.msgId), /^[0-9A-F]{32}$/);
  }
  assert.deepEqual(client.heard.map(({ code }) => code), [326, 326]);
  const [{ fields, body }] = client.heard;
  assert.deepEqual([text(body), fields.topic, fields.queueId], ["42", TOPIC, "0"]);
  assert.match(String(fields.bornHost), /^\d+\.\d+\.\d+\.\d+:\d+$/);
  const said = parseProperties(String(fields.properties));
  assert.equal(said.get("CORRELATION_ID"), "7");
  assert.match(said.get("PUSH_REPLY_TIME") ?? "", /^\d{13}$/);
  const refused = await reply(harness, client, { code: 325, fields: header, says: 1 });
  assert.equal(refused.code, 1);
  assert.match(refused.remark ?? "", /^push reply message to asker fail: .*code 1: so/);
  assert.equal(world.broker.offsets.max(TOPIC, 0), 3);
});

test("a client that is gone: 1 with a sentence, and the reply is kept", async () => {
  const { world, harness } = await openBroker();
  const client = await asker(harness);
  client.connection.destroy();
  await harness.clock.advance(20);
  const replier = await harness.caller();
  const answer = await harness.ask(replier, 325, sendHeader(TOPIC, 0, TO), utf8.encode("42"));
  assert.equal(answer.code, 1);
  assert.match(answer.remark ?? "", /^push reply message fail, channel of <asker> not found/);
  assert.deepEqual([answer.fields.queueOffset, answer.fields.TRACE_ON], ["0", "true"]);
  assert.equal(world.broker.offsets.max(TOPIC, 0), 1);
});

test("every field missing, empty, negative, too large, of a wrong type, twice", async () => {
  const { world, harness } = await openBroker();
  const replier = await harness.caller();
  const odd: unknown[] = [undefined, "", " ", "-1", "-2147483649", "9223372036854775808", "x"];
  odd.push("é\u0000", "__proto__", "y".repeat(70_000), { a: 1 }, [1]);
  const sound = sendHeader(TOPIC, 0, TO);
  for (const code of [325, 324]) {
    for (const field of [...Object.keys(sound), ...Object.keys(sound)]) {
      for (const value of odd) {
        const changed = { ...sound, [field]: value as string };
        const header = code === 325 ? changed : longNames(changed);
        const answer = await harness.ask(replier, code, header, utf8.encode("42"));
        const words = `${code} ${field}=${JSON.stringify(value)?.slice(0, 40)}`;
        const codes = [1, 13, 16, 17, 29];
        assert.ok(codes.includes(answer.code), `${words}: ${answer.code} ${answer.remark}`);
        assert.ok((answer.remark ?? "").length > 20, `${words}: ${answer.remark}`);
        assert.equal(answer.fields.MSG_REGION, "DefaultRegion", words);
      }
    }
  }
  assert.deepEqual(world.lines.logged("error"), []);
});
