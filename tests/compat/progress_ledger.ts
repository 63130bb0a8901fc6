import { commit, progressOf } from "./requests.ts";
import type { Wire } from "./wire.ts";

/** A group in one queue. */
interface Place {
  readonly group: string;
  readonly topic: string;
  readonly queueId: number;
}

/**
 * Keeps, outside of the broker, what groups have committed, and judges where a kill leaves them:
 * not before what a two-way commit was answered for, since it is on disk then (upstream's broker
 * has it in memory alone, and may fall back by five seconds), and not behind what was asked for.
 */
export class ProgressLedger {
  readonly #known = new Map<string, { committed: number; attempted: number }>();
  readonly violations: string[] = [];

  /** It goes with a pull: on disk a second later. */
  attempt({ group, topic, queueId }: Place, offset: number): void {
    const key = `${group} in ${topic}/${queueId}`;
    const { committed = 0, attempted = 0 } = this.#known.get(key) ?? {};
    this.#known.set(key, { committed, attempted: Math.max(attempted, offset) });
  }

  /** Commits two-way. @throws {Error} with the refusal */
  async commit(wire: Wire, { group, topic, queueId }: Place, offset: number): Promise<void> {
    this.attempt({ group, topic, queueId }, offset);
    await commit(wire, group, { topic, queueId, commitOffset: offset });
    const known = this.#known.get(`${group} in ${topic}/${queueId}`);
    if (known !== undefined) known.committed = Math.max(known.committed, offset);
  }

  /** The group's progress, after a start. */
  async judge(wire: Wire, { group, topic, queueId }: Place): Promise<number> {
    const key = `${group} in ${topic}/${queueId}`;
    const { committed = 0, attempted = 0 } = this.#known.get(key) ?? {};
    const progress = await progressOf(wire, group, { topic, queueId }) ?? 0;
    if (progress < committed || progress > attempted) {
      this.violations.push(`${key} is at ${progress}, and committed ${committed}..${attempted}`);
    }
    return progress;
  }
}
