import { formatJson, type Json } from "../model/loose_json.ts";

/** JSON, or a function that gives it in pieces, indented for a field of the outermost object. */
export type Field = Json | (() => Iterable<string>);

/**
 * An object in fastjson's pretty form, as it stands in `config/*.json`: a tab a level, no space
 * behind a colon, fields by name, empty ones closed at once. It comes in pieces, so that a large
 * table does not hold up the event loop.
 */
export function* prettyObject(fields: ReadonlyMap<string, Field>): Iterable<string> {
  let before = "{\n\t";
  for (const [name, field] of [...fields].sort(([one], [other]) => one < other ? -1 : 1)) {
    yield `${before}${JSON.stringify(name)}:`;
    if (typeof field === "function") yield* field();
    else yield prettyJson(field, "\t");
    before = ",\n\t";
  }
  yield "\n}";
}

/** The entries of an object that is a field of the outermost one. */
export function* prettyEntries<T>(
  entries: Iterable<T>,
  format: (entry: T) => string,
): Iterable<string> {
  let before = "{\n\t\t";
  for (const entry of entries) {
    yield before + format(entry);
    before = ",\n\t\t";
  }
  yield before.startsWith("{") ? "{}" : "\n\t}";
}

/** JSON whose lines after the first begin with `indent`. */
export function prettyJson(value: Json, indent: string): string {
  const deeper = indent + "\t";
  if (value instanceof Map) {
    const pairs: [string, Json][] = [...value];
    const lines = pairs.map(([key, held]) => `${JSON.stringify(key)}:${prettyJson(held, deeper)}`);
    return prettyLines(lines, "{}", indent);
  }
  if (!Array.isArray(value)) return formatJson(value);
  return prettyLines(value.map((item) => prettyJson(item, deeper)), "[]", indent);
}

/** Lines between two brackets. */
export function prettyLines(lines: readonly string[], brackets: string, indent: string): string {
  if (lines.length === 0) return brackets;
  return `${brackets[0]}\n${indent}\t${lines.join(`,\n${indent}\t`)}\n${indent}${brackets[1]}`;
}
