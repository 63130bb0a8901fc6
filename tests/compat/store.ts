import { readFileSync } from "node:fs";
import { startApache } from "./apache.ts";
import { mustSuite } from "./java.ts";
import { until } from "./pause.ts";
import { startPocketmq } from "./pocketmq.ts";
import { endsOf } from "./reader.ts";
import { commit, createGroup, send } from "./requests.ts";
import { type Group, holds, type Play, plays } from "./scenario.ts";
import { mustHold, sizeOf, type Snapshot, snapshotOf } from "./snapshot.ts";
import type { Target } from "./target.ts";
import { Wire } from "./wire.ts";
import type { World } from "./world.ts";

type Kind = Target["kind"];

/** Apache's settings under which it believes no record without a sound checksum. */
const STRICT = { enabledAppendPropCRC: "true", forceVerifyPropCRC: "true" };

/** One data directory that goes from broker to broker. */
class Store {
  readonly #world: World;
  readonly #name: string;
  #target: Target | undefined;
  #before: Snapshot | undefined;
  #wasKilled = false;
  #steps = 0;
  #isBroken = false;

  constructor(world: World, name: string) {
    this.#world = world;
    this.#name = name;
  }

  /** Opens it: everything must be as it was when it was left; then clients work on it. */
  async open(kind: Kind, settings: Record<string, string> = {}): Promise<void> {
    if (this.#isBroken) throw new Error("an earlier step with this directory failed");
    this.#isBroken = true;
    await this.#open(kind, settings);
    this.#isBroken = false;
  }

  async #open(kind: Kind, settings: Record<string, string>): Promise<void> {
    const name = `${this.#name}-${++this.#steps}`;
    const directory = this.#target?.directory;
    const options = { name, settings, directory, classPath: this.#world.installed.apache };
    this.#target = kind === "apache" ? await startApache(options) : await startPocketmq(options);
    const before = this.#before;
    if (before !== undefined) {
      mustHold(before, await snapshotOf(this.#target), { wasKilled: this.#wasKilled });
    }
    await this.#write(name);
    const { nameServerPort } = this.#target;
    const wanted = this.#steps === 1
      ? ["quickstart", "batch", "round-trip", "restart"]
      : ["restart"];
    const run = { version: "4.9.8", form: "JSON", kind, nameServerPort, wanted } as const;
    if (this.#wasKilled) await this.#catchUp();
    await mustSuite(this.#world, { ...run, name });
    this.#before = await snapshotOf(this.#target);
    holds(sizeOf(this.#before) > sizeOf(before ?? this.#before) - 1, "it shrank");
  }

  async leave(how: "stop" | "kill"): Promise<void> {
    if (this.#isBroken) return;
    if (how === "kill") await this.#exported();
    await this.#target?.[how]();
    this.#wasKilled = how === "kill";
  }

  /** After a kill a group may get messages again: here it goes to the end, to begin anew. */
  async #catchUp(): Promise<void> {
    const wire = await Wire.connect(this.#target?.brokerPort ?? 0);
    for (let queueId = 0; queueId < 4; queueId++) {
      const queue = { topic: "topic_restart", queueId };
      const commitOffset = (await endsOf(wire, queue)).max;
      await commit(wire, "group_restart", { ...queue, commitOffset });
    }
    wire.close();
  }

  /** What Apache's broker reads of topics and groups is written a moment late, and less often. */
  async #exported(): Promise<void> {
    const config = `${this.#target?.directory}/config`;
    const topics = [...this.#before?.topics.keys() ?? []];
    const groups = [...this.#before?.progress.keys() ?? []].map((key) => key.split("@")[0]);
    const isThere = (file: string, names: readonly string[]) => {
      const text = readFileSync(`${config}/${file}`, "utf8");
      return names.every((name) => text.includes(`"${name}"`));
    };
    await until(
      20_000,
      () =>
        isThere("topics.json", topics) && isThere("subscriptionGroup.json", groups) || undefined,
      () => `${config} does not name all topics and groups`,
    );
  }

  /** Messages of many forms, and progress of a group of its own. */
  async #write(name: string): Promise<void> {
    const wire = await Wire.connect(this.#target?.brokerPort ?? 0);
    for (let i = 0; i < 60; i++) {
      const topic = i % 2 === 0 ? "StoreEven" : "StoreOdd";
      const properties = {
        ...{ UNIQ_KEY: `${name}-${i}`, KEYS: `key-${i} shared`, TAGS: `Tag${i % 3}` },
        ...i % 5 === 0 && { colour: "größer 世界" },
      };
      const body = `${name} ${i} ${"x".repeat(i * i * 10)}`;
      const { code, remark } = await send(wire, { topic, queueId: (i >> 1) % 4, body, properties });
      holds(code === 0, `a send was answered ${code}: ${remark}`);
    }
    if (this.#steps === 1) await createGroup(wire, "store_group");
    for (let queueId = 0; queueId < 4; queueId++) {
      const commitOffset = 3 * this.#steps + queueId;
      await commit(wire, "store_group", { topic: "StoreEven", queueId, commitOffset });
    }
    wire.close();
  }
}

/** Steps that follow each other: who plays a later one alone plays those before it first. */
function following(steps: ReadonlyMap<string, Play>): Map<string, Play> {
  const left = [...steps];
  const play = async (name: string) => {
    const before = left.splice(0, left.findIndex(([one]) => one === name) + 1);
    for (const [, step] of before) await step();
  };
  return new Map([...steps.keys()].map((name) => [name, () => play(name)]));
}

/** A store goes from Apache's broker to ours and back, each time ended in one way or the other. */
export function storeGroup(world: World): Group {
  const mixed = new Store(world, "store");
  const strict = new Store(world, "store-crc");
  const killed = new Store(world, "store-killed");
  const moves = new Map<string, Play>([
    ["apache-writes-ours-opens", async () => {
      await mixed.open("apache");
      await mixed.leave("stop");
      await mixed.open("pocketmq");
    }],
    ["back-to-apache", async () => {
      await mixed.leave("stop");
      await mixed.open("apache");
    }],
    ["from-killed-apache", async () => {
      await mixed.leave("kill");
      await mixed.open("pocketmq");
    }],
    ["back-after-kill", async () => {
      await mixed.leave("kill");
      await mixed.open("apache");
      await mixed.leave("stop");
      await mixed.open("pocketmq");
      await mixed.leave("stop");
    }],
  ]);
  const all = new Map<string, Play>([
    ...following(moves),
    ["ours-opens-with-checksums-forced", async () => {
      await strict.open("pocketmq");
      await strict.leave("stop");
      await strict.open("apache", STRICT);
      await strict.leave("stop");
      await strict.open("pocketmq");
      await strict.leave("stop");
    }],
    ["killed-opens-with-checksums-forced", async () => {
      await killed.open("pocketmq");
      await killed.leave("kill");
      await killed.open("apache", STRICT);
      await killed.leave("kill");
      await killed.open("pocketmq");
      await killed.leave("stop");
    }],
  ]);
  return plays("store", all);
}
