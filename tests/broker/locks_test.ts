import assert from "node:assert/strict";
import { test } from "node:test";
import { type LockAsk, Locks, type QueueName } from "../../lib/broker/locks.ts";
import type { Catalogue } from "../../lib/meta/catalogue.ts";
import { Machine } from "../meta/machine.ts";
import { brokerSettings } from "./broker_settings.ts";
import { isRefusal } from "./refusals.ts";

const queue = (queueId: number, topic = "T"): QueueName => {
  return { topic, brokerName: "broker-a", queueId };
};
const ids = (queues: readonly QueueName[]) => queues.map(({ queueId }) => queueId);

/** Locks over a catalogue that outlives them. */
class Rig {
  readonly settings = brokerSettings();
  locks: Locks;

  private constructor(readonly machine: Machine, public catalogue: Catalogue) {
    this.locks = this.#made();
  }

  static async make(): Promise<Rig> {
    const machine = new Machine();
    return new Rig(machine, await machine.open());
  }

  #made(): Locks {
    const { clock, lines } = this.machine;
    const { settings } = this;
    return new Locks({ lockTable: this.catalogue.locks, settings, clock, lines });
  }

  /** The queues that the client has then. */
  async take(clientId: string, queueIds: number[], group = "g"): Promise<number[]> {
    const queues = queueIds.map((id) => queue(id));
    return ids(await this.machine.until(this.locks.take({ group, clientId, queues })));
  }

  async release(clientId: string, queueIds: number[], group = "g"): Promise<void> {
    const queues = queueIds.map((id) => queue(id));
    await this.machine.until(this.locks.release({ group, clientId, queues }));
  }

  /** kill -9, and a start so much later. */
  async restart(awayMs: number): Promise<void> {
    await this.machine.clock.advance(50);
    this.machine.powerCut();
    await this.machine.clock.advance(awayMs);
    this.catalogue = await this.machine.open();
    this.locks = this.#made();
  }
}

test("a queue has one owner in a group, and each group its own", async () => {
  const rig = await Rig.make();
  assert.deepEqual(await rig.take("a", [0, 1]), [0, 1]);
  assert.deepEqual(await rig.take("b", [1, 2]), [2]);
  assert.deepEqual(await rig.take("a", [0, 1, 2, 3]), [0, 1, 3], "renewed and new");
  assert.deepEqual(await rig.take("b", [0, 1], "other"), [0, 1]);
  await rig.release("b", [0, 2, 9]);
  assert.equal(rig.locks.owner("g", queue(0)), "a", "not b's to give back");
  assert.deepEqual(await rig.take("a", [2]), [2]);
  assert.equal(rig.locks.size, 6);
});

test("a lock lives 60 s after its last renewal, not less, and then goes to who asks", async () => {
  const rig = await Rig.make();
  const { clock, lines } = rig.machine;
  await rig.take("a", [0]);
  for (let round = 0; round < 5; round++) {
    await clock.advance(20_000);
    assert.deepEqual(await rig.take("a", [0]), [0]);
  }
  await clock.advance(59_990);
  assert.deepEqual(await rig.take("b", [0]), []);
  assert.ok(rig.locks.isHeld("g"));
  await clock.advance(20);
  assert.ok(!rig.locks.isHeld("g"));
  assert.deepEqual(await rig.take("b", [0]), [0]);
  assert.ok(lines.has("went from a, which did not renew it, to b"));
  assert.deepEqual(await rig.take("a", [0]), []);
});

test("its row of the tick forgets locks that are over, on disk too", async () => {
  const rig = await Rig.make();
  const { clock } = rig.machine;
  await rig.take("a", [0, 1]);
  await rig.take("a", [0], "other");
  await clock.advance(60_002);
  await rig.take("a", [1]);
  assert.equal(rig.locks.run(clock.monotonic()), clock.monotonic() + 10_000);
  assert.equal(rig.locks.size, 1);
  await clock.advance(50);
  const left = [...rig.catalogue.locks.all()].filter(([group]) => group !== "");
  assert.deepEqual(left, [["g", "T@broker-a@1", "a"]]);
});

test("after kill -9 owners are known for as long as they believe in their locks", async () => {
  const rig = await Rig.make();
  await rig.take("a", [0, 1]);
  await rig.release("a", [1]);
  await rig.restart(2_000);
  assert.deepEqual(await rig.take("b", [0, 1]), [1]);
  assert.deepEqual(await rig.take("a", [0]), [0], "its owner goes on");
  await rig.machine.clock.advance(31_000);
  assert.deepEqual(await rig.take("b", [0]), [], "60 s again since it was renewed");
});

test("after a restart who does not come back loses a queue in 32 s", async () => {
  const rig = await Rig.make();
  await rig.take("a", [0]);
  await rig.restart(5_000);
  await rig.machine.clock.advance(31_000);
  assert.deepEqual(await rig.take("b", [0]), []);
  await rig.machine.clock.advance(2_000);
  assert.deepEqual(await rig.take("b", [0]), [0]);
});

test("after a long stop nobody believes in a lock any more", async () => {
  const rig = await Rig.make();
  await rig.take("a", [0]);
  await rig.restart(45_000);
  assert.deepEqual(await rig.take("b", [0]), [0]);
});

test("a lock is answered when it would survive; one that cannot be kept is not given", async () => {
  const rig = await Rig.make();
  let isAnswered = false;
  const ask: LockAsk = { group: "g", clientId: "a", queues: [queue(0)] };
  const answer = rig.locks.take(ask).then(() => isAnswered = true);
  await rig.machine.clock.settle();
  assert.equal(isAnswered, false);
  await rig.machine.until(answer);
  await rig.machine.until(rig.catalogue.close());
  await assert.rejects(rig.take("a", [1]), isRefusal("unavailable", /catalogue cannot be written/));
  assert.equal(rig.locks.owner("g", queue(1)), undefined);
});

test("names and numbers that make no sense, and too many locks, are refused whole", async () => {
  const rig = await Rig.make();
  const refused = (changes: Partial<LockAsk>, kind: "busy" | "parameter-invalid", why: RegExp) => {
    const ask = { group: "g", clientId: "c", queues: [queue(0)], ...changes };
    return assert.rejects(rig.locks.take(ask), isRefusal(kind, why));
  };
  await refused({ group: "" }, "parameter-invalid", /consumer group is missing/);
  await refused({ group: "x".repeat(256) }, "parameter-invalid", /256 characters, 255/);
  await refused({ clientId: "" }, "parameter-invalid", /client id is missing/);
  await refused({ clientId: "x".repeat(1025) }, "parameter-invalid", /1025 characters/);
  await refused({ queues: [queue(0, "")] }, "parameter-invalid", /topic of a queue is missing/);
  await refused({ queues: [queue(-1)] }, "parameter-invalid", /has no queue -1/);
  await refused({ queues: [queue(2 ** 31)] }, "parameter-invalid", /has no queue 2147483648/);
  rig.settings.queueLocksMax = 2;
  await refused({ queues: [0, 1, 2].map((id) => queue(id)) }, "busy", /queueLocksMax is 2/);
  assert.equal(rig.locks.size, 0);
  assert.deepEqual(await rig.take("c", []), []);
});
