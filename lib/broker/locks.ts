import type { KvTable } from "../meta/kv.ts";
import { Refusal } from "../model/refusal.ts";
import type { Clock } from "../port/clock.ts";
import type { Job } from "../port/job.ts";
import type { Lines } from "../port/lines.ts";
import type { GroupSettings } from "./group_settings.ts";

/** A queue as clients name it. */
export interface QueueName {
  readonly topic: string;
  readonly brokerName: string;
  readonly queueId: number;
}

/** Queues that a client of a group wants for itself, or gives back. */
export interface LockAsk {
  readonly group: string;
  readonly clientId: string;
  readonly queues: readonly QueueName[];
}

/** What locks work with. */
export interface LockParts {
  /** Owners by group and queue, so that a restart does not give a queue to two at once. */
  readonly lockTable: Pick<KvTable, "all" | "put" | "remove">;
  readonly settings: Pick<GroupSettings, "lockLifeMs" | "queueLocksMax">;
  readonly clock: Clock;
  readonly lines: Lines;
}

interface Held {
  clientId: string;
  /** When it was taken or renewed, monotonic ms. */
  renewedAt: number;
}

const SCAN_MS = 10_000;
/**
 * A client that cannot renew its lock believes in it for 30 s (its own `lockMaxLiveTime`), counted
 * from the answer, ms.
 */
const BELIEF_MS = 32_000;
const NAME_MAX = 255;
const CLIENT_ID_MAX = 1024;
/** Where in the table it stands when somebody last held a lock; no group has an empty name. */
const ALIVE = ["", "alive"] as const;

/**
 * Which client of a group has a queue to itself (`RebalanceLockManager`). A lock lives while its
 * owner renews it, which clients do every 20 s; as upstream, it ends by the owner's own word or by
 * time, not when a connection closes: its owner may consume on without one. Other than upstream,
 * owners are still known after a restart for as long as they may believe in their locks.
 */
export class Locks implements Job {
  readonly name = "locks";
  readonly #parts: LockParts;
  readonly #groups = new Map<string, Map<string, Held>>();
  #size = 0;

  constructor(parts: LockParts) {
    this.#parts = parts;
    this.#restore();
  }

  /** Locks of all groups, over or not. */
  get size(): number {
    return this.#size;
  }

