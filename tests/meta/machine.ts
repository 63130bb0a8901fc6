import { Catalogue } from "../../lib/meta/catalogue.ts";
import { VirtualClock } from "../../lib/port/clock_virtual.ts";
import { MemoryDisk } from "../../lib/port/disk_memory.ts";
import type { Job } from "../../lib/port/job.ts";
import { MemoryLines } from "../../lib/port/lines_memory.ts";
import { SeededRandom } from "../../lib/port/random_seeded.ts";
import { MemorySqlite } from "../../lib/port/sqlite_memory.ts";

/** A machine for catalogues: its disk and database outlive them. */
export class Machine {
  readonly clock = new VirtualClock();
  readonly lines = new MemoryLines();
  readonly random: SeededRandom;
  disk = new MemoryDisk({ clock: this.clock });
  sqlite = new MemorySqlite({ clock: this.clock, commitMs: () => 10 });

  constructor(seed = 7) {
    this.random = new SeededRandom(seed);
  }

  /** Lets time go by until the promise is settled. */
  async until<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const watched = promise.finally(() => isSettled = true);
    watched.catch(() => {});
    while (!isSettled) await this.clock.advance(1);
    return watched;
  }

  async open(): Promise<Catalogue> {
    this.disk.makeDirectory("/data");
    return await this.until(this.#open());
  }

  powerCut(): void {
    this.disk = this.disk.powerCut(this.random);
    this.sqlite = this.sqlite.powerCut(this.random);
  }

  /** Runs jobs as the tick does, for `ms`. */
  async run(jobs: readonly Job[], ms: number): Promise<void> {
    const due = jobs.map((job) => ({ job, at: 0 }));
    for (let passed = 0; passed < ms; passed += 10) {
      for (const row of due) {
        if (row.at <= this.clock.monotonic()) row.at = row.job.run(this.clock.monotonic());
      }
      await this.clock.advance(10);
    }
  }

  /** Runs statements on the closed catalogue. */
  async sql(...statements: readonly string[]): Promise<void> {
    const sqlite = await this.sqlite.open("/data/catalogue.db");
    await this.until(sqlite.commit(statements.map((sql) => ({ sql, rows: [[]] }))));
    await this.until(sqlite.close());
  }

  read(path: string): string {
    const file = this.disk.open(path, "read");
    const bytes = new Uint8Array(file.size());
    file.read(bytes, 0);
    file.close();
    return new TextDecoder().decode(bytes);
  }

  write(path: string, text: string): void {
    const file = this.disk.open(path, "create");
    file.truncate(0);
    file.write(new TextEncoder().encode(text), 0);
    file.syncNow();
    file.close();
  }

  async #open(): Promise<Catalogue> {
    const { disk, clock, lines } = this;
    const sqlite = await this.sqlite.open("/data/catalogue.db");
    try {
      return await Catalogue.open({ sqlite, disk, clock, lines, directory: "/data" });
    } catch (fault) {
      await sqlite.close();
      throw fault;
    }
  }
}
