import { Client } from "../client/client.ts";
import { ClientError } from "../client/client_error.ts";
import type { RouteQueue, TopicRoute } from "../client/topic_route.ts";
import type { Ports } from "../server/ports.ts";
import type { BenchCommand, BenchPlan } from "./bench/flags.ts";
import { Lanes } from "./bench/lanes.ts";
import { MessageMaker } from "./bench/message_maker.ts";
import { PopLoad } from "./bench/pop_load.ts";
import { QueueLocks } from "./bench/queue_locks.ts";
import { type QueueRead, ReceiveLoad } from "./bench/receive_load.ts";
import { isFlawed, type Outcome, reportJson, reportText } from "./bench/report.ts";
import { SendLoad } from "./bench/send_load.ts";
import { type Moving, Watch } from "./bench/watch.ts";
import { EXIT } from "./exit_codes.ts";
import type { Process } from "./process.ts";

/** Measures a server and tells what came out. A signal ends it early, with what there is so far. */
export async function bench(
  { plan }: BenchCommand,
  outside: Process,
  ports: Ports,
): Promise<void> {
  const outcome = await new Bench(plan, outside, ports).run();
  outside.status("");
  outside.print(plan.json ? reportJson(outcome) : reportText(outcome));
  outside.exit(isFlawed(outcome) ? EXIT.flawed : EXIT.orderly);
}

/** How often it is looked whether a topic that was just made is known, ms; how often at most. */
const ROUTE_RETRY_MS = 200;
const ROUTE_RETRIES = 150;
const RUNS = 2 ** 32;

/** One run from the look-up to the report. */
class Bench {
  readonly #plan: BenchPlan;
  readonly #ports: Ports;
  readonly #client: Client;
  readonly #watch: Watch;
  readonly #run: number;
  readonly #wallAheadMs: number;

  constructor(plan: BenchPlan, outside: Process, ports: Ports) {
    const { clock, tcp, random } = ports;
    const { nameServers, header, timeoutMs } = plan;
    this.#plan = plan;
    this.#ports = ports;
    this.#client = new Client({ tcp, clock, nameServers, header, timeoutMs });
    this.#watch = new Watch(plan, clock, (line) => outside.status(line));
    this.#run = random.below(RUNS);
    this.#wallAheadMs = clock.now() - clock.monotonic();
    let signals = 0;
    outside.onSignal(() => {
      if (++signals > 1) outside.exit(EXIT.interrupted);
      this.#watch.stop();
    });
  }

  async run(): Promise<Outcome> {
    try {
      return await this.#measured();
    } finally {
      this.#watch.close();
      await this.#client.close();
    }
  }