  /**
   * Takes or renews the queues' locks; resolves with those that the client has. The others are
   * somebody else's. @throws {Refusal} `parameter-invalid` for names, `busy` where there are too
   * many locks, `unavailable` where the catalogue cannot be written.
   */
  async take(ask: LockAsk): Promise<QueueName[]> {
    checkNames(ask);
    const { group, clientId } = ask;
    const fresh: QueueName[] = [];
    const had: QueueName[] = [];
    for (const queue of ask.queues) {
      const held = this.#groups.get(group)?.get(keyOf(queue));
      if (held !== undefined && held.clientId !== clientId && !this.#isOver(held)) continue;
      if (held?.clientId === clientId && !this.#isOver(held)) had.push(queue);
      else fresh.push(queue);
    }
    this.#checkRoom(ask, fresh.length);
    for (const queue of [...had, ...fresh]) this.#give(ask, queue);
    if (fresh.length > 0) await this.#keep(ask, fresh);
    return [...had, ...fresh];
  }

  /** Gives back what the client has of these; resolves when a restart would know it. */
  async release(ask: LockAsk): Promise<void> {
    checkNames(ask);
    const { group, clientId, queues } = ask;
    const keys = queues.map(keyOf).filter((key) => {
      return this.#groups.get(group)?.get(key)?.clientId === clientId && this.#forget(group, key);
    });
    await Promise.all(keys.map((key) => this.#parts.lockTable.remove(group, key)));
  }

  /** Has somebody a lock of this group that is not over? */
  isHeld(group: string): boolean {
    for (const held of this.#groups.get(group)?.values() ?? []) {
      if (!this.#isOver(held)) return true;
    }
    return false;
  }

  /** Who has the queue to itself. */
  owner(group: string, queue: QueueName): string | undefined {
    const held = this.#groups.get(group)?.get(keyOf(queue));
    return held === undefined || this.#isOver(held) ? undefined : held.clientId;
  }

  /** Forgets the locks whose time is over. */
  run(now: number): number {
    const over: [string, string][] = [];
    for (const [group, queues] of this.#groups) {
      for (const [key, held] of queues) if (this.#isOver(held)) over.push([group, key]);
    }
    this.#forgetAll(over);
    if (this.#size > 0) this.#sayAlive();
    return now + SCAN_MS;
  }

  #isOver(held: Held): boolean {
    return this.#parts.clock.monotonic() - held.renewedAt > this.#parts.settings.lockLifeMs;
  }

  #give({ group, clientId }: LockAsk, queue: QueueName): void {
    let queues = this.#groups.get(group);
    if (queues === undefined) this.#groups.set(group, queues = new Map());
    const key = keyOf(queue);
    const held = queues.get(key);
    const renewedAt = this.#parts.clock.monotonic();
    if (held === undefined) {
      queues.set(key, { clientId, renewedAt });
      this.#size++;
      return;
    }
    if (held.clientId !== clientId) {
      this.#parts.lines.warn(
        `The lock of ${queue.topic} queue ${queue.queueId} in the group ${group} went from ` +
          `${held.clientId}, which did not renew it, to ${clientId}.`,
      );
    }
    Object.assign(held, { clientId, renewedAt });
  }

  async #keep(ask: LockAsk, fresh: readonly QueueName[]): Promise<void> {
    const { lockTable } = this.#parts;
    const { group, clientId } = ask;
    try {
      if (this.#size === fresh.length) this.#sayAlive();
      await Promise.all(fresh.map((queue) => lockTable.put(group, keyOf(queue), clientId)));
    } catch (fault) {
      for (const queue of fresh) {
        const key = keyOf(queue);
        if (this.#groups.get(group)?.get(key)?.clientId === clientId) this.#forget(group, key);
      }
      throw fault;
    }
  }

  #forget(group: string, key: string): boolean {
    const queues = this.#groups.get(group);
    if (queues === undefined || !queues.delete(key)) return false;
    this.#size--;
    if (queues.size === 0) this.#groups.delete(group);
    return true;
  }

  #forgetAll(locks: readonly (readonly [group: string, key: string])[]): void {
    for (const [group, key] of locks) {
      this.#forget(group, key);
      this.#unwaited(this.#parts.lockTable.remove(group, key));
    }
  }

  #sayAlive(): void {
    this.#unwaited(this.#parts.lockTable.put(...ALIVE, String(this.#parts.clock.now())));
  }

  #unwaited(commit: Promise<void>): void {
    commit.catch((fault) => this.#parts.lines.error(`Cannot note the locks of queues: ${fault}`));
  }

  /** After a restart: locks whose owners may believe in them still, for so long. */
  #restore(): void {
    const { lockTable, clock, settings } = this.#parts;
    const locks: [string, string, string][] = [];
    let aliveAt = -Infinity;
    for (const [group, key, value] of lockTable.all()) {
      if (group === ALIVE[0]) aliveAt = Number(value);
      else locks.push([group, key, value]);
    }
    const awayMs = Math.max(0, clock.now() - aliveAt - SCAN_MS);
    const leftMs = Math.min(BELIEF_MS - awayMs, settings.lockLifeMs);
    const renewedAt = clock.monotonic() - settings.lockLifeMs + leftMs;
    for (const [group, key, clientId] of locks) {
      let queues = this.#groups.get(group);
      if (queues === undefined) this.#groups.set(group, queues = new Map());
      queues.set(key, { clientId, renewedAt });
      this.#size++;
    }
  }

  #checkRoom({ group }: LockAsk, count: number): void {
    const { queueLocksMax } = this.#parts.settings;
    if (this.#size + count <= queueLocksMax) return;
    throw new Refusal(
      "busy",
      `Cannot lock ${count} queues for the group ${group}: ${this.#size} are locked, and ` +
        `queueLocksMax is ${queueLocksMax}. Wait for locks to end or raise queueLocksMax.`,
    );
  }
}

function keyOf({ topic, brokerName, queueId }: QueueName): string {
  return `${topic}@${brokerName}@${queueId}`;
}

function checkNames({ group, clientId, queues }: LockAsk): void {
  checkName("consumer group", group, NAME_MAX);
  checkName("client id", clientId, CLIENT_ID_MAX);
  for (const queue of queues) {
    checkName("topic of a queue", queue.topic, NAME_MAX);
    if (queue.brokerName.length > NAME_MAX) checkName("broker name", queue.brokerName, NAME_MAX);
    if (queue.queueId >= 0 && queue.queueId <= 0x7fffffff) continue;
    throw new Refusal(
      "parameter-invalid",
      `The topic ${queue.topic} has no queue ${queue.queueId}: ids go from 0 to 2147483647.`,
    );
  }
}

function checkName(what: string, name: string, most: number): void {
  if (name !== "" && name.length <= most) return;
  const wrong = name === "" ? "is missing" : `has ${name.length} characters, ${most} are the most`;
  throw new Refusal("parameter-invalid", `Cannot lock or unlock queues: the ${what} ${wrong}.`);
}
