/** Commands whose numbers differ from run to run. */
const VARYING = new RegExp(
  "^(clusterList|consumerProgress-all|brokerStatus|queryMsg|\\w+Connection|print|consumeM|sendM|" +
    "consumerStatus|producer$|statsAll|queryCq|checkMsg|brokerCons)",
);
/** Commands that print sets, in any order. */
const UNORDERED = /^(topicList|consumerConnection|consumerProgress|producer$|resetOff|skipAcc)/;

const REPLACED: readonly [RegExp, string][] = [
  [/\t?at [\w.$]+\(.*\)\n|\t\.\.\. \d+ more\n/g, ""],
  [/(CODE: \d+) [^]*?(?=\n\S+Exception|$)/g, "$1\n"],
  [/(\d+\.){3}\d+@\d+#\d+/g, "CLIENT"],
  [/(\d+\.){3}\d+:\d+/g, "ADDRESS"],
  [/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(,\d+)?/g, "TIME"],
  [/\b[0-9A-F]{32}\b/g, "ID"],
  [/(commitLogDiskRatio_)\S+:/g, "$1PATH:"],
  [/(, )?__CRC32#=\d{10}/g, ""],
  [/(TPS: ).*/g, "$1N"],
  [/(Tps +: ).*/g, "$1N"],
  [/(putMessageDistributeTime +: ).*/g, "$1N"],
  [/(timestamp\(long\)\[)\d+/g, "$1N"],
  [/\b([KMGT]iB|B)(?=[\n,.])/g, "BYTES"],
  [/[ \t]+/g, " "],
  [/ +$/gm, ""],
  [/-{5,}/g, "-----"],
];

/**
 * What is left of a tool's output when times, addresses and ids are taken out, and numbers where
 * they vary. Of a refusal its code is left: the sentence may be another one.
 */
export function shapeOf(command: string, output: string): string {
  let shape = output;
  for (const [pattern, by] of REPLACED) shape = shape.replace(pattern, by);
  if (VARYING.test(command)) {
    shape = shape.split("\n").map((line) =>
      line.includes("CODE: ") ? line : line.replace(/(?<![\w.])-?\d+(\.\d+)?/g, "N")
    ).join("\n");
  }
  shape = shape.replace(
    /\{(\w+=[^{}]*)\}/g,
    (_, pairs) => `{${pairs.split(", ").toSorted().join(", ")}}`,
  );
  if (UNORDERED.test(command)) shape = shape.split("\n").toSorted().join("\n").trimStart();
  return `${shape.trimEnd()}\n`;
}
