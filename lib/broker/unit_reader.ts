import type { Log } from "../log/log.ts";
import type { Unit } from "../log/unit.ts";
import { mayWant } from "../model/filter.ts";
import { PropertyView } from "../model/property_view.ts";
import { layoutOf } from "../model/record.ts";
import {
  type Batch,
  type BatchAsk,
  type Note,
  offsetAt,
  queueIdAt,
  type ReadUnits,
} from "./batch.ts";
import type { Memory } from "./memory.ts";
import { PullLimits } from "./pull_limits.ts";
import type { BrokerSettings } from "./settings.ts";

/** Bytes of a unit, in which the scan limit counts. */
const UNIT_BYTES = 46;

/** What one pull has chosen so far. */
interface Chosen {
  readonly ask: BatchAsk;
  readonly records: Uint8Array[];
  /** Messages in them. */
  count: number;
  bytes: number;
}

/**
 * Gathers the records of one pull from a queue whose records may hold several messages. A record
 * is given as a whole, also to who asks for a message in its middle: clients unwrap it and pass
 * over what they have. Limits count messages, but the first record is given whatever is in it.
 * Filters look at the record's own properties, as upstream's: at none of a message within.
 */
export class UnitReader {
  readonly #log: Pick<Log, "read">;
  readonly #limits: PullLimits;
  readonly #settings: BrokerSettings;
  readonly #note: Note;
  readonly #view = new PropertyView();

  constructor(parts: {
    readonly log: Pick<Log, "read">;
    readonly memory: Memory;
    readonly settings: BrokerSettings;
    readonly note: Note;
  }) {
    this.#log = parts.log;
    this.#limits = new PullLimits(parts);
    this.#settings = parts.settings;
    this.#note = parts.note;
  }

  read(queue: ReadUnits, ask: BatchAsk): Batch {
    const chosen: Chosen = { ask, records: [], count: 0, bytes: 0 };
    const scanBytes = Math.max(this.#settings.pullScanBytesMax, ask.maxMessages * UNIT_BYTES);
    let nextOffset = ask.offset;
    let lost = 0;
    queue.units(ask.offset, (unit) => {
      if ((unit.offset - ask.offset) * UNIT_BYTES >= scanBytes) return false;
      if (this.#isFull(unit, chosen)) return false;
      nextOffset = unit.offset + unit.count;
      if (!mayWant(ask.filter, unit.tagsCode)) return true;
      const record = this.#recordOf(queue, unit);
      if (record === undefined) lost++;
      else if (this.#matches(record, ask)) take(unit, record, chosen);
      return true;
    });
    const { records, count } = chosen;
    return { records, count, nextOffset, lost };
  }

  #recordOf(queue: ReadUnits, unit: Unit): Uint8Array | undefined {
    const record = this.#log.read(unit.position, unit.size);
    if (record === undefined) return undefined;
    const isTheirs = queueIdAt(record, 0) === queue.queueId && offsetAt(record, 0) === unit.offset;
    if (isTheirs) return record;
    this.#note(queue, unit.offset, record);
    return undefined;
  }

  #matches(record: Uint8Array, { sql }: BatchAsk): boolean {
    if (sql === undefined) return true;
    const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
    return sql.matches(this.#view.over(record, layoutOf(view, 0).properties, record.length));
  }

  #isFull(unit: Unit, { ask, count, bytes }: Chosen): boolean {
    if (count === 0) return false;
    const sum = bytes + unit.size;
    return count + unit.count > ask.maxMessages || sum > ask.maxBytes ||
      this.#limits.isOver(unit.position, count, sum);
  }
}

function take(unit: Unit, record: Uint8Array, chosen: Chosen): void {
  chosen.records.push(record);
  chosen.count += unit.count;
  chosen.bytes += unit.size;
}
