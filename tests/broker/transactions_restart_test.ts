import assert from "node:assert/strict";
import { test } from "node:test";
import type { HalfCheck } from "../../lib/broker/link.ts";
import { parseOffsetId } from "../../lib/model/ids.ts";
import type { LogOptions } from "../../lib/log/options.ts";
import { beat, end, type Place, producer, sendHalf, stored, texts } from "./halves.ts";
import { Lives } from "./lives.ts";
import { incoming, properties, sendAsk, within, type World } from "./world.ts";
import type { FakeLink } from "./fake_link.ts";
import { isRefusal } from "./refusals.ts";

const HALF = "RMQ_SYS_TRANS_HALF_TOPIC";
const OP = "RMQ_SYS_TRANS_OP_HALF_TOPIC";
const PARKED = "TRANS_CHECK_MAX_TIME_TOPIC";

test("After an orderly stop transactions go on where they were", async () => {
  const lives = new Lives(1);
  const first = await lives.start();
  const places = [];
  for (const key of ["a", "b", "c", "d"]) places.push(await sendHalf(first, key));
  await end(first, places[0], "commit");
  await end(first, places[1], "rollback");
  await lives.stop();
  const second = await lives.start();
  assert.deepEqual(texts(second, OP, 0), ["0,1,"]);
  for (const place of places.slice(0, 2)) {
    await assert.rejects(end(second, place, "commit"), isRefusal("failed", /ended before/));
  }
  await end(second, places[2], "commit");
  const client = producer(second, "another");
  await second.clock.advance(31_000);
  assert.deepEqual(client.checks.map(({ messageId }) => messageId), ["d"]);
  await end(second, client.checks[0], "commit", { wasAsked: true });
  assert.deepEqual(texts(second), ["a", "c", "d"]);
});

test("A commit whose op record was lost is found in the log, and nobody is asked", async () => {
  const lives = new Lives(2);
  const first = await lives.start();
  const plain = await sendHalf(first, "plain");
  const delayed = await sendHalf(first, "delayed", { DELAY: "18" });
  await first.clock.advance(500);
  await end(first, plain, "commit");
  await end(first, delayed, "commit");
  lives.die("kill");
  const second = await lives.start();
  assert.deepEqual(stored(second, OP), []);
  const client = producer(second, "c1");
  for (const place of [plain, delayed]) {
    await assert.rejects(end(second, place, "commit"), isRefusal("failed", /ended before/));
  }
  await second.clock.advance(65_000);
  assert.deepEqual(client.checks, []);
  assert.deepEqual(texts(second), ["plain"]);
  assert.deepEqual(texts(second, OP, 0), ["0,1,"]);
});

test("A copy or a parked half whose progress was lost is not made again", async () => {
  const lives = new Lives(3, { transactionChecksMax: 2 });
  let world = await lives.start();
  await sendHalf(world, "K");
  for (const copies of [2, 3]) {
    await world.clock.advance(29_990);
    while (stored(world, HALF).length < copies) await world.clock.advance(1);
    lives.die("kill");
    world = await lives.start();
    assert.equal(stored(world, HALF).length, copies);
  }
  await world.clock.advance(29_000);
  while (texts(world, PARKED, 0).length === 0) await world.clock.advance(1);
  lives.die("kill");
  world = await lives.start();
  const client = producer(world, "c1");
  await world.clock.advance(100_000);
  assert.equal(stored(world, HALF).length, 3);
  assert.deepEqual(texts(world, PARKED, 0), ["K"]);
  assert.deepEqual(client.checks, []);
});

test("Op records of older brokers, one offset each, are understood", async () => {
  const lives = new Lives(4);
  const world = await lives.start();
  for (const key of ["a", "b", "c"]) await sendHalf(world, key);
  for (const [tag, body] of [["d", "1"], ["x", "0"], ["d", "junk,2,-1,9e9,,77,"]]) {
    const message = incoming(OP, {
      properties: properties({ TAGS: tag }),
      body: new TextEncoder().encode(body),
    });
    world.log.append({ ...message, storeHost: message.bornHost });
  }
  await lives.stop();
  const again = await lives.start();
  const client = producer(again, "c1");
  await again.clock.advance(31_000);
  assert.deepEqual(client.checks.map(({ messageId }) => messageId), ["a"]);
});

/** Transactions of which some end at once, some late, some only when asked. */
class Application {
  readonly lives: Lives;
  readonly wanted = new Map<string, "commit" | "rollback">();
  readonly acked = new Set<string>();
  #client: FakeLink | undefined;
  #heard = 0;
  #late: { readonly place: Place; readonly key: string }[] = [];
  #count = 0;

