import { Worker } from "node:worker_threads";
import { type Sqlite, SqliteBusy, type SqlRow, type SqlValue, type SqlWrite } from "./sqlite.ts";
import type { Answer, Ask } from "./sqlite_worker.ts";

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
    // The executable holds this file as a second program: the first takes 40 ms to be read again.
    this.#worker = new Worker(new URL("./sqlite_worker.ts", import.meta.url));
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
