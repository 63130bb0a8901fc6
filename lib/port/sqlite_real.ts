import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { type Sqlite, SqliteBusy, type SqlRow, type SqlValue, type SqlWrite } from "./sqlite.ts";
import { SqliteEngine } from "./sqlite_engine.ts";

/** What the main thread asks of the worker. */
type Ask =
  | { readonly id: number; readonly kind: "open"; readonly path: string }
  | { readonly id: number; readonly kind: "commit"; readonly writes: readonly SqlWrite[] }
  | {
    readonly id: number;
    readonly kind: "query";
    readonly sql: string;
    readonly parameters: readonly SqlValue[];
  }
  | { readonly id: number; readonly kind: "close" };

interface Answer {
  readonly id: number;
  readonly rows?: SqlRow[];
  readonly error?: { readonly isBusy: boolean; readonly message: string };
}

/**
 * Opens the database at `path` in a thread of its own, so that a transaction of 10 ms stops no
 * message. Rejects with {@linkcode SqliteBusy} where another process holds it, and with a
 * sentence where it is damaged or cannot be opened.
 */
export async function openRealSqlite(path: string): Promise<Sqlite> {
  const sqlite = new RealSqlite(path);
  await sqlite.opened;
  return sqlite;
}

interface Pending {
  resolve(rows: SqlRow[]): void;
  reject(error: Error): void;
}

class RealSqlite implements Sqlite {
  readonly opened: Promise<unknown>;
  readonly #path: string;
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  #asked = 0;
  #closed: Promise<void> | undefined;
  /** Why there is no worker any more. */
  #failure: string | undefined;

  constructor(path: string) {
    this.#path = path;
    // In the executable this URL is the whole program, which only does the end of this file then.
    this.#worker = new Worker(new URL(import.meta.url), { workerData: { pocketmq: "sqlite" } });
    this.#worker.on("message", (answer: Answer) => this.#answered(answer));
    this.#worker.on("error", (error: Error) => this.#stopped(error.message));
    this.#worker.on("exit", () => this.#stopped("its thread has ended"));
    this.opened = this.#ask({ id: this.#asked++, kind: "open", path });
    this.opened.catch(() => this.#worker.terminate());
  }

  async commit(writes: readonly SqlWrite[]): Promise<void> {
    this.#checkOpen();
    await this.#ask({ id: this.#asked++, kind: "commit", writes });
  }

  query(sql: string, parameters: readonly SqlValue[] = []): Promise<SqlRow[]> {
    try {
      this.#checkOpen();
    } catch (error) {
      return Promise.reject(error);
    }
    return this.#ask({ id: this.#asked++, kind: "query", sql, parameters });
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    try {
      await this.#ask({ id: this.#asked++, kind: "close" });
    } finally {
      this.#failure = "it was closed";
      await this.#worker.terminate();
    }
  }

  #ask(ask: Ask): Promise<SqlRow[]> {
    if (this.#failure !== undefined) {
      return Promise.reject(new Error(`Cannot use ${this.#path}: ${this.#failure}`));
    }
    return new Promise((resolve, reject) => {
      this.#worker.postMessage(ask);
      this.#pending.set(ask.id, { resolve, reject });
    });
  }

  #checkOpen(): void {
    if (this.#closed !== undefined) throw new Error(`Cannot use ${this.#path}: it was closed`);
  }

  #answered({ id, rows, error }: Answer): void {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (error === undefined) pending?.resolve(rows ?? []);
    else pending?.reject(error.isBusy ? new SqliteBusy(error.message) : new Error(error.message));
  }

  #stopped(why: string): void {
    this.#failure ??= why;
    const error = new Error(`Cannot use ${this.#path}: ${this.#failure}`);
    for (const pending of this.#pending.values()) pending.reject(error);
    this.#pending.clear();
  }
}

/** The worker's side: one ask after the other, in their order. */
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

if (!isMainThread && parentPort !== null && workerData?.pocketmq === "sqlite") {
  serveAsks(parentPort);
}
