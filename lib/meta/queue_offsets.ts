/**
 * Offsets by queue id as one flat list, sorted: `[queueId, offset, queueId, offset, …]`. It takes
 * 16 bytes a queue, whatever the ids; a Map takes several times that.
 */
export type QueueOffsets = number[];

/** The offset of a queue, or undefined. */
export function offsetOf(offsets: QueueOffsets, queueId: number): number | undefined {
  const at = placeOf(offsets, queueId);
  return offsets[at] === queueId ? offsets[at + 1] : undefined;
}

/** Sets a queue's offset; false where it had that one already. */
export function setOffset(offsets: QueueOffsets, queueId: number, offset: number): boolean {
  const at = placeOf(offsets, queueId);
  if (offsets[at] !== queueId) offsets.splice(at, 0, queueId, offset);
  else if (offsets[at + 1] === offset) return false;
  else offsets[at + 1] = offset;
  return true;
}

/** Reads the list from JSON; undefined where it is none. */
export function readOffsets(json: string): QueueOffsets | undefined {
  let list: unknown;
  try {
    list = JSON.parse(json);
  } catch {
    return undefined;
  }
  if (!Array.isArray(list) || list.length % 2 !== 0) return undefined;
  for (let at = 0; at < list.length; at += 2) {
    const isSorted = at === 0 || list[at] > list[at - 2];
    if (!isSorted || !Number.isSafeInteger(list[at]) || !Number.isSafeInteger(list[at + 1])) {
      return undefined;
    }
  }
  return list;
}

/** Writes the list as JSON. */
export function formatOffsets(offsets: QueueOffsets): string {
  return `[${offsets.join(",")}]`;
}

/** Where the queue's pair is or would be. */
function placeOf(offsets: QueueOffsets, queueId: number): number {
  let low = 0;
  let high = offsets.length >>> 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (offsets[2 * middle] < queueId) low = middle + 1;
    else high = middle;
  }
  return 2 * low;
}
