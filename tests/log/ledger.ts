import type { Log } from "../../lib/log/log.ts";
import type { Stored } from "../../lib/model/message.ts";
import { decodeRecord } from "../../lib/model/record.ts";

/** What a test knows of a message that it appended. */
export interface Sent {
  readonly topic: string;
  readonly queueId: number;
  readonly offset: number;
  readonly position: number;
  readonly end: number;
  readonly body: string;
}

/** Keeps outside of the log what was appended and what was acknowledged, and judges a log by it. */
export class Ledger {
  readonly #sent = new Map<string, Sent>();
  readonly #acked = new Set<string>();

  noteSent(topic: string, queueId: number, entry: { stored: Stored; body: string }): string {
    const { offset, position, size } = entry.stored;
    const id = `${topic} ${queueId} ${offset}`;
    const sent = { topic, queueId, offset, position, end: position + size, body: entry.body };
    this.#sent.set(id, sent);
    return id;
  }

  noteAcked(id: string): void {
    this.#acked.add(id);
  }

  get acked(): number {
    return this.#acked.size;
  }

  /** Those acknowledged now. */
  ackedIds(): ReadonlySet<string> {
    return new Set(this.#acked);
  }

  /** A copy, as things are now. */
  copy(): Ledger {
    const copy = new Ledger();
    for (const [id, sent] of this.#sent) copy.#sent.set(id, sent);
    for (const id of this.#acked) copy.#acked.add(id);
    return copy;
  }

  /**
   * What is wrong with this log: acknowledged messages lost, messages that nobody sent, entries
   * that lead nowhere, and, where `postfix` says so, losses that are not all at the end.
   */
  faults(log: Log, postfix = false): string[] {
    const found = new Set<string>();
    const faults: string[] = [];
    for (const { topic, queueId } of this.#queues()) {
      faults.push(...this.#queueFaults(log, { topic, queueId }, found));
    }
    for (const id of this.#acked) {
      if (!found.has(id)) faults.push(`lost: ${id} (${JSON.stringify(this.#sent.get(id))})`);
    }
    if (postfix) faults.push(...this.#holes(found));
    return faults;
  }

  #queueFaults(
    log: Log,
    name: { topic: string; queueId: number },
    found: Set<string>,
  ): string[] {
    const faults: string[] = [];
    const queue = log.queue(name.topic, name.queueId);
    let expected = queue.offsetMin;
    queue.scan(queue.offsetMin, 1e6, (offset, position, size) => {
      const id = `${name.topic} ${name.queueId} ${offset}`;
      const sent = this.#sent.get(id);
      const record = log.read(position, size);
      if (offset !== expected++) faults.push(`offset ${offset} out of order in ${id}`);
      if (record === undefined) faults.push(`unreadable: ${id} at ${position}`);
      else if (sent === undefined) faults.push(`phantom: ${id}`);
      else if (new TextDecoder().decode(decodeRecord(record).body) !== sent.body) {
        faults.push(`changed: ${id}`);
      } else found.add(id);
      return true;
    });
    if (expected !== queue.offsetMax) faults.push(`queue ${name.queueId} ends at ${expected}`);
    return faults;
  }

  #holes(found: ReadonlySet<string>): string[] {
    const inOrder = [...this.#sent].sort(([, a], [, b]) => a.position - b.position);
    const firstLost = inOrder.findIndex(([id]) => !found.has(id));
    if (firstLost < 0) return [];
    return inOrder.slice(firstLost).filter(([id]) => found.has(id))
      .map(([id]) => `${id} is there, but an earlier one is lost`);
  }

  #queues(): { topic: string; queueId: number }[] {
    const names = new Map<string, { topic: string; queueId: number }>();
    for (const { topic, queueId } of this.#sent.values()) {
      names.set(`${topic} ${queueId}`, { topic, queueId });
    }
    return [...names.values()];
  }
}
