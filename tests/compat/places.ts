import { mkdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The folder of the project, and where this suite keeps what it downloads and writes. */
export const root = fileURLToPath(new URL("../../", import.meta.url)).replace(/\/$/, "");
export const here = `${root}/tests/compat`;
export const cache = `${root}/.cache/compat`;
/** This run's own folder: data, output, homes. */
export const work = `${cache}/run-${process.pid}`;

export function makeFolder(path: string): string {
  mkdirSync(path, { recursive: true });
  return path;
}

export function removeFolder(path: string): void {
  rmSync(path, { recursive: true, force: true });
}
