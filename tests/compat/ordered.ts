import { BROKERS, killCluster, startCluster } from "./cluster.ts";
import { CLIENTS, type ClientVersion } from "./installed.ts";
import { java } from "./jvm.ts";
import { killPlay, type Kind, type Load } from "./lives.ts";
import { pause, until, within } from "./pause.ts";
import { work } from "./places.ts";
import { startPocketmq } from "./pocketmq.ts";
import { type Program, start } from "./programs.ts";
import { type Group, holds, type Play, plays, same } from "./scenario.ts";
import { disorderIn, lackingOf, sentIn, type Taken, takenIn } from "./sequences.ts";
import { address, type Target } from "./target.ts";
import type { Wire } from "./wire.ts";
import { startTried, type World } from "./world.ts";

const LIMIT_MS = 120_000;

/** Producers and consumers of ordered messages, each a process that can be killed. */
class Cast {
  readonly #consumers = new Map<string, Program>();

  constructor(
    readonly world: World,
    readonly name: string,
    readonly run: {
      readonly version: ClientVersion;
      readonly form: "JSON" | "ROCKETMQ";
      readonly nameServerPort: number;
      readonly queues: number;
    },
  ) {}

  #start(role: "producer" | "consumer", as: string = role): Program {
    const { version, form, nameServerPort, queues } = this.run;
    const name = `${this.name}-${as}`;
    const words = java({
      name,
      heap: "128m",
      classPath: this.world.installed.clients.get(version) ?? "",
      main: "compat.Orderly",
      words: [role, address(nameServerPort), String(queues)],
      properties: { "rocketmq.serialize.type": form },
    });
    return start({ name, words, output: `${work}/${name}.txt` });
  }

  produce(): Program {
    return this.#start("producer");
  }

  consume(name: string): Program {
    const consumer = this.#start("consumer", name);
    this.#consumers.set(name, consumer);
    return consumer;
  }

  /** A producer and two consumers that get messages. */
  async begin(): Promise<{ readonly producer: Program; readonly first: Program }> {
    const producer = this.produce();
    const first = this.consume("first");
    this.consume("second");
    await this.flow(100, "first");
    await this.flow(100, "second");
    return { producer, first };
  }

  taken(): Taken[] {
    return [...this.#consumers].flatMap(([name, one]) => takenIn(name, one.output()));
  }

  /** Waits until so many more messages than now are consumed, by this one or by all. */
  async flow(count: number, consumer?: string): Promise<void> {
    const had = () =>
      this.taken().filter((one) => consumer === undefined || one.consumer === consumer).length;
    const before = had();
    await until(
      LIMIT_MS,
      () => had() >= before + count || undefined,
      () => `${consumer ?? "all"}: ${had() - before} of ${count} messages flow`,
    );
  }

  /** Ends the producer; everything came, in order. */
  async expect(producer: Program): Promise<void> {
    producer.signal("SIGTERM");
    await within(LIMIT_MS, producer.ended, () => `the producer does not end: ${producer.output()}`);
    const sent = sentIn(producer.output());
    holds(sent.size > 0, `the producer failed: ${producer.output()}`);
    await until(
      LIMIT_MS,
      () => lackingOf(sent, this.taken()) === 0 || undefined,
      () => `${lackingOf(sent, this.taken())} messages did not come`,
    );
    same("what is against the order", [], disorderIn(this.taken()).slice(0, 5));
  }

  end(): void {
    for (const one of this.#consumers.values()) one.signal("SIGKILL");
  }
}

/** A consumer dies with its locks; they end by time, and the others go on in order. */
async function consumerCrash(world: World, version: ClientVersion): Promise<void> {
  const name = `ordered-crash-${version}`;
  // Long enough that the lock of one who lives is never over, and shorter than a minute.
  const target = await startTried(world, { name, settings: { lockMaxLiveTime: "30000" } });
  const { nameServerPort } = target;
  const cast = new Cast(world, name, { version, form: "JSON", nameServerPort, queues: 4 });
  try {
    const { producer, first } = await cast.begin();
    first.signal("SIGKILL");
    await pause(2000);
    await cast.expect(producer);
  } finally {
    cast.end();
    await target.kill();
  }
}

/** Two consumers keep to their queues through the lives of a broker. */
class OrderedLoad implements Load {
  readonly violations: string[] = [];
  #cast: Cast | undefined;
  #producer: Program | undefined;

  constructor(readonly world: World, readonly version: ClientVersion) {}

  get acknowledged(): number {
    return this.#cast?.taken().length ?? 0;
  }

  work(_wires: readonly Wire[], { nameServerPort }: Target) {
    if (this.#cast !== undefined) return [];
    const run = { version: this.version, form: "ROCKETMQ", nameServerPort, queues: 4 } as const;
    this.#cast = new Cast(this.world, `ordered-kill-${this.version}`, run);
    this.#producer = this.#cast.produce();
    for (const consumer of ["first", "second"]) this.#cast.consume(consumer);
    return [];
  }

  async judge(): Promise<void> {
    if (this.#producer !== undefined) await this.#cast?.expect(this.#producer);
  }

  end(): void {
    this.#cast?.end();
  }
}

/** Three brokers; one dies and comes back, a consumer leaves and another comes. */
async function threeBrokers(world: World, version: ClientVersion): Promise<void> {
  const name = `ordered-three-${version}`;
  const cluster = await startCluster(world, name);
  const { brokers, server: { nameServerPort } } = cluster;
  const cast = new Cast(world, name, { version, form: "JSON", nameServerPort, queues: 12 });
  try {
    const { producer, first } = await cast.begin();
    if (world.tried === "pocketmq") {
      const { brokerPort, directory } = brokers[1];
      await brokers[1].kill();
      await pause(1000);
      brokers[1] = await startPocketmq({
        ...{ name: `${name}-again`, role: "broker", nameServerPort, brokerPort, directory },
        settings: { brokerName: BROKERS[1] },
      });
    }
    cast.consume("third");
    first.signal("SIGTERM");
    await cast.flow(100, "third");
    await cast.expect(producer);
    const seen = new Set(cast.taken().map(({ queue }) => queue));
    same("queues that were consumed", 12, seen.size);
  } finally {
    cast.end();
    await killCluster(cluster);
  }
}

/** Kills amid orderly consumers, of Java's client in this version. */
export function ordered(world: World, version: ClientVersion): Kind {
  return {
    name: `ordered-${version}`,
    settings: {},
    wires: 0,
    each: 100,
    mostMs: 500,
    deadMs: 2000,
    load: () => new OrderedLoad(world, version),
  };
}

/** Ordered consumption while processes die; each scenario with each Java client. */
export function orderedGroup(world: World): Group {
  const all = new Map<string, Play>();
  for (const version of CLIENTS) {
    all.set(`consumer-crash-${version}`, () => consumerCrash(world, version));
    all.set(`broker-kill-${version}`, killPlay(world, ordered(world, version)));
  }
  all.set("three-brokers-4.9.8", () => threeBrokers(world, "4.9.8"));
  all.set("three-brokers-5.5.0", () => threeBrokers(world, "5.5.0"));
  return plays("ordered", all);
}
