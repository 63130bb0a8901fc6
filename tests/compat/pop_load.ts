import type { Chance } from "./chance.ts";
import type { Kind, Load } from "./lives.ts";
import { pause, until } from "./pause.ts";
import { ACK, CHANGE, type Fields, heldIn, POP } from "./popped.ts";
import { ANSWER, sendWell } from "./requests.ts";
import type { Wire } from "./wire.ts";

const TOPIC = "Popped";
const GROUP = "poppers";
const QUEUES = 4;
const TOPIC_UNKNOWN_MS = 50;
/** Times for which messages are invisible, ms. */
const LEAST_MS = 800;
const MOST_MS = 3000;

/** Pops, and a ledger of who may have which message when. */
class PopLoad implements Load {
  readonly violations: string[] = [];
  readonly #chance: Chance;
  readonly #sent = new Set<string>();
  /** Acknowledged as consumed, and those of which no answer came. */
  readonly #consumed = new Set<string>();
  readonly #perhaps = new Set<string>();
  /** Not to be seen again before, ms since 1970, by its text. */
  readonly #hiddenUntil = new Map<string, number>();
  #count = 0;
  #pops = 0;

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  get acknowledged(): number {
    return this.#sent.size;
  }

  get told(): string {
    return `${this.#pops} popped, ${this.#consumed.size} consumed`;
  }

  work([sender, ...poppers]: readonly Wire[]) {
    return [this.#send(sender), ...poppers.map((wire) => this.#pop(wire, 3))];
  }

  /** In the end consumes all that is left. */
  async judge(wire: Wire): Promise<void> {
    Promise.allSettled([this.#pop(wire, 1)]);
    const left = () =>
      [...this.#sent].filter((body) => !this.#consumed.has(body) && !this.#perhaps.has(body));
    await until(20_000, () => left().length === 0 || undefined, () => "").catch(() => {});
    await pause(MOST_MS);
    for (const body of left()) this.violations.push(`lost: ${body}`);
  }

  async #send(wire: Wire): Promise<void> {
    while (true) {
      const body = `m${++this.#count}`;
      await sendWell(wire, { topic: TOPIC, queueId: this.#chance.below(QUEUES), body });
      this.#sent.add(body);
      await pause(3);
    }
  }

  /** Acknowledges one of `of` messages, changes the time of some, forgets the others. */
  async #pop(wire: Wire, of: number): Promise<void> {
    while (true) {
      const invisibleMs = LEAST_MS + this.#chance.below(MOST_MS - LEAST_MS);
      const fields = {
        ...{ consumerGroup: GROUP, topic: TOPIC, queueId: -1, initMode: 0, order: false },
        ...{ maxMsgNums: 1 + this.#chance.below(8), invisibleTime: invisibleMs, exp: "*" },
        ...{ pollTime: 300, bornTime: Date.now(), expType: "TAG" },
      };
      const answer = await wire.call({ code: POP, fields });
      if (answer.code === ANSWER.topicUnknown) await pause(TOPIC_UNKNOWN_MS);
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
    if (earlyMs > 0) this.violations.push(`early: ${body} by ${earlyMs} ms`);
    if (this.#consumed.has(body)) this.violations.push(`consumed, and there again: ${body}`);
    this.#hiddenUntil.set(body, popMs + invisibleMs);
  }

  /** Of one whose time was over when the answer came nobody knows: it may come again, or not. */
  async #acknowledge(wire: Wire, body: string, fields: Fields): Promise<void> {
    this.#perhaps.add(body);
    const { code, remark } = await wire.call({ code: ACK, fields });
    if (code !== ANSWER.ok) this.violations.push(`not acknowledged: ${body}, ${code} ${remark}`);
    else if (Date.now() < (this.#hiddenUntil.get(body) ?? 0)) this.#consumed.add(body);
  }

  async #change(wire: Wire, body: string, ack: Fields): Promise<void> {
    const invisibleTime = LEAST_MS + this.#chance.below(MOST_MS - LEAST_MS);
    this.#hiddenUntil.delete(body);
    const { code, fields } = await wire.call({ code: CHANGE, fields: { ...ack, invisibleTime } });
    const until = Number(fields.popTime) + invisibleTime;
    if (code === ANSWER.ok) this.#hiddenUntil.set(body, until);
  }
}

/** Kills amid pops: nothing is lost, early, or comes behind its acknowledgement. */
export function pops(flushDiskType: "SYNC_FLUSH" | "ASYNC_FLUSH"): Kind {
  return {
    name: `pop-${flushDiskType}`,
    settings: { flushDiskType },
    wires: 7,
    each: 300,
    mostMs: 2000,
    load: (chance) => new PopLoad(chance),
  };
}
