const KIB = 1024;
const UNITS = "KMGTPE";

/** A double as Java prints it: always with a point. */
export function doubleText(value: number): string {
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

/** Bytes for people, as `MixAll.humanReadableByteCount`: `12 B`, `3.5 KiB`. */
export function bytesText(bytes: number): string {
  if (bytes < KIB) return `${bytes} B`;
  const step = Math.min(Math.floor(Math.log(bytes) / Math.log(KIB)), UNITS.length);
  return `${(bytes / KIB ** step).toFixed(1)} ${UNITS[step - 1]}iB`;
}

/** A length of time, as `StoreStatsService` prints it. */
export function runtimeText(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const days = Math.floor(seconds / 86_400);
  const hours = Math.floor(seconds / 3600) % 24;
  const minutes = Math.floor(seconds / 60) % 60;
  return `[ ${days} days, ${hours} hours, ${minutes} minutes, ${seconds % 60} seconds ]`;
}
