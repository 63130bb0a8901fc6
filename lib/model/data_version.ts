/** How new a table is: equal only if all three are (`DataVersion`). */
export interface DataVersion {
  readonly stateVersion: number;
  /** ms since 1970. */
  readonly timestamp: number;
  readonly counter: number;
}

/** The version after a change at `nowMs`. */
export function nextVersion(version: DataVersion, nowMs: number): DataVersion {
  return { stateVersion: version.stateVersion, timestamp: nowMs, counter: version.counter + 1 };
}

export function sameVersion(one: DataVersion, other: DataVersion): boolean {
  return compareVersions(one, other) === 0;
}

/** Order by state version, then counter, then timestamp. */
export function compareVersions(one: DataVersion, other: DataVersion): -1 | 0 | 1 {
  return compare(one.stateVersion, other.stateVersion) || compare(one.counter, other.counter) ||
    compare(one.timestamp, other.timestamp);
}

function compare(one: number, other: number): -1 | 0 | 1 {
  return one < other ? -1 : one > other ? 1 : 0;
}
