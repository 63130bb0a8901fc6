/**
 * Names of key index files: `yyyyMMddHHmmssSSS`, in UTC. Only their order matters. They come from
 * the store time of the first record, so that an index that grows back has the same name.
 */
const dayMs = 86_400_000;

/** The name for a time, ms since 1970. */
export function indexNameOf(ms: number): string {
  const { year, month, day } = civil(Math.floor(ms / dayMs));
  const inDay = ((ms % dayMs) + dayMs) % dayMs;
  const parts = [
    [year, 4],
    [month, 2],
    [day, 2],
    [Math.floor(inDay / 3_600_000), 2],
    [Math.floor(inDay / 60_000) % 60, 2],
    [Math.floor(inDay / 1000) % 60, 2],
    [inDay % 1000, 3],
  ];
  return parts.map(([value, width]) => String(value).padStart(width, "0")).join("");
}

/** The first name from `ms` on that sorts behind `after`. */
export function indexNameAfter(ms: number, after: string | undefined): string {
  const name = indexNameOf(ms);
  if (after === undefined || name > after) return name;
  const head = Number(after.slice(0, 9));
  const tail = Number(after.slice(9)) + 1;
  const carry = tail > 99_999_999 ? 1 : 0;
  return String(head + carry).padStart(9, "0") + String(tail % 100_000_000).padStart(8, "0");
}

/** Is it such a name? */
export function isIndexName(name: string): boolean {
  return /^\d{17}$/.test(name);
}

/** Year, month and day of a day counted from 1970-01-01, by the Gregorian calendar. */
function civil(dayOfEpoch: number): { year: number; month: number; day: number } {
  const shifted = dayOfEpoch + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - 365 * yearOfEra - Math.floor(yearOfEra / 4) +
    Math.floor(yearOfEra / 100);
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return { year, month, day };
}
