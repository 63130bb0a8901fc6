import type { Chance } from "./chance.ts";
import type { Kind, Load } from "./lives.ts";
import { type BlockName, OrderLedger } from "./order_ledger.ts";
import { pause, until } from "./pause.ts";
import { ACK, CHANGE, heldIn, POP, type PoppedMessage } from "./popped.ts";
import { ANSWER, sendWell } from "./requests.ts";
import type { Answer, Wire } from "./wire.ts";

const TOPIC = "PoppedInOrder";
const GROUP = "orderly_poppers";
const QUEUES = 6;
/** Times for which blocks are invisible, ms. */
const LEAST_MS = 500;
const MOST_MS = 2500;
const MOST_MESSAGES = 8;
const DRAIN_LIMIT_MS = 60_000;

/** What a pop asks for. */
interface Asked extends BlockName {
  readonly invisibleTime: number;
  readonly maxMsgNums: number;
}

/** Orderly pops: most are acknowledged, some in part; some are kept longer, some asked for anew. */
class OrderlyPopLoad implements Load {
  readonly #chance: Chance;
  readonly #ledger = new OrderLedger(QUEUES);
  /** By popper: a pop that a kill left unanswered is asked again as the same attempt. */
  readonly #attempts = new Map<number, Asked>();
  #sent = 0;
  #count = 0;

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  get acknowledged(): number {
    return this.#sent;
  }

  get violations(): readonly string[] {
    return this.#ledger.violations;
  }

  get told(): string {
    const { blocks, again, repeated } = this.#ledger;
    return `${blocks} blocks popped, ${again} again, ${repeated} by the same attempt`;
  }

  work([sender, ...poppers]: readonly Wire[]) {
    return [this.#send(sender), ...poppers.map((wire, at) => this.#pop(wire, at, 12))];
  }

  /** In the end all is consumed. */
  async judge(wire: Wire): Promise<void> {
    Promise.allSettled([0, 1, 2, 3].map((popper) => this.#pop(wire, popper, 2)));
    const isDone = () => this.#ledger.left() === 0 || undefined;
    const lost = () => `lost: ${this.#ledger.left()} are not consumed: ${this.#ledger.fronts()}`;
    await until(DRAIN_LIMIT_MS, isDone, lost)
      .catch((fault) => this.#ledger.violations.push(String(fault)));
  }

  async #send(wire: Wire): Promise<void> {
    while (true) {
      const body = `m${++this.#count}`;
      const { queueId, offset } = await sendWell(wire, {
        ...{ topic: TOPIC, queueId: this.#chance.below(QUEUES), body },
      });
      this.#ledger.sent(queueId, offset, body);
      this.#sent++;
      await pause(10);
    }
  }

  /** Does with a block one of so many things; most of them, and the first two, consume it. */
  async #pop(wire: Wire, popper: number, of: number): Promise<void> {
    while (true) {
      const asked = this.#attempts.get(popper) ?? {
        ...{ queueId: this.#chance.below(QUEUES), attemptId: `a${++this.#count}` },
        ...{ invisibleTime: this.#time(), maxMsgNums: 1 + this.#chance.below(MOST_MESSAGES) },
      };
      this.#attempts.set(popper, asked);
      const answer = await wire.call({
        code: POP,
        fields: {
          ...{ consumerGroup: GROUP, topic: TOPIC, initMode: 0, order: true, pollTime: 100 },
          ...{ exp: "*", expType: "TAG", bornTime: Date.now(), ...asked },
        },
      });
      this.#attempts.delete(popper);
      const held = this.#take(answer, asked);
      if (answer.code === ANSWER.topicUnknown) await pause(50);
      if (held.length === 0) continue;
      const does = this.#chance.below(of);
      if (does === 2) await this.#acknowledge(wire, held.slice(0, held.length >> 1), asked);
      else if (does === 3) await this.#acknowledge(wire, held.slice(1), asked);
      else if (does === 4) await this.#change(wire, held[0], asked);
      // Whoever asks again as the same attempt: as where an answer was lost on its way.
      else if (does === 5) this.#attempts.set(popper, asked);
      else await this.#acknowledge(wire, does === 0 ? held.toReversed() : held, asked);
    }
  }

  /** Tells the ledger what a pop gave. */
  #take(answer: Answer, { queueId, attemptId, invisibleTime }: Asked) {
    const held = answer.code === ANSWER.ok ? heldIn(answer, TOPIC, GROUP) : [];
    if (held.length === 0) this.#ledger.nothing(queueId, attemptId);
    else {
      this.#ledger.popped(queueId, {
        ...{ attempt: attemptId, popMs: Number(answer.fields.popTime), invisibleMs: invisibleTime },
        messages: held.map(({ body, ack }) => ({ body, offset: Number(ack.offset) })),
      });
    }
    return held;
  }

  async #acknowledge(wire: Wire, held: readonly PoppedMessage[], asked: Asked): Promise<void> {
    for (const { ack } of held) {
      const answered = this.#ledger.acknowledging(asked, Number(ack.offset));
      const { code, remark } = await wire.call({ code: ACK, fields: ack });
      if (code === ANSWER.ok) answered();
      else this.#ledger.violations.push(`not acknowledged: ${code} ${remark}`);
    }
  }

  async #change(wire: Wire, { ack }: PoppedMessage, asked: Asked): Promise<void> {
    const answered = this.#ledger.changing(asked, Number(ack.offset));
    const { code, fields, remark } = await wire.call({
      code: CHANGE,
      fields: { ...ack, invisibleTime: this.#time() },
    });
    if (code === ANSWER.ok) answered(Number(fields.popTime) + Number(fields.invisibleTime));
    else this.#ledger.violations.push(`not changed: ${code} ${remark}`);
  }

  #time(): number {
    return LEAST_MS + this.#chance.below(MOST_MS - LEAST_MS);
  }
}

/** Kills amid orderly pops: nothing overtakes, nothing is lost, a block blocks its queue. */
export const ORDERLY_POPS: Kind = {
  name: "pop-orderly",
  settings: { flushDiskType: "SYNC_FLUSH" },
  wires: 6,
  each: 100,
  mostMs: 2500,
  load: (chance) => new OrderlyPopLoad(chance),
};
