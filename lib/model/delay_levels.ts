/** RocketMQ's own delay levels, 1 to 18 (`messageDelayLevel`). */
export const DELAY_LEVELS = "1s 5s 10s 30s 1m 2m 3m 4m 5m 6m 7m 8m 9m 10m 20m 30m 1h 2h";

/** What a list of delay levels looks like: times with a unit, one blank between them. */
export const DELAY_LEVELS_PATTERN = /^\d{1,9}[smhd]( \d{1,9}[smhd]){0,254}$/;

const UNIT_MS = new Map([["s", 1000], ["m", 60_000], ["h", 3_600_000], ["d", 86_400_000]]);

/** The delays of the levels 1, 2, … in ms, of a text that the pattern above matches. */
export function delayLevelsMs(text: string): number[] {
  return text.split(" ").map((one) => Number(one.slice(0, -1)) * (UNIT_MS.get(one.slice(-1)) ?? 0));
}
