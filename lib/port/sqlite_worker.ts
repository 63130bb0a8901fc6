import { parentPort } from "node:worker_threads";
import { SqliteBusy, type SqlRow, type SqlValue, type SqlWrite } from "./sqlite.ts";
import { SqliteEngine } from "./sqlite_engine.ts";

/** What the main thread asks of the worker. */
export type Ask =
  | { readonly id: number; readonly kind: "open"; readonly path: string }
  | { readonly id: number; readonly kind: "commit"; readonly writes: readonly SqlWrite[] }
  | {
    readonly id: number;
    readonly kind: "query";
    readonly sql: string;
    readonly parameters: readonly SqlValue[];
  }
  | { readonly id: number; readonly kind: "close" };

/** What the worker says to it. */
export interface Answer {
  readonly id: number;
  readonly rows?: SqlRow[];
  readonly error?: { readonly isBusy: boolean; readonly message: string };
}

/** One ask after the other, in their order. */
function serveAsks(port: NonNullable<typeof parentPort>): void {
  let engine: SqliteEngine | undefined;
  const carryOut = (ask: Ask): SqlRow[] => {
    if (ask.kind === "open") engine = new SqliteEngine(ask.path);
    else if (ask.kind === "commit") engine?.commit(ask.writes);
    else if (ask.kind === "close") engine?.close();
    else return engine?.query(ask.sql, ask.parameters) ?? [];
    return [];
  };
  port.on("message", (ask: Ask) => {
    let answer: Answer;
    try {
      answer = { id: ask.id, rows: carryOut(ask) };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      answer = { id: ask.id, error: { isBusy: error instanceof SqliteBusy, message } };
    }
    port.postMessage(answer);
  });
}

if (parentPort !== null) serveAsks(parentPort);
