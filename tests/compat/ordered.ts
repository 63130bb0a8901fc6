import { Chance } from "./chance.ts";
import { BROKERS, killCluster, startCluster } from "./cluster.ts";
import { CLIENTS, type ClientVersion, install } from "./installed.ts";
import { java } from "./jvm.ts";
import { pause, until, within } from "./pause.ts";
import { work } from "./places.ts";
import { startPocketmq } from "./pocketmq.ts";
import { type Program, start } from "./programs.ts";
import { type Group, holds, type Play, plays, same, Skipped } from "./scenario.ts";
import { disorderIn, lackingOf, sentIn, type Taken, takenIn } from "./sequences.ts";
import { address } from "./target.ts";
import { startTried, type World } from "./world.ts";

const LIMIT_MS = 120_000;
/** How often the broker is killed in a scenario. */
const CYCLES = 5;

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

/** How a broker is killed again and again. */
interface Kills {
  readonly version: ClientVersion;
  readonly cycles: number;
  /** A number in [0, 1). */
  readonly chance: () => number;
  readonly say: (line: string) => void;
}

/** The broker dies and comes back, several times; two consumers keep to their queues. */
async function brokerKill(world: World, kills: Kills): Promise<void> {
  if (world.tried !== "pocketmq") throw new Skipped("Apache's broker forgets its locks");
  const { version, cycles, chance, say } = kills;
  const name = `ordered-kill-${version}`;
  let target = await startPocketmq({ name });
  const { nameServerPort, brokerPort, directory } = target;
  const cast = new Cast(world, name, { version, form: "ROCKETMQ", nameServerPort, queues: 4 });
  try {
    const producer = cast.produce();
    for (const consumer of ["first", "second"]) cast.consume(consumer);
    await cast.flow(100, "first");
    await cast.flow(100, "second");
    for (let cycle = 0; cycle < cycles; cycle++) {
      await pause(chance() * 500);
      await target.kill();
      await pause(chance() * 2000);
      target = await startPocketmq({
        ...{ name, directory, brokerPort },
        ownNameServerPort: nameServerPort,
      });
      await cast.flow(100);
      say(`cycle ${cycle + 1}: ${cast.taken().length} messages`);
    }
    await cast.expect(producer);
  } finally {
    cast.end();
    await target.kill();
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

/** Orderly consumers of 5.5.0 while the broker is killed so many times. @throws what went wrong. */
export async function killOrdered(kills: {
  readonly cycles: number;
  readonly seed: number;
  readonly say: (line: string) => void;
}): Promise<void> {
  const world: World = { installed: await install(), tried: "pocketmq", isRecording: false };
  const chance = new Chance(kills.seed);
  await brokerKill(world, { ...kills, version: "5.5.0", chance: () => chance.next() });
}

/** Ordered consumption while processes die; each scenario with each Java client. */
export function orderedGroup(world: World): Group {
  const all = new Map<string, Play>();
  for (const version of CLIENTS) {
    all.set(`consumer-crash-${version}`, () => consumerCrash(world, version));
    all.set(`broker-kill-${version}`, () => {
      const seed = Date.now() % 1_000_000;
      const chance = new Chance(seed);
      const say = (line: string) => console.log(`     seed ${seed}, ${line}`);
      return brokerKill(world, { version, cycles: CYCLES, chance: () => chance.next(), say });
    });
  }
  all.set("three-brokers-4.9.8", () => threeBrokers(world, "4.9.8"));
  all.set("three-brokers-5.5.0", () => threeBrokers(world, "5.5.0"));
  return plays("ordered", all);
}
