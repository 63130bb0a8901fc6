import { Chance } from "./chance.ts";
import { Ledger } from "./ledger.ts";
import { pause, until } from "./pause.ts";
import { endsOf, readFrom } from "./reader.ts";
import { ANSWER, CODE, createGroup, progressOf, send } from "./requests.ts";
import type { Target } from "./target.ts";
import { Wire } from "./wire.ts";

const TOPIC = "Ledger";
const QUEUES = 4;
const CONNECTIONS = 8;
const OPEN_EACH = 8;
const GROUP = "ledger_group";
/** How far back an ordinary check reads; the last one reads everything. */
const BACK = 300;

/** What a run of kills is asked to do. */
export interface CyclesAsk {
  readonly cycles: number;
  readonly seed: number;
  /** Acknowledged sends in all. */
  readonly sends: number;
  /** Starts on the directory of the one before, under the same port. */
  readonly start: (earlier: Target | undefined) => Promise<Target>;
  /** Starts in the same way, and kills so many ms later, ready or not. */
  readonly killAtStart: (earlier: Target, ms: number) => Promise<void>;
  /** How long a restart may take until it serves, ms. */
  readonly serveLimitMs: number;
  readonly say: (line: string) => void;
}

/** Sends, kills at random moments, starts again and looks whether all is as it was acknowledged. */
export class Cycles {
  readonly #ask: CyclesAsk;
  readonly #chance: Chance;
  readonly #ledger = new Ledger(QUEUES);
  #target: Target | undefined;
  #count = 0;
  #committed = 0;
  #attempted = 0;
  #slowestMs = 0;

  constructor(ask: CyclesAsk) {
    this.#ask = ask;
    this.#chance = new Chance(ask.seed);
  }

  /** Throws with all violations, where there are any. */
  async run(): Promise<void> {
    const { cycles, sends, say, seed, serveLimitMs } = this.#ask;
    say(`seed ${seed}, ${cycles} cycles, ${sends} acknowledged sends`);
    await this.#serve();
    for (let cycle = 1; cycle <= cycles; cycle++) {
      const wanted = Math.ceil(sends * cycle / cycles);
      await this.#sendAndKill(wanted);
      const servedMs = await this.#serve();
      await this.#check(cycle === cycles || cycle % 10 === 0);
      say(`cycle ${cycle}: ${this.#ledger.acknowledged} acknowledged, served after ${servedMs} ms`);
      if (this.#ledger.violations.length > 0) break;
      if (servedMs > serveLimitMs) {
        this.#ledger.violations.push(`slow: served ${servedMs} ms after the start`);
      }
    }
    await this.#target?.stop();
    const { violations } = this.#ledger;
    say(`slowest start ${this.#slowestMs} ms; ${violations.length} violations`);
    if (violations.length > 0) {
      throw new Error(`seed ${seed}:\n${violations.slice(0, 40).join("\n")}`);
    }
  }

  /** Starts, sometimes after a start that was killed on its way; ms until a pull was answered. */
  async #serve(): Promise<number> {
    const earlier = this.#target;
    if (earlier !== undefined && this.#chance.next() < 0.25) {
      await this.#ask.killAtStart(earlier, this.#chance.below(250));
    }
    const began = performance.now();
    this.#target = await this.#ask.start(earlier);
    const port = this.#target.brokerPort;
    await until(20_000, async () => {
      try {
        const wire = await Wire.connect(port);
        const { code } = await wire.call({
          code: CODE.maxOffset,
          fields: { topic: TOPIC, queueId: 0 },
        });
        wire.close();
        return code === ANSWER.ok || code === ANSWER.topicUnknown ? true : undefined;
      } catch {
        return undefined;
      }
    }, () => "the broker does not serve");
    const ms = Math.round(performance.now() - began);
    this.#slowestMs = Math.max(this.#slowestMs, ms);
    return ms;
  }

