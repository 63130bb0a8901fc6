import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { fileURLToPath } from "node:url";
import type { Row } from "./row.ts";

const LATEST = "## Latest";
const HEAD = [
  "| # | run | ours | p50 | p99 | p99.9 | CPU a message | beside | of Apache | must reach |",
  "| -: | --- | --: | --: | --: | --: | --: | --- | --- | --- |",
];

/** The rows of each figure as a table in Markdown. */
export function tableOf(measured: readonly (readonly [number, readonly Row[]])[]): string {
  const lines = measured.flatMap(([number, rows]) =>
    rows.map((row, at) => {
      const { run, ours, beside = "", apache = "", goal } = row;
      const times = [row.p50, row.p99, row.p999, row.cpu].map(time);
      const cells = [at === 0 ? number : "", run, ours, ...times, beside, apache, goal];
      return `| ${cells.join(" | ")} |`;
    })
  );
  return [...HEAD, ...lines].join("\n");
}

/** When, of what and where a table was measured. */
export function headOf(how: string): string {
  const git = (...options: string[]) => execFileSync("git", options, { encoding: "utf8" }).trim();
  const commit = git("rev-parse", "--short", "HEAD");
  const day = new Date().toISOString().slice(0, 16).replace("T", " ");
  const gigabytes = Math.round(totalmem() / 2 ** 30);
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? "unknown"}, ${gigabytes} GiB`;
  return `${day} UTC, commit ${commit}; ${machine}, one core each for server and load; ${how}.`;
}

/** Puts the latest table into the README beside this file. */
export function record(text: string): void {
  const path = fileURLToPath(new URL("README.md", import.meta.url));
  const [before] = readFileSync(path, "utf8").split(LATEST);
  writeFileSync(path, `${before}${LATEST}\n\n${text}\n`);
  execFileSync(process.execPath, ["fmt", "-q", path]);
}

function time(us: number | undefined): string {
  if (us === undefined || Number.isNaN(us)) return "";
  return us < 10_000 ? `${us} µs` : `${(us / 1000).toFixed(0)} ms`;
}