  #measured(): Promise<Outcome> {
    switch (this.#plan.kind) {
      case "latency":
      case "delay":
        return this.#thereAndBack();
      case "receive":
        return this.#receive();
      case "pop":
        return this.#pop();
      default:
        return this.#send();
    }
  }

  async #send(): Promise<Outcome> {
    const { writable } = await this.#client.routeToSend(this.#plan.topic, this.#plan.queues);
    const load = this.#sends(writable, await this.#lanes(writable));
    await this.#watch.over(load.run(), [["sent", load]]);
    const { inDoubt, owed, tally: sent } = load;
    return { ...this.#outcome(writable), sent, inDoubt, owed };
  }

  async #receive(): Promise<Outcome> {
    const { durationMs, count, from, topic } = this.#plan;
    const { readable } = await this.#client.route(topic);
    const lanes = await this.#lanes(readable);
    const isEndless = durationMs !== undefined || count !== undefined;
    const queues = await this.#reads(readable, (offsetMin, offsetMax) => ({
      offset: from === "last" ? offsetMax : offsetMin,
      isWhole: from === "first" && offsetMin === 0,
      isLive: isEndless,
    }));
    const load = this.#receives(queues, lanes);
    await this.#watch.over(load.run(), [["received", load]]);
    const { checker: { findings }, missing, tally: received } = load;
    return { ...this.#outcome(readable), received, findings, missing };
  }

  async #pop(): Promise<Outcome> {
    const { clock } = this.#ports;
    const [plan, wallAheadMs] = [this.#plan, this.#wallAheadMs];
    const { readable } = await this.#client.route(plan.topic);
    const lanes = await this.#lanes(readable);
    const isWhole = plan.from === "first" && await this.#isUntouched(readable);
    const places = readable.filter(({ address }, at) => {
      return readable.findIndex((other) => other.address === address) === at;
    });
    const load = new PopLoad({ clock, plan, lanes, places, isWhole, wallAheadMs });
    await this.#watch.over(load.run(), [["received", load], ["acked", load.acks]]);
    const { acks: { tally: acked }, checker: { findings }, missing, tally: received } = load;
    return { ...this.#outcome(readable), received, acked, findings, missing };
  }

  /** Has the group taken nothing yet, and is the beginning of each queue there? */
  async #isUntouched(queues: readonly RouteQueue[]): Promise<boolean> {
    const { group, topic } = this.#plan;
    const all = await Promise.all(queues.map(async ({ address, queueId }) => {
      const broker = await this.#client.broker(address);
      const taken = await broker.progress({ group, topic, queueId }) ?? 0;
      return taken === 0 && await broker.offsetMin(topic, queueId) === 0;
    }));
    return all.every(Boolean);
  }

  /** Sends, and receives what was sent. */
  async #thereAndBack(): Promise<Outcome> {
    const route = await this.#routeOfBoth();
    const lanes = await this.#lanes([...route.readable, ...route.writable]);
    const queues = await this.#reads(route.readable, (_, offsetMax) => ({
      ...{ offset: offsetMax, isWhole: false, isLive: true },
    }));
    const sends = this.#sends(route.writable, lanes);
    const receives = this.#receives(queues, lanes, this.#run);
    const isAll = () => receives.checker.hasSeen(this.#run, sends.streams);
    receives.run();
    const loads: [string, Moving][] = [["sent", sends], ["received", receives]];
    await this.#watch.over(sends.run(), loads);
    await this.#watch.until(isAll, receives);
    receives.stop();
    const missing = receives.checker.unseen(this.#run, sends.streams);
    const { inDoubt, owed, tally: sent } = sends;
    const { checker: { findings }, tally: received } = receives;
    return { ...this.#outcome(route.readable), sent, received, findings, missing, inDoubt, owed };
  }

  #outcome(queues: readonly RouteQueue[]) {
    const brokers = new Set(queues.map(({ address }) => address)).size;
    const none = { inDoubt: 0, owed: 0, missing: 0 };
    return { plan: this.#plan, queues: queues.length, brokers, ...none };
  }

  #sends(queues: readonly RouteQueue[], lanes: Lanes): SendLoad {
    const { clock, random } = this.#ports;
    const maker = new MessageMaker(this.#plan, { run: this.#run, random });
    const wallAheadMs = this.#wallAheadMs;
    return new SendLoad({ clock, plan: this.#plan, lanes, maker, queues, wallAheadMs });
  }

  #receives(queues: readonly QueueRead[], lanes: Lanes, run?: number): ReceiveLoad {
    const [{ clock }, plan, wallAheadMs] = [this.#ports, this.#plan, this.#wallAheadMs];
    return new ReceiveLoad({ clock, plan, lanes, queues, wallAheadMs, run });
  }

  /** Opens connections to all brokers of these queues. */
  async #lanes(queues: readonly RouteQueue[]): Promise<Lanes> {
    const { topic, group, expression, filterType, kind, connections } = this.#plan;
    if (queues.length === 0) {
      const why = "none of its queues may be used for that, or their broker has no master";
      throw new ClientError("no-route", `Cannot ${kind} on ${topic}: ${why}.`);
    }
    const subscriptions = [{ topic, expression, filterType }];
    const consumers = ["send", "transaction"].includes(kind) ? [] : [{ group, subscriptions }];
    const producers = ["receive", "pop"].includes(kind) ? [] : [group];
    const lanes = new Lanes({
      ...{ client: this.#client, clock: this.#ports.clock, connections },
      presence: { clientId: this.#clientId, producers, consumers },
      failed: (error) => this.#watch.fail(error),
    });
    await lanes.open(queues.map(({ address }) => address));
    return lanes;
  }

  /** What there is to read of these queues; in order, they are this client's alone. */
  async #reads(
    queues: readonly RouteQueue[],
    plan: (offsetMin: number, offsetMax: number) => Omit<QueueRead, keyof RouteQueue>,
  ): Promise<QueueRead[]> {
    if (this.#plan.isOrdered) await this.#lock(queues);
    return await Promise.all(queues.map(async (queue) => {
      const broker = await this.#client.broker(queue.address);
      const { topic } = this.#plan;
      const offsetMin = await broker.offsetMin(topic, queue.queueId);
      return { ...queue, ...plan(offsetMin, await broker.offsetMax(topic, queue.queueId)) };
    }));
  }

  #lock(queues: readonly RouteQueue[]): Promise<void> {
    const { topic, group } = this.#plan;
    const [client, clientId, { clock }] = [this.#client, this.#clientId, this.#ports];
    const failed = (error: ClientError) => this.#watch.fail(error);
    return new QueueLocks({ client, clock, clientId, group, topic, queues, failed }).take();
  }

  get #clientId(): string {
    return `bench@${this.#run}`;
  }

  /** The route of a topic that is there; one that is not is made by a message to it. */
  async #routeOfBoth(): Promise<TopicRoute> {
    const { topic, queues, group } = this.#plan;
    const { writable } = await this.#client.routeToSend(topic, queues);
    for (let tries = 0; tries < ROUTE_RETRIES; tries++) {
      const known = await this.#client.route(topic).catch((fault) => {
        if (fault instanceof ClientError && fault.kind === "no-route") return undefined;
        throw fault;
      });
      if (known !== undefined) return known;
      if (tries === 0) await this.#make(writable, group);
      await this.#watch.pause(ROUTE_RETRY_MS);
    }
    throw new ClientError("no-route", `The topic ${topic} was made, and no name server knows it.`);
  }

  async #make([first]: readonly RouteQueue[], producerGroup: string): Promise<void> {
    if (first === undefined) return;
    const { topic, queues } = this.#plan;
    const broker = await this.#client.broker(first.address);
    const body = new TextEncoder().encode("makes the topic");
    const bornTimestamp = this.#ports.clock.now();
    const head = { topic, queueId: 0, producerGroup, newTopicQueues: queues };
    await broker.send({ ...head, bornTimestamp, body });
  }
}
