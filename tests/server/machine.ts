import { givenInSet, settle } from "../../lib/config/read.ts";
import { VirtualClock } from "../../lib/port/clock_virtual.ts";
import { MemoryDisk } from "../../lib/port/disk_memory.ts";
import { MemoryLines } from "../../lib/port/lines_memory.ts";
import { SeededRandom } from "../../lib/port/random_seeded.ts";
import { MemorySqlite } from "../../lib/port/sqlite_memory.ts";
import { MemoryTcp } from "../../lib/port/tcp_memory.ts";
import type { Ports } from "../../lib/server/ports.ts";
import { Server } from "../../lib/server.ts";
import { type Reply, WireClient } from "../sim/wire_client.ts";

/**
 * A machine of tests: virtual time, a disk and a network in memory, on which servers are started.
 */
export class TestMachine {
  readonly clock = new VirtualClock();
  readonly lines = new MemoryLines();
  readonly random = new SeededRandom(1);
  readonly tcp = new MemoryTcp({ clock: this.clock, random: this.random });
  readonly disk = new MemoryDisk({ clock: this.clock });
  readonly sqlite = new MemorySqlite({ clock: this.clock });
  lockHolder: number | undefined;

  get ports(): Ports {
    return {
      clock: this.clock,
      lines: this.lines,
      random: this.random,
      tcp: this.tcp,
      disk: this.disk,
      openSqlite: this.sqlite.open,
      machine: {
        memoryBytes: 1 << 30,
        processId: 7,
        isOwn: (host) => host === "127.0.0.1",
        isAlive: () => true,
        lookUp: (name) => {
          if (name === "broker.example") return Promise.resolve("10.9.8.7");
          return Promise.reject(new Error(`Cannot look up ${name}: ENOTFOUND`));
        },
        lockHolder: () => this.lockHolder,
      },
    };
  }

  /** Lets time go by until the promise is settled. */
  async until<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const watched = promise.finally(() => isSettled = true);
    watched.catch(() => {});
    while (!isSettled) await this.clock.advance(1);
    return watched;
  }

  /** Starts a server; `settings` are `key=value`, `file` those of a file. */
  start(settings: readonly string[] = [], file: readonly string[] = []): Promise<Server> {
    const small = ["mappedFileSizeCommitLog=8388608", "storePathRootDir=/data"];
    const configuration = settle(givenInSet([...small, ...file]), givenInSet(settings));
    return this.until(Server.start(configuration, this.ports));
  }

  async stop(server: Server): Promise<void> {
    await this.until(server.stop());
  }

  async client(port = 10911): Promise<WireClient> {
    const address = { host: "127.0.0.1", port, timeoutMs: 1000 };
    return new WireClient(await this.until(this.tcp.connect(address)));
  }

  /** Asks and waits for the answer. */
  async ask(
    client: WireClient,
    code: number,
    asked: { readonly fields?: Record<string, string>; readonly body?: Uint8Array<ArrayBuffer> } =
      {},
  ): Promise<Reply> {
    const reply = await this.until(client.call(code, asked.fields ?? {}, asked.body));
    if (reply === undefined) throw new Error(`${code} was not answered`);
    return reply;
  }

  /** Sends one message to queue 0 of a topic. */
  send(client: WireClient, topic: string, body = new Uint8Array(10)): Promise<Reply> {
    const fields = {
      ...{ a: "producers", b: topic, c: "TBW102", d: "4", e: "0", f: "0", g: "1" },
      ...{ h: "0", i: "", j: "0", k: "false", m: "false" },
    };
    return this.ask(client, 310, { fields, body });
  }
}
