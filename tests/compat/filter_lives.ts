import { Chance } from "./chance.ts";
import { killPlay, type KillsAsk, lives } from "./lives.ts";
import { pause } from "./pause.ts";
import { recordsIn } from "./record.ts";
import { ANSWER, CODE, progressOf, send } from "./requests.ts";
import { type Group, holds, plays } from "./scenario.ts";
import type { Target } from "./target.ts";
import { Wire } from "./wire.ts";
import type { World } from "./world.ts";

const TOPIC = "Filtered";
const QUEUES = 4;
const SENDERS = 4;
const TAGS = ["red", "green", "blue", "grey"];
const NUMBERS = 100;
/** The answer to a pull of which nothing matched in what was looked at. */
const LOOK_ON = 20;
const PULL_FLAGS = { commit: 1, subscription: 4 };

/** A group that asks for a part of the messages. */
interface Asking {
  readonly group: string;
  readonly type: "TAG" | "SQL92";
  readonly expression: string;
  readonly wants: (tag: string, number: number) => boolean;
}

const ASKING: readonly Asking[] = [
  {
    group: "by_tags",
    type: "TAG",
    expression: "red || blue",
    wants: (tag) => tag === "red" || tag === "blue",
  },
  {
    group: "by_sql",
    type: "SQL92",
    expression: "n BETWEEN 10 AND 40 AND TAGS <> 'grey'",
    wants: (tag, number) => number >= 10 && number <= 40 && tag !== "grey",
  },
];

/** A message says in its body what it is. */
function parts(body: string): [tag: string, number: number] {
  const [, tag, number] = body.split(" ");
  return [tag, Number(number)];
}

/** Senders, and consumers that filter, by the protocol alone, and what they were promised. */
class FilterLoad {
  readonly acknowledged = new Set<string>();
  readonly violations: string[] = [];
  /** By group: what came. */
  readonly #came = new Map<string, Set<string>>(ASKING.map(({ group }) => [group, new Set()]));
  readonly #chance: Chance;
  #count = 0;

  constructor(seed: number) {
    this.#chance = new Chance(seed);
  }

  /** How many came, to all groups. */
  get came(): number {
    return [...this.#came.values()].reduce((sum, { size }) => sum + size, 0);
  }

  /** Sends and pulls until the connection breaks. */
  async run(port: number): Promise<void> {
    const wires: Wire[] = [];
    const wire = async () => {
      wires.push(await Wire.connect(port));
      return wires[wires.length - 1];
    };
    const senders = Array.from({ length: SENDERS }, async () => this.#send(await wire()));
    const readers = ASKING.map(async (one) => this.#read(await wire(), one, false));
    await Promise.allSettled([...senders, ...readers]);
    for (const one of wires) one.close();
  }

  /** Reads on to the ends from where each group's progress stands, and judges. */
  async verdict(port: number): Promise<string[]> {
    const wire = await Wire.connect(port);
    for (const one of ASKING) await this.#read(wire, one, true);
    wire.close();
    for (const { group, wants } of ASKING) {
      const came = this.#came.get(group);
      const lost = [...this.acknowledged].filter((body) => {
        return wants(...parts(body)) && !came?.has(body);
      });
      if (lost.length > 0) {
        this.violations.push(`${group} never saw ${lost.slice(0, 9).join(", ")}`);
      }
    }
    return this.violations;
  }

  async #send(wire: Wire): Promise<void> {
    while (!wire.isClosed) {
      const tag = TAGS[this.#chance.below(TAGS.length)];
      const n = this.#chance.below(NUMBERS);
      const body = `m${this.#count++} ${tag} ${n}`;
      const properties = { TAGS: tag, n: String(n) };
      const queueId = this.#chance.below(QUEUES);
      const { code } = await send(wire, { topic: TOPIC, queueId, body, properties });
      if (code === ANSWER.ok) this.acknowledged.add(body);
    }
  }

  async #read(wire: Wire, one: Asking, toTheEnd: boolean): Promise<void> {
    const next: number[] = [];
    for (let queueId = 0; queueId < QUEUES; queueId++) {
      next.push(await progressOf(wire, one.group, { topic: TOPIC, queueId }) ?? 0);
    }
    for (let found = true; toTheEnd ? found : !wire.isClosed;) {
      found = false;
      for (let queueId = 0; queueId < QUEUES; queueId++) {
        const after = await this.#pull(wire, one, { queueId, offset: next[queueId] });
        found ||= after > next[queueId];
        next[queueId] = after;
      }
      if (!found && !toTheEnd) await pause(5);
    }
  }

  /** Pulls once, committing what was seen before; returns where to go on. */
  async #pull(
    wire: Wire,
    { group, type, expression, wants }: Asking,
    { queueId, offset }: { readonly queueId: number; readonly offset: number },
  ): Promise<number> {
    const { code, fields, body, remark } = await wire.call({
      code: CODE.pull,
      fields: {
        ...{ consumerGroup: group, topic: TOPIC, queueId, queueOffset: offset, maxMsgNums: 32 },
        ...{ sysFlag: PULL_FLAGS.commit | PULL_FLAGS.subscription, commitOffset: offset },
        ...{ suspendTimeoutMillis: 0, subscription: expression, expressionType: type },
        subVersion: 1,
      },
    });
    if (code === ANSWER.nothingNew || code === ANSWER.topicUnknown) return offset;
    if (code === LOOK_ON) return Number(fields.nextBeginOffset);
    if (code !== ANSWER.ok) {
      this.violations.push(`a pull of ${group} was answered ${code}: ${remark}`);
      return offset;
    }
    for (const record of recordsIn(body)) {
      if (!wants(...parts(record.body))) this.violations.push(`${group} got ${record.body}`);
      this.#came.get(group)?.add(record.body);
    }
    return Number(fields.nextBeginOffset);
  }
}

/** Kills our broker amid consumers that filter; throws with what is wrong. */
export async function killFilters({ cycles, seed, say }: KillsAsk): Promise<void> {
  const chance = new Chance(seed);
  const load = new FilterLoad(seed);
  const start = lives("filters-kill", { flushDiskType: "SYNC_FLUSH" });
  let target: Target | undefined;
  let slowestMs = 0;
  for (let cycle = 1; cycle <= cycles; cycle++) {
    target = await start(target);
    slowestMs = Math.max(slowestMs, target.startMs);
    const running = load.run(target.brokerPort);
    await pause(600 + chance.below(900));
    await target.kill();
    await running;
    say(`cycle ${cycle}: ${load.acknowledged.size} acknowledged, ${load.came} came`);
  }
  target = await start(target);
  const violations = await load.verdict(target.brokerPort);
  await target.kill();
  say(
    `seed ${seed}: ${load.acknowledged.size} acknowledged, ${load.came} came, ` +
      `${violations.length} violations, slowest start ${Math.round(slowestMs)} ms`,
  );
  holds(load.came > 0, "nothing came");
  holds(violations.length === 0, `seed ${seed}:\n${violations.slice(0, 20).join("\n")}`);
}

/** Filters through kills of the broker. */
export function filterLivesGroup(world: World): Group {
  return plays("filter-lives", new Map([["kill-nine", killPlay(world, killFilters)]]));
}
