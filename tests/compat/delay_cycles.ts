import { Chance } from "./chance.ts";
import { pause, until } from "./pause.ts";
import { readTopic } from "./reader.ts";
import type { StoredRecord } from "./record.ts";
import { ANSWER, send } from "./requests.ts";
import type { Target } from "./target.ts";
import { Wire } from "./wire.ts";

const TOPIC = "Later";
const QUEUES = 4;
const CONNECTIONS = 4;
const OPEN_EACH = 4;
/** The longest delay, ms. */
const MOST_MS = 5000;

/** What a run of kills amid delayed messages is asked to do. */
export interface DelayCyclesAsk {
  readonly cycles: number;
  readonly seed: number;
  /** Acknowledged sends of each cycle. */
  readonly sendsEach: number;
  /** Starts on the directory of the one before, under the same port. */
  readonly start: (earlier: Target | undefined) => Promise<Target>;
  readonly say: (line: string) => void;
}

/** Delayed messages, kills at random moments, and a ledger of what must come, and when. */
export class DelayCycles {
  readonly #ask: DelayCyclesAsk;
  readonly #chance: Chance;
  /** When each message is due at the earliest, by its text; acknowledged ones. */
  readonly #due = new Map<string, number>();
  /** Sent, but not acknowledged. */
  readonly #open = new Set<string>();
  #count = 0;

  constructor(ask: DelayCyclesAsk) {
    this.#ask = ask;
    this.#chance = new Chance(ask.seed);
  }

  /** Throws with what is lost, early, twice or of nobody. */
  async run(): Promise<void> {
    const { cycles, seed, say, start } = this.#ask;
    let target: Target | undefined;
    for (let cycle = 1; cycle <= cycles; cycle++) {
      target = await start(target);
      await this.#sendAndKill(target, cycle);
      say(`cycle ${cycle}: ${this.#due.size} acknowledged`);
      // Some of what is due meanwhile comes at the start.
      await pause(this.#chance.below(1500));
    }
    target = await start(target);
    await pause(MOST_MS + 500);
    const violations = this.#judge(await readTopic(target.brokerPort, TOPIC, QUEUES));
    await target.stop();
    say(`${this.#due.size} acknowledged, ${violations.length} violations`);
    if (violations.length > 0) {
      throw new Error(`seed ${seed}:\n${violations.slice(0, 40).join("\n")}`);
    }
  }

  async #sendAndKill(target: Target, cycle: number): Promise<void> {
    const wires = await Promise.all(
      Array.from({ length: CONNECTIONS }, () => Wire.connect(target.brokerPort)),
    );
    let isOver = false;
    const senders = wires.flatMap((wire) =>
      Array.from({ length: OPEN_EACH }, () => this.#sender(wire, () => isOver))
    );
    const failure = Promise.all(senders);
    const wanted = cycle * this.#ask.sendsEach;
    const enough = () => this.#due.size >= wanted ? true : undefined;
    await Promise.race([failure, until(60_000, enough, () => `only ${this.#due.size} sends`)]);
    await pause(this.#chance.below(2500));
    await target.kill();
    isOver = true;
    await failure;
    for (const wire of wires) wire.close();
  }

  async #sender(wire: Wire, isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      const body = `m${++this.#count}`;
      const now = Date.now();
      const [ms, wish] = this.#wish(now);
      const due = now + ms;
      this.#open.add(body);
      const queueId = this.#chance.below(QUEUES);
      const properties = { UNIQ_KEY: body, ...wish };
      const answer = await send(wire, { topic: TOPIC, queueId, body, properties })
        .catch(() => undefined);
      if (answer === undefined) return;
      if (answer.code !== ANSWER.ok) throw new Error(`refused: ${answer.code} ${answer.remark}`);
      this.#open.delete(body);
      this.#due.set(body, due);
      await pause(5);
    }
  }

  /** A delay in ms, and the properties that ask for it. */
  #wish(now: number): [number, Record<string, string>] {
    const level = 1 + this.#chance.below(2);
    const ms = 1 + this.#chance.below(MOST_MS);
    const kinds: [number, Record<string, string>][] = [
      [[1000, 5000][level - 1], { DELAY: String(level) }],
      [ms, { TIMER_DELAY_MS: String(ms) }],
      [ms, { TIMER_DELIVER_MS: String(now + ms) }],
    ];
    return kinds[this.#chance.below(kinds.length)];
  }

  #judge(records: readonly StoredRecord[]): string[] {
    const violations: string[] = [];
    const seen = new Set<string>();
    for (const { body, bytes } of records) {
      const due = this.#due.get(body);
      const early = (due ?? 0) - storeTimeOf(bytes);
      if (seen.has(body)) violations.push(`twice: ${body}`);
      if (due === undefined && !this.#open.has(body)) violations.push(`phantom: ${body}`);
      if (early > 0) violations.push(`early: ${body} by ${early} ms`);
      seen.add(body);
    }
    for (const body of this.#due.keys()) if (!seen.has(body)) violations.push(`lost: ${body}`);
    return violations;
  }
}

/** Of a record whose sender has an address of version 4. */
function storeTimeOf(bytes: Uint8Array): number {
  return Number(new DataView(bytes.buffer, bytes.byteOffset).getBigInt64(56));
}