  constructor(lives: Lives) {
    this.lives = lives;
  }

  join(): void {
    this.#client = producer(this.lives.world, `client-${this.#count}`);
    this.#heard = 0;
  }

  /** Begins some transactions; what comes of it is not waited for. */
  begin(): void {
    const { world, random } = this.lives;
    for (let left = 1 + random.below(6); left > 0; left--) {
      const key = `k${this.#count++}`;
      this.wanted.set(key, random.below(3) === 0 ? "rollback" : "commit");
      const message = incoming("T", {
        queueId: 2,
        bornTimestamp: world.clock.now(),
        properties: properties({ UNIQ_KEY: key, TRAN_MSG: "true", PGROUP: "pg" }),
        body: new TextEncoder().encode(key),
      });
      world.broker.intake.send(message, sendAsk()).then(({ ids, offset }) => {
        this.acked.add(key);
        const place = { offset, position: parseOffsetId(ids)?.position ?? -1 };
        const when = random.below(3);
        if (when === 0) this.#end(key, place, false);
        if (when === 1) this.#late.push({ key, place });
      }, () => {});
    }
  }

  /** Answers what it was asked, ends what it left open; sometimes twice. */
  answer(): void {
    const { random } = this.lives;
    if (this.#client !== undefined) beat(this.lives.world, "client", this.#client);
    const asked: readonly HalfCheck[] = this.#client?.checks.slice(this.#heard) ?? [];
    this.#heard += asked.length;
    for (const check of asked) if (random.below(3) > 0) this.#end(check.messageId, check, true);
    const late = this.#late.filter(() => random.below(4) === 0);
    for (const { key, place } of late) this.#end(key, place, false);
    if (random.below(2) === 0) this.#late = this.#late.filter((one) => !late.includes(one));
  }

  #end(key: string, place: Place, wasAsked: boolean): void {
    const outcome = this.wanted.get(key) ?? "rollback";
    const { offset, position } = place;
    const said = { producerGroup: "pg", offset, position, outcome, wasAsked };
    try {
      this.lives.world.broker.transactions.end(said)?.catch(() => {});
    } catch {
      // It has ended before.
    }
  }
}

/** Every commit is there once, no rollback is; unanswered sends are there once or not at all. */
function judge(application: Application, world: World): void {
  const found = texts(world);
  assert.equal(new Set(found).size, found.length, "a message was committed twice");
  for (const [key, outcome] of application.wanted) {
    const isThere = found.includes(key);
    if (outcome === "rollback") assert.ok(!isThere, `${key} was rolled back, and is there`);
    else if (application.acked.has(key)) assert.ok(isThere, `${key} was committed, and is lost`);
  }
}

async function play(seed: number, how: "kill" | "power cut"): Promise<void> {
  const flush: Partial<LogOptions> = how === "kill" ? {} : { flush: "SYNC_FLUSH" };
  const settings = { transactionCheckMs: 2000, transactionTimeoutMs: 1000 };
  const lives = new Lives(
    seed,
    { ...settings, transactionChecksMax: 100 },
    { log: flush, syncMs: () => 2 },
  );
  const application = new Application(lives);
  for (let life = 0; life < 5; life++) {
    const world = await lives.start();
    application.join();
    for (let step = 0; step < 20; step++) {
      application.begin();
      await world.clock.advance(lives.random.below(10) === 0 ? 2000 : lives.random.below(30));
      application.answer();
    }
    await world.clock.advance(lives.random.below(3));
    lives.die(how);
  }
  const world = await lives.start();
  application.join();
  for (let round = 0; round < 60; round++) {
    await world.clock.advance(1000);
    application.answer();
  }
  judge(application, world);
  assert.deepEqual(texts(world, PARKED, 0), []);
}

for (const how of ["kill", "power cut"] as const) {
  test(`None lost, none committed twice, whenever a ${how} comes`, async () => {
    for (let seed = 1; seed <= 6; seed++) await play(seed, how);
  });
}

test("A resumed half that was parked before a crash is open", async () => {
  const lives = new Lives(6, { transactionChecksMax: 1 });
  const world = await lives.start();
  await sendHalf(world, "K");
  await world.clock.advance(62_000);
  const [{ position }] = stored(world, PARKED);
  await within(world, 20, world.broker.transactions.resume(position));
  lives.die("kill");
  const again = await lives.start();
  const client = producer(again, "c1");
  await again.clock.advance(32_000);
  assert.equal(client.checks.length, 1);
  await end(again, client.checks[0], "commit", { wasAsked: true });
  assert.deepEqual(texts(again), ["K"]);
});
