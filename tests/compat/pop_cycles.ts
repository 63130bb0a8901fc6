import { Chance } from "./chance.ts";
import { pause, until } from "./pause.ts";
import { ACK, CHANGE, type Fields, heldIn, POP } from "./popped.ts";
import { ANSWER, send } from "./requests.ts";
import type { Target } from "./target.ts";
import { Wire } from "./wire.ts";

const TOPIC = "Popped";
const GROUP = "poppers";
const QUEUES = 4;
const POPPERS = 6;
/** Times for which messages are invisible, ms. */
const LEAST_MS = 800;
const MOST_MS = 3000;

/** What a run of kills amid pops is asked to do. */
export interface PopCyclesAsk {
  readonly cycles: number;
  readonly seed: number;
  /** Acknowledged sends of each cycle. */
  readonly sendsEach: number;
  /** Starts on the directory of the one before, under the same port. */
  readonly start: (earlier: Target | undefined) => Promise<Target>;
  readonly say: (line: string) => void;
}

/** Pops, kills at random moments, and a ledger of who may have which message when. */
export class PopCycles {
  readonly #ask: PopCyclesAsk;
  readonly #chance: Chance;
  readonly #sent = new Set<string>();
  /** Acknowledged as consumed, and those of which no answer came. */
  readonly #consumed = new Set<string>();
  readonly #perhaps = new Set<string>();
  /** Not to be seen again before, ms since 1970, by its text. */
  readonly #hiddenUntil = new Map<string, number>();
  readonly #violations: string[] = [];
  #count = 0;
  #pops = 0;

  constructor(ask: PopCyclesAsk) {
    this.#ask = ask;
    this.#chance = new Chance(ask.seed);
  }

  /** Throws with what is lost, came early, or came though it was consumed. */
  async run(): Promise<void> {
    const { cycles, seed, say, start } = this.#ask;
    let target: Target | undefined;
    for (let cycle = 1; cycle <= cycles; cycle++) {
      target = await start(target);
      await this.#work(target, cycle * this.#ask.sendsEach);
      say(`cycle ${cycle}: ${this.#sent.size} sent, ${this.#consumed.size} consumed`);
    }
    target = await start(target);
    await this.#drain(target);
    await target.stop();
    say(`${this.#sent.size} sent, ${this.#pops} popped, ${this.#violations.length} violations`);
    if (this.#violations.length > 0) {
      throw new Error(`seed ${seed}:\n${this.#violations.slice(0, 40).join("\n")}`);
    }
  }

  async #work(target: Target, wanted: number): Promise<void> {
    const wires = await Promise.all(
      Array.from({ length: POPPERS + 1 }, () => Wire.connect(target.brokerPort)),
    );
    let isOver = false;
    const [sender, ...poppers] = wires;
    const all = Promise.all([
      this.#send(sender, () => isOver),
      ...poppers.map((wire) => this.#pop(wire, () => isOver, 3)),
    ]);
    const enough = () => this.#sent.size >= wanted ? true : undefined;
    await Promise.race([all, until(60_000, enough, () => `only ${this.#sent.size} sends`)]);
    await pause(this.#chance.below(2000));
    await target.kill();
    isOver = true;
    await all;
    for (const wire of wires) wire.close();
  }

  /** Consumes all that is left. */
  async #drain(target: Target): Promise<void> {
    const wire = await Wire.connect(target.brokerPort);
    let isOver = false;
    const popper = this.#pop(wire, () => isOver, 1);
    const left = () =>
      [...this.#sent].filter((body) => !this.#consumed.has(body) && !this.#perhaps.has(body));
    await until(20_000, () => left().length === 0 ? true : undefined, () => "").catch(() => {});
    await pause(MOST_MS);
    isOver = true;
    await popper;
    for (const body of left()) this.#violations.push(`lost: ${body}`);
    wire.close();
  }

  async #send(wire: Wire, isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      const body = `m${++this.#count}`;
      const queueId = this.#chance.below(QUEUES);
      const answer = await send(wire, { topic: TOPIC, queueId, body }).catch(() => undefined);
      if (answer === undefined) return;
      if (answer.code !== ANSWER.ok) throw new Error(`refused: ${answer.code} ${answer.remark}`);
      this.#sent.add(body);
      await pause(3);
    }
  }

  /** Acknowledges one of `of` messages, changes the time of some, forgets the others. */
  async #pop(wire: Wire, isOver: () => boolean, of: number): Promise<void> {
    while (!isOver()) {
      const invisibleMs = LEAST_MS + this.#chance.below(MOST_MS - LEAST_MS);
      const fields = {
        ...{ consumerGroup: GROUP, topic: TOPIC, queueId: -1, initMode: 0, order: false },
        ...{ maxMsgNums: 1 + this.#chance.below(8), invisibleTime: invisibleMs, exp: "*" },
        ...{ pollTime: 300, bornTime: Date.now(), expType: "TAG" },
      };
      const answer = await wire.call({ code: POP, fields }).catch(() => undefined);
      if (answer === undefined) return;
      if (answer.code === 17) await pause(50);
      if (answer.code !== ANSWER.ok) continue;
      for (const { body, ack } of heldIn(answer, TOPIC, GROUP)) {
        this.#note(body, Number(answer.fields.popTime), invisibleMs);
        const does = this.#chance.below(of);
        if (does === 0) await this.#acknowledge(wire, body, ack);
        else if (does === 1) await this.#change(wire, body, ack);
      }
    }
  }

  #note(body: string, popMs: number, invisibleMs: number): void {
    this.#pops++;
    const earlyMs = (this.#hiddenUntil.get(body) ?? 0) - popMs;
    if (earlyMs > 0) this.#violations.push(`early: ${body} by ${earlyMs} ms`);
    if (this.#consumed.has(body)) this.#violations.push(`consumed, and there again: ${body}`);
    this.#hiddenUntil.set(body, popMs + invisibleMs);
  }

  async #acknowledge(wire: Wire, body: string, fields: Fields): Promise<void> {
    this.#perhaps.add(body);
    const answer = await wire.call({ code: ACK, fields }).catch(() => undefined);
    if (answer === undefined) return;
    this.#perhaps.delete(body);
    if (answer.code === ANSWER.ok) this.#acknowledged(body);
    else this.#violations.push(`not acknowledged: ${body}, ${answer.code} ${answer.remark}`);
  }

  /** One whose time was over when the acknowledgement came may come again. */
  #acknowledged(body: string): void {
    if (Date.now() < (this.#hiddenUntil.get(body) ?? 0)) this.#consumed.add(body);
  }

  async #change(wire: Wire, body: string, ack: Fields): Promise<void> {
    const invisibleTime = LEAST_MS + this.#chance.below(MOST_MS - LEAST_MS);
    this.#hiddenUntil.delete(body);
    const fields = { ...ack, invisibleTime };
    const answer = await wire.call({ code: CHANGE, fields }).catch(() => undefined);
    if (answer === undefined) return;
    const until = Number(answer.fields.popTime) + invisibleTime;
    if (answer.code === ANSWER.ok) this.#hiddenUntil.set(body, until);
  }
}
