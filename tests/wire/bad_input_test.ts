import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { brokerRows } from "../../lib/remoting/handlers/broker_rows.ts";
import { nameServerRows } from "../../lib/remoting/handlers/name_server_rows.ts";
import type { Row } from "../../lib/remoting/row.ts";
import { makeNameServer } from "../nameserver/fakes.ts";
import { Harness } from "../remoting/harness.ts";
import { hearAll, hearBodies, type Heard, prepare, tableOf } from "./bad_input.ts";
import { casesOf, ON_PURPOSE } from "./bad_input_differences.ts";
import { openBroker, pullHeader, sendHeader, utf8 } from "./broker_port.ts";

// Each header field of each request, wrong in each way. The answers' codes stand in bad_input.txt,
// which BAD_INPUT_RECORD=1 writes anew: a change of it is to be read.

const APACHE = fileURLToPath(new URL("bad_input_apache.txt", import.meta.url));
const TABLE = fileURLToPath(new URL("bad_input.txt", import.meta.url));
/** What no answer may say: that somebody forgot something. */
const CARELESS =
  /undefined|\bNaN\b|\[object|TypeError|RangeError|SyntaxError|\.ts:\d|inside the broker/;
/** Cases that no number, flag or decimal can be. */
const NO_NUMBER = ["word", "control", "surrogate", "prototype", "path", "long", "object", "list"];

/** What is wrong with an answer; undefined: nothing. */
function faultOf({ row, field, name, code, remark }: Heard): string | undefined {
  const part = field?.wire ?? "body";
  const words = `${row.code} ${row.name} ${part} ${name}: ${code} ${remark.slice(0, 200)}`;
  // Who asks to be told within 24 days waits that long.
  const isWaiting = part === "pollTime" && name === "above 32 bits";
  if (code < 0) return isWaiting ? undefined : `${words}: no answer`;
  if (CARELESS.test(remark)) return words;
  if (code !== 0 && remark.trim().length < 8) return `${words}: no sentence`;
  if (field === undefined) return undefined;
  const isToBeNamed = (field.kind !== "text" && NO_NUMBER.includes(name)) ||
    (name === "missing" && field.fallback === undefined) ||
    (field.kind === "text" && (name === "object" || name === "list"));
  if (isToBeNamed && (code === 0 || !remark.includes(field.wire))) return `${words}: not named`;
  return undefined;
}

async function answersOf(
  harness: Harness,
  rows: readonly Row[],
  hear = hearAll,
): Promise<Heard[]> {
  const heard: Heard[] = [];
  for (const row of rows) heard.push(...await hear(harness, row));
  return heard;
}

function judge(heard: readonly Heard[], part: string): void {
  assert.deepEqual(heard.map(faultOf).filter(Boolean).slice(0, 30), []);
  const lines = tableOf(heard).map((line) => `${part} ${line}`);
  const old = readFileSync(TABLE, "utf8").split("\n").filter(Boolean);
  if (process.env.BAD_INPUT_RECORD === "1") {
    const isBody = heard.some(({ field }) => field === undefined);
    const own = heard.map(({ row }) => `${part} ${row.code} `);
    const others = old.filter((line) => {
      return line.includes(" body (body)") !== isBody ||
        !own.some((start) => line.startsWith(start));
    });
    writeFileSync(TABLE, [...others, ...lines].sort().join("\n") + "\n");
    return;
  }
  const known = new Set(old);
  assert.deepEqual(lines.filter((line) => !known.has(line)).slice(0, 10), []);
}

const PARTS = 4;
for (let part = 0; part < PARTS; part++) {
  test(`each header field of the broker's requests, wrong in each way: ${part}`, async () => {
    const { harness, world } = await openBroker();
    await prepare(harness);
    const rows = brokerRows(world.broker).sort((one, other) => one.code - other.code);
    const size = Math.ceil(rows.length / PARTS);
    const heard = await answersOf(harness, rows.slice(part * size, (part + 1) * size));
    judge(heard, "broker");
    assert.deepEqual(world.lines.logged("error").map(({ text }) => text), []);
    const caller = await harness.caller();
    const sent = await harness.ask(caller, 310, sendHeader("Healthy"), utf8.encode("1"));
    assert.equal(sent.code, 0, sent.remark);
    const pulled = await harness.ask(caller, 11, pullHeader("Healthy"));
    assert.equal(pulled.code, 0, pulled.remark);
  });
}

test("each header field of the name server's requests, wrong in each way", async () => {
  const harness = await new Harness(nameServerRows(makeNameServer().nameServer)).start();
  const rows = nameServerRows(makeNameServer().nameServer);
  judge(await answersOf(harness, rows), "nameserver");
  assert.deepEqual(harness.lines.logged("error").map(({ text }) => text), []);
});

test("codes are Apache's, but for differences that have a reason", () => {
  const linesOf = (path: string) => readFileSync(path, "utf8").split("\n").filter(Boolean);
  const own = new Map(linesOf(TABLE).map(casesOf).map((one) => [one.field, one.codes]));
  const reasons = new Map(ON_PURPOSE.map(({ why }) => [why, 0]));
  const open: string[] = [];
  let compared = 0;
  for (const { field, kind, codes } of linesOf(APACHE).map(casesOf)) {
    for (const [name, apache] of codes) {
      const ours = own.get(field)?.get(name);
      compared++;
      if (ours === apache || (ours === "1" && apache === "exception")) continue;
      const one = { field, kind, name, ours: ours ?? "nothing", apache };
      const reason = ON_PURPOSE.find(({ is }) => is(one));
      if (reason === undefined) open.push(`${field} ${name}: ${ours}, Apache ${apache}`);
      else reasons.set(reason.why, (reasons.get(reason.why) ?? 0) + 1);
    }
  }
  assert.deepEqual(open, []);
  assert.ok(compared > 3000, `only ${compared} cases`);
  const unused = [...reasons].filter(([, count]) => count === 0).map(([why]) => why);
  assert.deepEqual(unused, []);
});

test("the body of each request of a broker, wrong in each way", async () => {
  const { harness, world } = await openBroker();
  await prepare(harness);
  const rows = brokerRows(world.broker).sort((one, other) => one.code - other.code);
  judge(await answersOf(harness, rows, hearBodies), "broker");
  assert.deepEqual(world.lines.logged("error").map(({ text }) => text), []);
});

test("the body of each request of a name server, wrong in each way", async () => {
  const rows = nameServerRows(makeNameServer().nameServer);
  const harness = await new Harness(rows).start();
  judge(await answersOf(harness, rows, hearBodies), "nameserver");
  assert.deepEqual(harness.lines.logged("error").map(({ text }) => text), []);
});
