import type { Chance } from "./chance.ts";
import { killPlay, type Kind, type Load } from "./lives.ts";
import { pause } from "./pause.ts";
import { ProgressLedger } from "./progress_ledger.ts";
import { recordsIn } from "./record.ts";
import { ANSWER, CODE, sendWell } from "./requests.ts";
import { type Group, plays } from "./scenario.ts";
import type { Wire } from "./wire.ts";
import type { World } from "./world.ts";

const TOPIC = "Filtered";
const QUEUES = 4;
/** So many pulls commit with themselves, then one request does nothing else, and waits. */
const PULLS_A_COMMIT = 8;
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
class FilterLoad implements Load {
  readonly #acknowledged = new Set<string>();
  readonly #wrong: string[] = [];
  readonly #progress = new ProgressLedger();
  /** By group: what came. */
  readonly #came = new Map<string, Set<string>>(ASKING.map(({ group }) => [group, new Set()]));
  /** By group: where it goes on in each queue. */
  readonly #next = new Map<string, number[]>(
    ASKING.map(({ group }) => [group, Array<number>(QUEUES).fill(0)]),
  );
  readonly #chance: Chance;
  #count = 0;
  #pulls = 0;

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  get acknowledged(): number {
    return this.#acknowledged.size;
  }

  get violations(): string[] {
    return [...this.#wrong, ...this.#progress.violations];
  }

  get told(): string {
    return `${[...this.#came.values()].reduce((sum, { size }) => sum + size, 0)} came`;
  }

  work([red, blue, ...senders]: readonly Wire[]) {
    const readers = [this.#follow(red, ASKING[0]), this.#follow(blue, ASKING[1])];
    return [...readers, ...senders.map((wire) => this.#send(wire))];
  }

  /** Each group goes on from its progress. */
  async look(wire: Wire): Promise<void> {
    for (const one of ASKING) {
      const next = this.#next.get(one.group) ?? [];
      for (let queueId = 0; queueId < QUEUES; queueId++) {
        next[queueId] = await this.#progress.judge(wire, placeOf(one, queueId));
      }
    }
  }

  /** In the end to the end, and then all has come. */
  async judge(wire: Wire): Promise<void> {
    await this.look(wire);
    for (const one of ASKING) {
      while (await this.#read(wire, one)) continue;
      const came = this.#came.get(one.group);
      const lost = [...this.#acknowledged].filter((body) => {
        return one.wants(...parts(body)) && !came?.has(body);
      });
      if (lost.length > 0) {
        this.#wrong.push(`${one.group} never saw ${lost.slice(0, 9).join(", ")}`);
      }
    }
  }

  async #send(wire: Wire): Promise<void> {
    while (true) {
      const tag = TAGS[this.#chance.below(TAGS.length)];
      const n = this.#chance.below(NUMBERS);
      const body = `m${this.#count++} ${tag} ${n}`;
      const properties = { TAGS: tag, n: String(n) };
      await sendWell(wire, { topic: TOPIC, queueId: this.#chance.below(QUEUES), body, properties });
      this.#acknowledged.add(body);
    }
  }

  async #follow(wire: Wire, one: Asking): Promise<void> {
    while (true) if (!await this.#read(wire, one)) await pause(5);
  }

  /** Pulls once from each queue; was anything there? */
  async #read(wire: Wire, one: Asking): Promise<boolean> {
    const next = this.#next.get(one.group) ?? [];
    const before = [...next];
    for (let queueId = 0; queueId < QUEUES; queueId++) {
      next[queueId] = await this.#pull(wire, one, { queueId, offset: next[queueId] });
      if (++this.#pulls % PULLS_A_COMMIT === 0 && next[queueId] > before[queueId]) {
        await this.#progress.commit(wire, placeOf(one, queueId), next[queueId]);
      }
    }
    return next.some((offset, queueId) => offset > before[queueId]);
  }

  /** Pulls once, committing what was seen before; returns where to go on. */
  async #pull(
    wire: Wire,
    one: Asking,
    { queueId, offset }: { readonly queueId: number; readonly offset: number },
  ): Promise<number> {
    const { group, type, expression, wants } = one;
    this.#progress.attempt(placeOf(one, queueId), offset);
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
      this.#wrong.push(`a pull of ${group} was answered ${code}: ${remark}`);
      return offset;
    }
    for (const record of recordsIn(body)) {
      if (!wants(...parts(record.body))) this.#wrong.push(`${group} got ${record.body}`);
      this.#came.get(group)?.add(record.body);
    }
    return Number(fields.nextBeginOffset);
  }
}

function placeOf({ group }: Asking, queueId: number) {
  return { group, topic: TOPIC, queueId };
}

/** Kills amid consumers that filter. */
export const FILTERS: Kind = {
  name: "filters",
  settings: { flushDiskType: "SYNC_FLUSH" },
  wires: 6,
  each: 300,
  mostMs: 1200,
  load: (chance) => new FilterLoad(chance),
};

/** Filters through kills of the broker. */
export function filterLivesGroup(world: World): Group {
  return plays("filter-lives", new Map([["kill-nine", killPlay(world, FILTERS)]]));
}
