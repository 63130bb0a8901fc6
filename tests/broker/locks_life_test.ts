import assert from "node:assert/strict";
import { test } from "node:test";
import { Locks, type QueueName } from "../../lib/broker/locks.ts";
import { SeededRandom } from "../../lib/port/random_seeded.ts";
import { Machine } from "../meta/machine.ts";
import { brokerSettings } from "./broker_settings.ts";

const QUEUES: readonly QueueName[] = [0, 1, 2].map((queueId) => {
  return { topic: "T", brokerName: "broker-a", queueId };
});
const STEP_MS = 1000;
/** As Java's: it asks every 20 s and believes in an answer for 30 s. */
const RENEW_MS = 20_000;
const BELIEF_MS = 30_000;

/** A consumer as far as its locks go; it wants every queue that it can get. */
class Consumer {
  readonly believedUntil = new Map<number, number>();
  nextAskAt = 0;
  constructor(readonly clientId: string) {}

  believes(queueId: number, now: number): boolean {
    return (this.believedUntil.get(queueId) ?? -1) > now;
  }

  heard(taken: readonly QueueName[], now: number): void {
    for (const { queueId } of QUEUES) this.believedUntil.delete(queueId);
    for (const { queueId } of taken) this.believedUntil.set(queueId, now + BELIEF_MS);
  }
}

/** Consumers that come, leave and die, and a broker that is killed and comes back, by chance. */
class Life {
  readonly machine: Machine;
  readonly random: SeededRandom;
  consumers: Consumer[] = [];
  locks: Locks | undefined;
  upAt = 0;
  nextRunAt = 0;
  made = 0;
  taken = 0;

  constructor(seed: number) {
    this.machine = new Machine(seed);
    this.random = new SeededRandom(seed);
  }

  get now(): number {
    return this.machine.clock.monotonic();
  }

  async step(): Promise<void> {
    await this.machine.clock.advance(STEP_MS);
    if (this.locks === undefined && this.now >= this.upAt) await this.open();
    await this.chance();
    for (const consumer of this.consumers) await this.ask(consumer);
    if (this.locks !== undefined && this.now >= this.nextRunAt) {
      this.nextRunAt = this.locks.run(this.now);
    }
  }

  async open(): Promise<void> {
    const { clock, lines } = this.machine;
    const catalogue = await this.machine.open();
    const settings = brokerSettings();
    this.locks = new Locks({ lockTable: catalogue.locks, settings, clock, lines });
    this.nextRunAt = 0;
  }

  async chance(): Promise<void> {
    const dice = this.random.below(120);
    if (dice < 4 && this.consumers.length < 4) {
      this.consumers.push(new Consumer(`c${this.made++}`));
    } else if (dice === 4) this.consumers.shift();
    else if (dice === 5) await this.leave(this.consumers.shift());
    else if (dice === 6 && this.locks !== undefined) {
      this.machine.powerCut();
      this.locks = undefined;
      this.upAt = this.now + this.random.below(60) * 1000;
    }
  }

  async leave(consumer: Consumer | undefined): Promise<void> {
    if (consumer === undefined || this.locks === undefined) return;
    const { clientId } = consumer;
    await this.machine.until(this.locks.release({ group: "g", clientId, queues: QUEUES }));
  }

  async ask(consumer: Consumer): Promise<void> {
    if (this.locks === undefined || this.now < consumer.nextAskAt) return;
    const { clientId } = consumer;
    const ask = { group: "g", clientId, queues: QUEUES };
    const taken = await this.machine.until(this.locks.take(ask));
    consumer.heard(taken, this.now);
    this.taken += taken.length;
    consumer.nextAskAt = this.now + RENEW_MS + this.random.below(3000);
  }

  /** Who believes to have the queue to itself. */
  believers(queueId: number): string[] {
    return this.consumers.filter((one) => one.believes(queueId, this.now))
      .map(({ clientId }) => clientId);
  }
}

test("through deaths of consumers and brokers nobody shares a queue, and it is taken", async () => {
  for (let seed = 1; seed <= 40; seed++) {
    const life = new Life(seed);
    await life.open();
    for (let step = 0; step < 600; step++) {
      await life.step();
      for (const { queueId } of QUEUES) {
        const believers = life.believers(queueId);
        assert.ok(believers.length < 2, `seed ${seed}, step ${step}, ${queueId}: ${believers}`);
      }
    }
    assert.ok(life.taken > 10, `seed ${seed}: ${life.taken} locks were given`);
  }
});
