import type { DiskFault, DiskOperationKind } from "../../lib/port/disk_faults.ts";
import { type Found, Ledger, type Place } from "./ledger.ts";
import { batchOf, bodyOf, readMessages } from "./messages.ts";
import type { WireClient } from "./wire_client.ts";
import { World, type WorldOptions } from "./world.ts";

/** What a run came to. */
export interface Outcome {
  readonly digest: string;
  readonly violations: readonly string[];
  readonly sent: number;
  readonly acknowledged: number;
  readonly restarts: number;
}

const TOPICS = ["SimA", "SimB"];
const QUEUES = 2;
const GROUP = "sim_group";
const CLIENTS = 4;
/** A batch of one-way commits is due after 1 s and takes a sync and a commit, which may queue. */
const GRACE_MS = 1_200;

/**
 * Plays `steps` random events of a broker's life and holds every promise against what came of it.
 */
export async function play(
  seed: number,
  options: WorldOptions & { readonly steps?: number } = {},
): Promise<Outcome> {
  const scenario = new Scenario(seed, options);
  return await scenario.play(options.steps ?? 400);
}

class Scenario {
  readonly #world: World;
  readonly #ledger = new Ledger();
  readonly #clients: (WireClient | undefined)[] = new Array(CLIENTS).fill(undefined);
  readonly #next = new Map<string, number>();
  #restarts = 0;

  constructor(seed: number, options: WorldOptions) {
    this.#world = new World(seed, options);
  }

  async play(steps: number): Promise<Outcome> {
    const { clock, random } = this.#world;
    await this.#start(0);
    for (let step = 0; step < steps && this.#ledger.violations.length === 0; step++) {
      await clock.advance(random.below(12));
      await this.#step();
    }
    await this.#restart("power cut");
    const { violations, sent, acknowledged } = this.#ledger;
    const { digest } = this.#world;
    return { digest, violations, sent, acknowledged, restarts: this.#restarts };
  }

  async #step(): Promise<void> {
    const { random } = this.#world;
    const dice = random.below(1000);
    if (dice < 5) await this.#restart("power cut");
    else if (dice < 10) await this.#restart("kill");
    else if (dice < 12) await this.#restart("stop");
    else if (dice < 16) await this.#failingDisk();
    else if (dice < 26) this.#breakConnection();
    else if (dice < 700) void this.#send(random.below(10) === 0);
    else if (dice < 850) void this.#pull();
    else void this.#commit(random.below(2) === 0);
  }

