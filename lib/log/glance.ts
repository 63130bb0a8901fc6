import { tagsCode } from "../model/filter.ts";
import { SysFlag } from "../model/message.ts";
import { getLastProperty, getProperty, Property } from "../model/properties.ts";
import { NamedRanges } from "./named_ranges.ts";
import { UNIT_OFFSETS_MAX } from "./unit.ts";
import { getLong, layoutOf, type RecordTarget } from "../model/record.ts";

const text = new TextDecoder();
/** RocketMQ's topic for delayed messages: its queue entries carry the time of delivery. */
const delayTopic = "SCHEDULE_TOPIC_XXXX";

/** Does a record with this system flag stand in a queue? Halves and rollbacks do not. */
export function isQueued(sysFlag: number): boolean {
  const transaction = sysFlag & SysFlag.transactionMask;
  return transaction === 0 || transaction === SysFlag.commit;
}

/**
 * What the views need to know of a record. One object is filled anew for each, from the stored
 * bytes and from nothing else, so that a view built while running and one built at recovery are
 * the same.
 */
export class Glance {
  topic = "";
  queueId = 0;
  offset = 0;
  position = 0;
  size = 0;
  sysFlag = 0;
  tagsCode = 0;
  storeTimestamp = 0;
  /** The values that the views look for, where they lie. */
  readonly ranges = new NamedRanges();
  readonly #delayLevelsMs: readonly number[];
  #topicBytes = new Uint8Array(0);
  #bytes: Uint8Array = this.#topicBytes;
  #propertiesFrom = 0;
  #propertiesTo = 0;

  /** `delayLevelsMs`: the delays of the levels 1, 2, … */
  constructor(delayLevelsMs: readonly number[]) {
    this.#delayLevelsMs = delayLevelsMs;
  }

  /** Looks at a sound record. */
  look(source: RecordTarget, position: number, size: number): void {
    const { bytes, view, at } = source;
    const layout = layoutOf(view, at);
    this.position = position;
    this.size = size;
    this.queueId = view.getInt32(at + 12);
    this.offset = getLong(view, at + 20);
    this.sysFlag = view.getInt32(at + 36);
    this.storeTimestamp = getLong(view, layout.storeTimestamp);
    if (!this.#isTopicAt(bytes, layout.topic, layout.topicLength)) {
      this.#topicBytes = bytes.slice(layout.topic, layout.topic + layout.topicLength);
      this.topic = text.decode(this.#topicBytes);
    }
    this.#bytes = bytes;
    this.#propertiesFrom = layout.properties;
    this.#propertiesTo = at + size;
    this.ranges.look(bytes, layout.properties, at + size);
    this.tagsCode = this.topic === delayTopic ? this.#dueMs() : this.#tags();
  }

  /** The record's properties; made anew each time. */
  get properties(): string {
    return text.decode(this.#bytes.subarray(this.#propertiesFrom, this.#propertiesTo));
  }

  /** Looks at a damaged record of this size; false where it does not even claim to be here. */
  tryLook(source: RecordTarget, position: number, size: number): boolean {
    const { view, at } = source;
    const layout = layoutOf(view, at);
    if (layout.properties > at + size || getLong(view, at + 28) !== position) return false;
    this.look(source, position, size);
    return true;
  }

  /** Does it stand in a queue? Halves and rollbacks do not. */
  get isQueued(): boolean {
    return isQueued(this.sysFlag);
  }

  /** How many offsets it takes in a topic of batches: as many as there are messages in it. */
  get count(): number {
    if ((this.sysFlag & SysFlag.innerBatch) === 0) return 1;
    const count = Number(getProperty(this.properties, Property.innerCount));
    return count >= 1 && count <= UNIT_OFFSETS_MAX ? Math.floor(count) : 1;
  }

  /** Is it found by its keys? */
  get isKeyed(): boolean {
    return (this.sysFlag & SysFlag.transactionMask) !== SysFlag.rollback;
  }

  /** Records of one topic often follow each other: its name is decoded once. */
  #isTopicAt(bytes: Uint8Array, at: number, length: number): boolean {
    const known = this.#topicBytes;
    if (known.length !== length) return false;
    for (let index = 0; index < length; index++) {
      if (known[index] !== bytes[at + index]) return false;
    }
    return true;
  }

  #tags(): number {
    const { ranges } = this;
    const { from, to } = ranges.tags;
    if (from < 0) return 0;
    if (ranges.isAscii) return ranges.hash(0, from, to);
    return tagsCode(getLastProperty(this.properties, Property.tags));
  }

  #dueMs(): number {
    const level = Number(getProperty(this.properties, Property.delayLevel) ?? 0);
    const levels = this.#delayLevelsMs;
    if (!Number.isInteger(level) || level <= 0 || levels.length === 0) return this.#tags();
    return this.storeTimestamp + levels[Math.min(level, levels.length) - 1];
  }
}
