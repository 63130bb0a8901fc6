import type { Histogram } from "../../model/histogram.ts";
import { type Findings, NO_FINDINGS } from "./checker.ts";
import type { BenchPlan } from "./flags.ts";
import type { ErrorCount, Tally } from "./tally.ts";

/** What came out of a bench. */
export interface Outcome {
  readonly plan: BenchPlan;
  readonly queues: number;
  readonly brokers: number;
  readonly sent?: Tally;
  readonly received?: Tally;
  /** Popped messages. */
  readonly acked?: Tally;
  readonly findings?: Findings;
  /** Messages that nobody answered for. */
  readonly inDoubt: number;
  /** Messages that were planned and did not go out in time. */
  readonly owed: number;
  /** Messages that should have come and did not. */
  readonly missing: number;
}

/** Percentiles that are told. */
const PERCENTS = [50, 75, 90, 99, 99.9, 99.99] as const;

/** Is anything wrong? What the server could not keep up with is slow, not wrong. */
export function isFlawed(outcome: Outcome): boolean {
  const { foreign: _, ...flaws } = outcome.findings ?? NO_FINDINGS;
  const errors = talliesOf(outcome).map(([, { errorCount }]) => errorCount);
  const all = [outcome.missing, ...errors, ...Object.values(flaws)];
  return all.some((count) => count > 0);
}

/** For people. */
export function reportText(outcome: Outcome): string {
  const { findings, inDoubt, owed, missing } = outcome;
  const lines = [headline(outcome)];
  for (const [what, tally] of talliesOf(outcome)) lines.push(...part(what, tally));
  if (findings !== undefined) lines.push(`  checked     ${checked(findings, missing)}`);
  if (inDoubt > 0) lines.push(`  in doubt    ${whole(inDoubt)}: no answer, so stored or not`);
  if (owed > 0) {
    lines.push(`  behind      ${whole(owed)} messages of the rate did not go out in time`);
  }
  const errors = errorsOf(outcome);
  for (const { code, count, first } of errors) {
    lines.push(`  error       ${count} × ${code}: ${first}`);
  }
  if (errors.length === 0) lines.push("  errors      none");
  return lines.join("\n");
}

/** For programs: one object. Latencies are µs. */
export function reportJson(outcome: Outcome): string {
  const { plan, findings, inDoubt, owed, missing } = outcome;
  const tallies = talliesOf(outcome).map(([what, tally]) => [what, figures(tally)]);
  return JSON.stringify({
    bench: plan.kind,
    topic: plan.topic,
    queues: outcome.queues,
    brokers: outcome.brokers,
    open: plan.open,
    connections: plan.connections,
    size: plan.size,
    batch: plan.batch,
    rate: plan.rate ?? null,
    header: plan.header,
    ...Object.fromEntries(tallies),
    findings: findings && { ...findings, missing },
    inDoubt,
    owed,
    errors: errorsOf(outcome),
    ok: !isFlawed(outcome),
  });
}

/** The line that is shown while it runs: what was done in the last second. */
export function progressText(
  seconds: number,
  tallies: readonly (readonly [string, number, Tally])[],
): string {
  const parts = tallies.map(([what, messages, { recent, errorCount }]) => {
    const latency = recent.count === 0
      ? ""
      : `, p50 ${time(recent.percentile(50))} p99 ${time(recent.percentile(99))} ms`;
    const errors = errorCount === 0 ? "" : `, ${errorCount} errors`;
    return `${what} ${whole(messages)} msg/s${latency}${errors}`;
  });
  return `${whole(seconds).padStart(4)} s  ${parts.join("; ")}`;
}

function headline({ plan, queues, brokers }: Outcome): string {
  const where = `${plan.kind} ${plan.topic}: ${count(queues, "queue")} of ${
    count(brokers, "broker")
  }`;
  const connections = `${count(plan.connections, "connection")} to each`;
  if (plan.kind === "receive") return `${where}, ${connections}, ${plan.header} header`;
  if (plan.kind === "pop") return `${where}, ${plan.open} open pops, ${connections}`;
  const batch = plan.batch === 1 ? "" : `${plan.batch} × `;
  const rate = plan.rate === undefined ? "" : `, ${whole(plan.rate)} msg/s planned`;
  return `${where}, ${plan.open} open requests, ${connections}, ${batch}${plan.size} bytes, ` +
    `${plan.header} header${rate}`;
}

function part(what: string, tally: Tally): string[] {
  const { messages, bytes, seconds, latency } = tally;
  const perSecond = seconds === 0 ? 0 : messages / seconds;
  const megabytes = seconds === 0 ? 0 : bytes / seconds / 1e6;
  const line = `  ${what.padEnd(11)} ${whole(messages)} messages in ${seconds.toFixed(2)} s: ` +
    `${whole(perSecond)} msg/s, ${megabytes.toFixed(1)} MB/s`;
  if (latency.count === 0) return [line];
  const { head, values } = columns(latency);
  return [line, `  latency, ms ${head}`, `              ${values}`];
}

function columns(latency: Histogram): { head: string; values: string } {
  const cells: [string, number][] = [
    ["min", latency.min],
    ...PERCENTS.map((percent): [string, number] => [`p${percent}`, latency.percentile(percent)]),
    ["max", latency.max],
    ["mean", latency.mean],
  ];
  return {
    head: cells.map(([name]) => name.padStart(8)).join(" "),
    values: cells.map(([, value]) => time(value).padStart(8)).join(" "),
  };
}

function checked(findings: Findings, missing: number): string {
  const { lost, duplicated, outOfOrder, corrupt, early, foreign } = findings;
  const said = [
    `${whole(lost + missing)} lost`,
    `${whole(duplicated)} duplicated`,
    `${whole(outOfOrder)} out of order`,
    `${whole(corrupt)} corrupt`,
  ];
  if (early > 0) said.push(`${whole(early)} early`);
  if (foreign > 0) said.push(`${whole(foreign)} not of this tool, so not judged`);
  return said.join(", ");
}

function errorsOf(outcome: Outcome): ErrorCount[] {
  return talliesOf(outcome).flatMap(([, { errors }]) => errors);
}

/** Those that there are, by name. */
function talliesOf({ sent, received, acked }: Outcome): [string, Tally][] {
  const all = { sent, received, acked };
  return Object.entries(all).flatMap(([what, tally]) => tally === undefined ? [] : [[what, tally]]);
}

function figures({ messages, bytes, seconds, latency }: Tally) {
  const percentiles = PERCENTS.map((percent) => [`p${percent}`, latency.percentile(percent)]);
  const { min, max, mean } = latency;
  return {
    messages,
    bytes,
    seconds,
    perSecond: seconds === 0 ? 0 : Math.round(messages / seconds),
    latencyUs: latency.count === 0
      ? undefined
      : { min, mean, max, ...Object.fromEntries(percentiles), count: latency.count },
  };
}

function whole(value: number): string {
  return Math.round(value).toLocaleString("en");
}

function count(value: number, noun: string): string {
  return `${value} ${noun}${value === 1 ? "" : "s"}`;
}

/** µs as ms. */
function time(value: number): string {
  return (value / 1000).toFixed(value < 100_000 ? 2 : 0);
}
