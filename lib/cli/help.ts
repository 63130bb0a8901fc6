import { SETTINGS, VERSION } from "../config.ts";
import type { Setting } from "../config/kinds.ts";
import { variableOf } from "../config/read.ts";
import { flagLines } from "./bench/flag_table.ts";
import { EXIT_SENTENCES } from "./exit_codes.ts";

const rows: [string, Setting<unknown>][] = Object.entries(SETTINGS);

/** The help about a command or matter; undefined where there is none. */
export function help(about: string): string | undefined {
  return TEXTS.get(about)?.();
}

const TEXTS: ReadonlyMap<string, () => string> = new Map([
  ["", overview],
  ["help", overview],
  ["start", start],
  ["bench", bench],
  ["settings", settings],
  ["exit", exits],
  ["version", () => "pocketmq version\n\nPrints the version and ends."],
]);

function overview(): string {
  return `PocketMQ ${VERSION}: a message broker for RocketMQ's clients.

  pocketmq start [options]   run a name server and a broker
  pocketmq bench WHAT        measure a server: send, receive, latency, …
  pocketmq version           print the version
  pocketmq help [about]      this, or about: start, bench, settings, exit

Without options, start listens on 127.0.0.1, ports 9876 (name server) and 10911 (broker), and keeps
its files in ./pocketmq-data.`;
}

function start(): string {
  const flags = rows.flatMap(([name, row]) => row.flag === undefined ? [] : [option(name, row)]);
  return `pocketmq start [options]

${flags.join("\n")}
  --config FILE           settings from a properties file, RocketMQ's broker.conf
  --set KEY=VALUE         any setting, as often as needed; pocketmq help settings lists them

An option wins over --set, that over the environment, that over the file. SIGTERM and SIGINT stop it
in order, a second one at once. pocketmq help exit lists the exit codes.`;
}

function bench(): string {
  return `pocketmq bench send|transaction|delay|receive|pop|latency [options]

Measures any RocketMQ server, this one or Apache's. send stores messages; transaction sends each as
a half and commits it; delay sends messages that come later, and tells how late they came; receive
reads a topic until nothing is left, and pop takes and acknowledges what a group has not had,
unless --count or --duration says otherwise: then they wait for more. latency sends at a rate and
times each message until it is received. Every body proves which message it is, so that it is told
what was lost, duplicated, out of order, corrupt or early. Nothing is promised of the order of
delayed and popped messages, and what pop lost is told where it takes all. With --ordered each
message has a sharding key, all of a key go to one queue, and a reader has its queues for itself.
Options with a letter have the one that they have in RocketMQ's own benchmark.

${flagLines().join("\n")}

With --rate the time of each message is planned ahead and its latency counts from there: a stall of
the server shows in all that was planned meanwhile. It ends with exit code 6 where a message was
refused, lost, duplicated, out of order, corrupt or early. A signal ends it early with its report.`;
}

function option(name: string, row: Setting<unknown>): string {
  const value = typeof row.fallback === "boolean" ? "" : ` ${placeholder(name)}`;
  const fallback = row.fallback === "" || row.fallback === false ? "" : ` [${row.fallback}]`;
  return `  ${`--${row.flag}${value}`.padEnd(22)}  ${row.about}${fallback}`;
}

function placeholder(name: string): string {
  const named = new Map([["storePathRootDir", "DIR"], ["brokerIP1", "ADDRESS"], ["role", "ROLE"]]);
  return named.get(name) ?? (name.endsWith("Port") ? "PORT" : "HOST");
}

function settings(): string {
  const texts = rows.map(([name, { about, fallback, kind }]) => {
    const shown = fallback === "" ? "empty" : kind.format(fallback);
    return `${name} [${shown}]\n    ${about}\n    ${variableOf(name)}: ${kind.expected}`;
  });
  return `Settings, with their defaults. Names that RocketMQ has mean the same there.\n\n${
    texts.join("\n")
  }`;
}

function exits(): string {
  const lines = [...EXIT_SENTENCES].map(([code, text]) => `${String(code).padStart(5)}  ${text}`);
  return `Exit codes\n\n${lines.join("\n")}`;
}
