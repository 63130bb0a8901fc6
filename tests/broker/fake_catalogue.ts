import type { Group } from "../../lib/model/group.ts";
import type { Topic } from "../../lib/model/topic.ts";
import type { Clock } from "../../lib/port/clock.ts";

/** Stands in for the catalogue until it is here: a commit takes 10 ms. */
export class FakeTable<T extends { readonly name: string }> {
  readonly rows = new Map<string, T>();
  version = { stateVersion: 0, timestamp: 0, counter: 0 };
  commits = 0;
  readonly #clock: Clock;
  constructor(clock: Clock) {
    this.#clock = clock;
  }
  get(name: string) {
    return this.rows.get(name);
  }
  has(name: string) {
    return this.rows.has(name);
  }
  all() {
    return this.rows.values();
  }
  get size() {
    return this.rows.size;
  }
  async put(rows: readonly T[]) {
    await this.#commit();
    for (const row of rows) this.rows.set(row.name, row);
  }
  async remove(name: string) {
    await this.#commit();
    return this.rows.delete(name);
  }
  onChange() {}
  #commit(): Promise<void> {
    this.commits++;
    this.version = { ...this.version, counter: this.version.counter + 1 };
    return new Promise((resolve) => this.#clock.after(10, resolve));
  }
}

export class FakeCatalogue {
  readonly topics: FakeTable<Topic>;
  readonly groups: FakeTable<Group>;
  readonly offsets = new Map<string, number>();
  readonly stored = new Map<string, string>();
  readonly #clock: Clock;
  constructor(clock: Clock) {
    this.#clock = clock;
    this.topics = new FakeTable(clock);
    this.groups = new FakeTable(clock);
  }
  readonly progress = {
    get: (group: string, topic: string, queueId: number) =>
      this.offsets.get(`${topic}@${group}@${queueId}`),
    set: (group: string, topic: string, queueId: number, offset: number) => {
      this.offsets.set(`${topic}@${group}@${queueId}`, offset);
    },
    settled: () => new Promise<void>((resolve) => this.#clock.after(10, resolve)),
    topicsOf: (group: string) => [
      ...new Set(
        [...this.offsets.keys()].map((k) => k.split("@")).filter((k) => k[1] === group).map((k) =>
          k[0]
        ),
      ),
    ],
    groupsOf: (topic: string) => [
      ...new Set(
        [...this.offsets.keys()].map((k) => k.split("@")).filter((k) => k[0] === topic).map((k) =>
          k[1]
        ),
      ),
    ],
    removeGroup: (group: string) => this.#drop(1, group),
    removeTopic: (topic: string) => this.#drop(0, topic),
  };
  readonly settings = {
    put: (entries: ReadonlyMap<string, string>) => {
      for (const [k, v] of entries) this.stored.set(k, v);
      return Promise.resolve();
    },
  };
  #drop(at: number, name: string) {
    for (const k of this.offsets.keys()) if (k.split("@")[at] === name) this.offsets.delete(k);
    return Promise.resolve();
  }
}
