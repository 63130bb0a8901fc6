import { killPlay, type Kind, type Load } from "./lives.ts";
import { pause, until } from "./pause.ts";
import { readFrom } from "./reader.ts";
import type { StoredRecord } from "./record.ts";
import { sendWell } from "./requests.ts";
import { type Group, plays } from "./scenario.ts";
import { Cut, type Wire } from "./wire.ts";
import type { World } from "./world.ts";

const TOPIC = "Retried";
const GROUP = "retrying";
const AGAIN = { topic: `%RETRY%${GROUP}`, queueId: 0 };
const DEAD = { topic: `%DLQ%${GROUP}`, queueId: 0 };
const TRIES_MAX = 3;
/** New messages of a sender in a life of the broker. */
const SENDS_EACH = 40;
const JUDGE_LIMIT_MS = 60_000;
/** Longer than the delay of a retry. */
const QUIET_MS = 1500;

/** How often a step was asked for, and how often it was answered. */
interface Step {
  asked: number;
  answered: number;
}

/** Consumers that fail at everything, by the protocol alone, and what they were promised. */
class RetryLoad implements Load {
  readonly violations: string[] = [];
  /** By the message and how often it has failed. */
  readonly #steps = new Map<string, Step>();
  /** Positions of records in the retry topic whose failure was answered. */
  readonly #done = new Set<number>();
  #promised = 0;
  #twice = 0;
  #dead = 0;
  #sent = 0;
  #next = 0;

  get acknowledged(): number {
    return this.#promised;
  }

  get told(): string {
    return `${this.#dead} dead, ${this.#twice} twice`;
  }

  join([wire]: readonly Wire[]): Promise<unknown> {
    const consumer = {
      ...{ groupName: GROUP, consumeType: "CONSUME_PASSIVELY", messageModel: "CLUSTERING" },
      ...{ consumeFromWhere: "CONSUME_FROM_FIRST_OFFSET", subscriptionDataSet: [] },
    };
    const beat = { clientID: "c", producerDataSet: [], consumerDataSet: [consumer] };
    return wire.call({ code: 34, body: new TextEncoder().encode(JSON.stringify(beat)) });
  }

  work([reader, ...senders]: readonly Wire[]) {
    return [this.#failAgain(reader), ...senders.map((wire) => this.#fail(wire))];
  }

  /**
   * In the end all that failed is dead, once, and so is each failure before: there are as many
   * copies as were asked for, at least those that were answered. A kill may leave a failure
   * unanswered that counts, and its consumer asks again; nothing else makes a second copy.
   */
  async judge(wire: Wire): Promise<void> {
    this.#failAgain(wire).catch((fault) => {
      if (!(fault instanceof Cut)) this.#note(fault);
    });
    const wanted = new Set([...this.#steps.keys()].map((step) => step.split(" ")[0]));
    let dead: StoredRecord[] = [];
    await until(JUDGE_LIMIT_MS, async () => {
      dead = await readFrom(wire, DEAD, 0).catch(() => []);
      const there = new Set(dead.map(({ body }) => body));
      await pause(200);
      return [...wanted].every((body) => there.has(body)) || undefined;
    }, () => `${dead.length} are dead of ${wanted.size} that failed`).catch(this.#note);
    await pause(QUIET_MS);
    dead = await readFrom(wire, DEAD, 0);
    this.#dead = dead.length;
    this.#count([...await readFrom(wire, AGAIN, 0), ...dead]);
  }

  readonly #note = (fault: unknown) => {
    this.violations.push(String(fault));
  };

  #count(records: readonly StoredRecord[]): void {
    const copies = new Map<string, number>();
    for (const record of records) {
      const times = timesOf(record);
      const key = step(record.body, times);
      copies.set(key, (copies.get(key) ?? 0) + 1);
      if (record.topic === (times > TRIES_MAX ? DEAD : AGAIN).topic) continue;
      this.violations.push(`${key} lies in ${record.topic}`);
    }
    for (const key of new Set([...copies.keys(), ...this.#steps.keys()])) {
      const found = copies.get(key) ?? 0;
      const { asked = 0, answered = 0 } = this.#steps.get(key) ?? {};
      if (found > 1) this.#twice++;
      if (found >= answered && found <= asked) continue;
      this.violations.push(`${key} is there ${found} times: asked ${asked}, answered ${answered}`);
    }
  }

  /** New messages, each of which fails at once. */
  async #fail(wire: Wire): Promise<void> {
    for (let count = 0; count < SENDS_EACH; count++) {
      await pause(10);
      const body = `m${this.#sent++}`;
      const { id } = await sendWell(wire, { topic: TOPIC, queueId: 0, body });
      await this.#back(wire, { body, times: 1, position: parseInt(id.slice(16), 16) });
    }
  }

  /** Those that came again fail again; one whose failure is answered does so once. */
  async #failAgain(wire: Wire): Promise<void> {
    while (true) {
      const records = await readFrom(wire, AGAIN, this.#next);
      const open = records.filter(({ position }) => !this.#done.has(position));
      await Promise.all(open.map(async (record) => {
        const { body, position } = record;
        await this.#back(wire, { body, times: timesOf(record) + 1, position });
        this.#done.add(position);
      }));
      this.#next += records.length;
      await pause(20);
    }
  }

  async #back(
    wire: Wire,
    one: { readonly body: string; readonly times: number; readonly position: number },
  ): Promise<void> {
    const key = step(one.body, one.times);
    const counts = this.#steps.get(key) ?? { asked: 0, answered: 0 };
    this.#steps.set(key, counts);
    counts.asked++;
    const place = { offset: one.position, group: GROUP, originTopic: TOPIC };
    const fields = { ...place, delayLevel: 0, unitMode: false, maxReconsumeTimes: TRIES_MAX };
    const { code, remark } = await wire.call({ code: 36, fields });
    if (code !== 0) throw new Error(`${key} was not taken back: ${code} ${remark}`);
    counts.answered++;
    this.#promised++;
  }
}

/** A message after so many failures: one that the broker must have, once it said so. */
function step(id: string, times: number): string {
  return `${id} after ${times}`;
}

function timesOf({ bytes }: StoredRecord): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getInt32(RECONSUME_TIMES_AT);
}

/** Where a record of IPv4 hosts says how often it failed. */
const RECONSUME_TIMES_AT = 72;

/** Kills amid consumers that fail, with a second from one try to the next. */
export const RETRIES: Kind = {
  name: "retries",
  settings: {
    flushDiskType: "SYNC_FLUSH",
    messageDelayLevel: Array<string>(18).fill("1s").join(" "),
  },
  wires: 9,
  each: 200,
  mostMs: 2300,
  load: () => new RetryLoad(),
};

/** Retries through kills of the broker. */
export function retryLivesGroup(world: World): Group {
  return plays("retry-lives", new Map([["kill-nine", killPlay(world, RETRIES)]]));
}
