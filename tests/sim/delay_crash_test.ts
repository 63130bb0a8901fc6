import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeRecord } from "../../lib/model/record.ts";
import type { WireClient } from "./wire_client.ts";
import { World } from "./world.ts";

const TOPIC = "Later";
const SETTINGS = [
  "mappedFileSizeCommitLog=262144",
  "messageDelayLevel=1s 2s 3s",
  "recallMessageEnable=true",
];

/** What was acknowledged, by its text: when it is due at the earliest, ms since 1970. */
type Promised = Map<string, number>;

interface Came {
  readonly text: string;
  readonly at: number;
}

class Play {
  readonly world: World;
  readonly promised: Promised = new Map();
  readonly unsure = new Set<string>();
  /** Under ASYNC_FLUSH a power cut may take what was acknowledged. */
  readonly #keeps: "kill" | "power cut";
  #client: WireClient | undefined;
  #count = 0;

  constructor(seed: number, flush: string) {
    this.#keeps = flush === "SYNC_FLUSH" ? "power cut" : "kill";
    this.world = new World(seed, { settings: [...SETTINGS, `flushDiskType=${flush}`] });
  }

  async begin(): Promise<void> {
    await this.world.start();
    this.#client = await this.world.until(this.world.connect());
  }

  /** Sends one message with a level or a time, or none; 0 to 4 s of delay. */
  async send(): Promise<void> {
    const { random, clock } = this.world;
    const text = `m${++this.#count}`;
    const ms = 1 + random.below(4_000);
    const level = 1 + random.below(3);
    const kinds: [string, number][] = [
      [`DELAY\u0001${level}\u0002`, level * 1000],
      [`TIMER_DELAY_MS\u0001${ms}\u0002`, ms],
      [`TIMER_DELIVER_MS\u0001${clock.now() + ms}\u0002`, ms],
    ];
    const [wish, delayMs] = kinds[random.below(kinds.length)];
    const due = clock.now() + delayMs;
    this.unsure.add(text);
    const answer = this.#client?.call(
      310,
      header(`UNIQ_KEY\u0001${text}\u0002${wish}`),
      utf8(text),
    );
    answer?.then((reply) => {
      if (reply === undefined) return;
      assert.equal(reply.code, 0, reply.remark);
      this.unsure.delete(text);
      this.promised.set(text, due);
    });
    await clock.advance(random.below(30));
  }

  /** Dies and is there again, or stops in order. */
  async again(): Promise<void> {
    const { world } = this;
    const how = world.random.below(3);
    if (how === 0) await world.stop();
    else world.die(how === 1 || this.#keeps !== "power cut" ? "kill" : "power cut");
    await world.clock.advance(world.random.below(3_000));
    await this.begin();
  }

  /** What is in the topic, with the store time of each. */
  async pull(): Promise<Came[]> {
    const came: Came[] = [];
    for (let offset = 0;;) {
      const reply = await this.world.until(this.#client!.call(11, pullOf(offset)));
      const body = reply?.body ?? new Uint8Array(0);
      if (reply?.code !== 0 || body.length === 0) return came;
      for (let at = 0; at < body.length;) {
        const record = decodeRecord(body, at);
        came.push({ text: new TextDecoder().decode(record.body), at: record.storeTimestamp });
        offset = record.offset + 1;
        at += record.size;
      }
    }
  }
}

function header(properties: string): Record<string, string> {
  const all = { a: "p", b: TOPIC, c: "TBW102", d: "1", e: "0", f: "0", g: "1", h: "0" };
  return { ...all, i: properties, j: "0", k: "false", m: "false" };
}

function pullOf(offset: number): Record<string, string> {
  const all = { consumerGroup: "g", topic: TOPIC, queueId: "0", maxMsgNums: "32", sysFlag: "4" };
  const rest = { commitOffset: "0", suspendTimeoutMillis: "0", subscription: "*", subVersion: "1" };
  return { ...all, ...rest, queueOffset: String(offset), expressionType: "TAG" };
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Nothing early, nothing lost, nothing twice. */
function check(play: Play, came: readonly Came[]): void {
  const seen = new Set<string>();
  for (const { text, at } of came) {
    assert.ok(!seen.has(text), `${text} came twice`);
    seen.add(text);
    const due = play.promised.get(text);
    if (due === undefined) assert.ok(play.unsure.has(text), `${text} was never sent`);
    else assert.ok(at >= due, `${text} came ${due - at} ms early`);
  }
  for (const text of play.promised.keys()) assert.ok(seen.has(text), `${text} is lost`);
}

async function play(seed: number, flush: "SYNC_FLUSH" | "ASYNC_FLUSH"): Promise<void> {
  const play = new Play(seed, flush);
  await play.begin();
  for (let life = 0; life < 5; life++) {
    const sends = 10 + play.world.random.below(60);
    for (let at = 0; at < sends; at++) await play.send();
    await play.again();
  }
  await play.world.clock.advance(8_000);
  check(play, await play.pull());
  assert.ok(play.promised.size > 50);
}

for (let seed = 1; seed <= 10; seed++) {
  test(`delayed messages through kills and power cuts, seed ${seed}`, () =>
    play(seed, "SYNC_FLUSH"));
  test(`delayed messages, ASYNC_FLUSH, through kills, seed ${seed}`, () =>
    play(seed, "ASYNC_FLUSH"));
}