  async #sendAndKill(wanted: number): Promise<void> {
    const target = this.#target!;
    const wires = await Promise.all(
      Array.from({ length: CONNECTIONS }, () => Wire.connect(target.brokerPort)),
    );
    let isOver = false;
    const senders = wires.flatMap((wire) =>
      Array.from({ length: OPEN_EACH }, () => this.#sender(wire, () => isOver))
    );
    const committer = this.#committer(wires[0], () => isOver);
    const failure = Promise.all(senders);
    await Promise.race([
      failure,
      until(
        120_000,
        () => this.#ledger.acknowledged >= wanted ? true : undefined,
        () => `only ${this.#ledger.acknowledged} of ${wanted} acknowledged`,
      ),
    ]);
    await pause(this.#chance.below(40));
    await target.kill();
    isOver = true;
    await Promise.all([failure, committer]);
    for (const wire of wires) wire.close();
  }

  /** Sends one by one until the connection breaks; nothing is sent twice. */
  async #sender(wire: Wire, isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      const id = `m${++this.#count}`;
      const queueId = this.#chance.below(QUEUES);
      const body = `${id} ${"x".repeat(this.#chance.below(2000))}`;
      this.#ledger.sent(id);
      const properties = { UNIQ_KEY: id, KEYS: `key-${id}`, TAGS: "TagA" };
      const answer = await send(wire, { topic: TOPIC, queueId, body, properties })
        .catch(() => undefined);
      if (answer === undefined) return;
      if (answer.code === ANSWER.ok) {
        const { queueId, queueOffset } = answer.fields;
        this.#ledger.acknowledge(id, Number(queueId), Number(queueOffset));
      } else {
        this.#ledger.refused(id);
        throw new Error(`a send was refused with ${answer.code}: ${answer.remark}`);
      }
    }
  }

  /** Commits progress, two-way, again and again. */
  async #committer(wire: Wire, isOver: () => boolean): Promise<void> {
    if (this.#committed === 0) await createGroup(wire, GROUP);
    while (!isOver()) {
      await pause(20);
      const offset = this.#ledger.endOf(0);
      this.#attempted = Math.max(this.#attempted, offset);
      const answer = await wire.call({
        code: CODE.commitProgress,
        fields: { consumerGroup: GROUP, topic: TOPIC, queueId: 0, commitOffset: offset },
      }).catch(() => undefined);
      if (answer === undefined) return;
      if (answer.code === ANSWER.ok) this.#committed = offset;
      else this.#ledger.violations.push(`a commit was answered ${answer.code}: ${answer.remark}`);
    }
  }

  async #check(isWhole: boolean): Promise<void> {
    const wire = await Wire.connect(this.#target!.brokerPort);
    const { violations } = this.#ledger;
    for (let queueId = 0; queueId < QUEUES; queueId++) {
      const queue = { topic: TOPIC, queueId };
      const { min, max } = await endsOf(wire, queue);
      if (min !== 0) violations.push(`queue ${queueId} begins at ${min}`);
      const from = isWhole ? 0 : Math.max(0, this.#ledger.endOf(queueId) - BACK);
      const records = max > from ? await readFrom(wire, queue, from) : [];
      this.#ledger.found(queueId, Math.min(from, max), records);
      if (from + records.length !== max && max > from) {
        violations.push(
          `queue ${queueId} says it ends at ${max}, but ${records.length} from ${from}`,
        );
      }
    }
    this.#ledger.settle();
    const progress = await progressOf(wire, GROUP, { topic: TOPIC, queueId: 0 }) ?? 0;
    if (progress < this.#committed || progress > this.#attempted) {
      const range = `${this.#committed}..${this.#attempted}`;
      violations.push(`progress ${progress}, committed and attempted ${range}`);
    }
    await this.#lookUp(wire);
    wire.close();
  }

  /** The index has grown back: messages are found by their keys. */
  async #lookUp(wire: Wire): Promise<void> {
    for (let i = 0; i < 5; i++) {
      const example = this.#ledger.example(this.#chance.below(1_000_000));
      if (example === undefined) return;
      const key = `key-${example.id}`;
      const range = { beginTimestamp: 0, endTimestamp: Date.now() + 60_000 };
      const fields = { topic: TOPIC, key, maxNum: 32, ...range };
      const { code, body } = await wire.call({ code: CODE.queryByKey, fields });
      if (code !== ANSWER.ok || !new TextDecoder().decode(body).includes(`\x01${key}\x02`)) {
        this.#ledger.violations.push(`${key} is not found by its key: code ${code}`);
      }
    }
  }
}