  async #client(): Promise<WireClient | undefined> {
    const at = this.#world.random.below(CLIENTS);
    const client = this.#clients[at];
    if (client !== undefined && !client.isClosed) return client;
    return this.#clients[at] = await this.#world.connect();
  }

  #queue(): Omit<Place, "offset"> {
    const { random } = this.#world;
    return { topic: TOPICS[random.below(TOPICS.length)], queueId: random.below(QUEUES) };
  }

  async #send(isBatch: boolean): Promise<void> {
    const queue = this.#queue();
    const client = await this.#client();
    if (client === undefined) return;
    const ids = Array.from({ length: isBatch ? 3 : 1 }, () => this.#ledger.sending());
    const fields = {
      ...{ a: "sim_producer", b: queue.topic, c: "TBW102", d: String(QUEUES) },
      ...{ e: String(queue.queueId), f: "0", g: "1700000000000", h: "0" },
      ...{ i: `KEYS\u0001k${ids[0] % 50}\u0002`, j: "0", k: "false", m: String(isBatch) },
    };
    const body = isBatch ? batchOf(ids) : bodyOf(ids[0]);
    const reply = await client.call(isBatch ? 320 : 310, fields, body);
    this.#world.note(`send ${ids[0]} ${reply?.code} ${reply?.fields.queueOffset}`);
    if (reply?.code !== 0) return;
    const first = Number(reply.fields.queueOffset);
    ids.forEach((id, at) => this.#ledger.acknowledge(id, { ...queue, offset: first + at }));
  }

  async #pull(): Promise<void> {
    const queue = this.#queue();
    const key = `${queue.topic}/${queue.queueId}`;
    const client = await this.#client();
    const from = this.#next.get(key) ?? 0;
    const found = client && await pullFrom(client, { ...queue, offset: from }, true);
    this.#world.note(`pull ${key} ${from} ${found?.map((one) => one.id)}`);
    if (found === undefined || found.length === 0) return;
    if (found[0].offset === from) this.#next.set(key, found[found.length - 1].offset + 1);
  }

  async #commit(isTwoWay: boolean): Promise<void> {
    const queue = this.#queue();
    const client = await this.#client();
    const offset = this.#next.get(`${queue.topic}/${queue.queueId}`) ?? 0;
    if (client === undefined || offset === 0) return;
    const place = { ...queue, offset };
    const fields = {
      ...{ consumerGroup: GROUP, topic: queue.topic },
      ...{ queueId: String(queue.queueId), commitOffset: String(offset) },
    };
    if (!isTwoWay) {
      client.tell(15, fields);
      return;
    }
    const reply = await client.call(15, fields);
    this.#world.note(`commit ${offset} ${reply?.code}`);
    if (reply?.code === 0) this.#ledger.committed(GROUP, place);
  }

  #breakConnection(): void {
    const { network, random } = this.#world;
    const pairs = network.pairs;
    if (pairs.length > 0) pairs[random.below(pairs.length)].reset();
    this.#world.note("reset");
  }

  /**
   * Some operation fails, once or from now on; then the process is started again on a sound disk.
   */
  async #failingDisk(): Promise<void> {
    const { random, disk, clock } = this.#world;
    const kinds: DiskOperationKind[] = ["write", "sync", "open", "truncate", "sync directory"];
    const faults: DiskFault[] = ["EIO", "ENOSPC", "EINTR", { short: 100 }];
    const kind = kinds[random.below(kinds.length)];
    const fault = faults[random.below(kind === "write" ? 4 : 2)];
    let left = random.below(2) === 0 ? 1 : Infinity;
    if (fault === "EINTR" || typeof fault === "object") left = Math.min(left, 3);
    let wait = random.below(10);
    disk.faults = (operation) => {
      if (operation.kind !== kind || wait-- > 0 || left-- <= 0) return undefined;
      return fault;
    };
    this.#world.note(`disk ${kind} ${JSON.stringify(fault)}`);
    for (let at = 0; at < 20; at++) {
      await clock.advance(random.below(12));
      if (random.below(3) > 0) void this.#send(false);
    }
    disk.faults = undefined;
    await this.#restart(random.below(2) === 0 ? "kill" : "power cut");
  }

  async #restart(how: "kill" | "power cut" | "stop"): Promise<void> {
    const diedAtMs = this.#world.clock.monotonic();
    if (how === "stop") await this.#world.stop();
    else this.#world.die(how);
    this.#restarts++;
    await this.#start(how === "stop" ? Infinity : diedAtMs);
  }

  async #start(diedAtMs: number): Promise<void> {
    this.#clients.fill(undefined);
    try {
      await this.#world.start();
    } catch (fault) {
      this.#ledger.violations.push(`does not start: ${fault}`);
      return;
    }
    const client = await this.#world.until(this.#world.connect());
    if (client === undefined) this.#ledger.violations.push("takes no connection after its start");
    else await this.#world.until(this.#check(client, diedAtMs));
    client?.close();
  }

  async #check(client: WireClient, diedAtMs: number): Promise<void> {
    const found: Found[] = [];
    for (const topic of TOPICS) {
      for (let queueId = 0; queueId < QUEUES; queueId++) {
        const all = await readQueue(client, { topic, queueId });
        found.push(...all);
        await this.#checkProgress(client, { topic, queueId, offset: all.length }, diedAtMs);
        this.#rewind(`${topic}/${queueId}`, all.length);
      }
    }
    this.#world.note(`holds ${found.map((one) => one.id)}`);
    this.#ledger.checkStore(found, true);
  }

  /** What was read before and is lost now is read again. */
  #rewind(queue: string, end: number): void {
    this.#next.set(queue, Math.min(end, this.#next.get(queue) ?? 0));
  }

  async #checkProgress(client: WireClient, end: Place, diedAtMs: number): Promise<void> {
    const reply = await client.call(14, {
      ...{ consumerGroup: GROUP, topic: end.topic },
      ...{ queueId: String(end.queueId), setZeroIfNotFound: "false" },
    });
    const offset = reply?.code === 0 ? Number(reply.fields.offset) : 0;
    this.#world.note(`progress ${end.topic}/${end.queueId} ${offset}`);
    const when = { diedAtMs, graceMs: GRACE_MS, end: end.offset };
    this.#ledger.checkProgress(GROUP, { ...end, offset }, when);
  }
}

/** Everything that a queue holds. */
async function readQueue(client: WireClient, queue: Omit<Place, "offset">): Promise<Found[]> {
  const reply = await client.call(30, { topic: queue.topic, queueId: String(queue.queueId) });
  const end = reply?.code === 0 ? Number(reply.fields.offset) : 0;
  const all: Found[] = [];
  while (all.length < end) {
    const found = await pullFrom(client, { ...queue, offset: all.length }, false);
    if (found === undefined || found.length === 0) break;
    all.push(...found);
  }
  return all;
}

async function pullFrom(
  client: WireClient,
  from: Place,
  isHeld: boolean,
): Promise<Found[] | undefined> {
  const reply = await client.call(11, {
    ...{ consumerGroup: GROUP, topic: from.topic, queueId: String(from.queueId) },
    ...{ queueOffset: String(from.offset), maxMsgNums: "32", sysFlag: isHeld ? "6" : "4" },
    ...{ commitOffset: "0", suspendTimeoutMillis: isHeld ? "500" : "0", subscription: "*" },
    ...{ subVersion: "0", expressionType: "TAG" },
  });
  if (reply === undefined) return undefined;
  return reply.code === 0 ? readMessages(reply.body, from) : [];
}
