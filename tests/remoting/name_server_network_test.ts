import assert from "node:assert/strict";
import { test } from "node:test";
import { NameServer } from "../../lib/nameserver/name_server.ts";
import { VirtualClock } from "../../lib/port/clock_virtual.ts";
import type { Job } from "../../lib/port/job.ts";
import { SeededRandom } from "../../lib/port/random_seeded.ts";
import { MemoryTcp } from "../../lib/port/tcp_memory.ts";
import { Caller } from "../../lib/remoting/caller.ts";
import { nameServerRows } from "../../lib/remoting/handlers/name_server_rows.ts";
import { RemotingListener } from "../../lib/remoting/listener.ts";
import { Registrar } from "../../lib/remoting/registrar.ts";
import { FakeOwn, KeptLines, MapStore } from "../nameserver/fakes.ts";

const NAME_SERVER = "10.0.0.1";
const BROKER = "10.0.0.2";
const CLIENT = "10.0.0.3";

/** A network with a name server, a broker of another process that registers, and a client. */
class Network {
  readonly clock = new VirtualClock();
  readonly lines = new KeptLines();
  readonly #tcp = new MemoryTcp({ clock: this.clock, random: new SeededRandom(7) });
  #nameServerTcp: MemoryTcp | undefined;
  #brokerTcp: MemoryTcp | undefined;
  registrar: Registrar | undefined;

  async startNameServer(): Promise<void> {
    const { clock, lines } = this;
    const tcp = this.#nameServerTcp = this.#tcp.at(NAME_SERVER);
    const own = new FakeOwn();
    const nameServer = new NameServer({ clock, lines, kv: new MapStore(), own });
    const rows = new Map(nameServerRows(nameServer).map((row) => [row.code, row]));
    const listener = new RemotingListener({ tcp, clock, lines, rows });
    await listener.listen("0.0.0.0", 9876);
    this.#run([...nameServer.jobs(), ...listener.jobs()]);
  }

  startBroker(): void {
    const tcp = this.#brokerTcp = this.#tcp.at(BROKER);
    const { clock, lines } = this;
    const own = Object.assign(new FakeOwn(), { brokerName: "other" });
    this.registrar = new Registrar([NAME_SERVER], {
      ...{ clock, lines, own },
      connect: (server) => Caller.connect({ tcp, clock, ...server, timeoutMs: 3000 }),
      fatal: (why) => assert.fail(why),
    });
    this.#run(this.registrar.jobs());
  }

  killBroker(how: "reset" | "silently"): void {
    this.#brokerTcp?.kill(how);
  }

  killNameServer(): void {
    this.#nameServerTcp?.kill();
  }

  /** The addresses of a topic's brokers as the client is told; the remark where it is refused. */
  async ask(topic: string): Promise<string> {
    const tcp = this.#tcp.at(CLIENT);
    const asked = Caller.connect({ tcp, clock: this.clock, ...nameServer, timeoutMs: 1000 })
      .then(async (caller) => {
        const answer = await caller.call({ code: 105, header: { topic }, timeoutMs: 1000 });
        caller.close();
        return answer;
      });
    await this.clock.advance(50);
    const { code, body, remark } = await asked;
    if (code !== 0) return `${code} ${remark?.split("\n")[0]}`;
    const addresses = new TextDecoder().decode(body).matchAll(/"brokerAddrs":\{"?0"?:"([^"]*)"\}/g);
    return [...addresses].map(([, address]) => address).join(" ");
  }

  #run(jobs: readonly Job[]): void {
    for (const job of jobs) {
      const run = () => {
        const next = job.run(this.clock.monotonic());
        if (next !== Infinity) this.clock.after(next - this.clock.monotonic(), run);
      };
      this.clock.after(0, run);
    }
  }
}

const nameServer = { host: NAME_SERVER, port: 9876 };
const BOTH = `${BROKER}:10911 ${NAME_SERVER}:10911`;
const ONE = `${NAME_SERVER}:10911`;

async function start(): Promise<Network> {
  const network = new Network();
  await network.startNameServer();
  network.startBroker();
  await network.clock.advance(100);
  assert.equal(await network.ask("Mine"), BOTH);
  return network;
}

test("brokers of this and of another process are found, each under its own address", async () => {
  const network = await start();
  assert.match(await network.ask("Nobody"), /^17 No topic route info .* topic: Nobody$/);
});

test("a broker that takes leave is gone at once", async () => {
  const network = await start();
  const stopped = network.registrar?.stop();
  await network.clock.advance(100);
  await stopped;
  assert.equal(await network.ask("Mine"), ONE);
  assert.ok(network.lines.all.some((line) => line.includes("removed: it unregistered")));
});

test("a broker that dies is gone when its connection breaks", async () => {
  const network = await start();
  network.killBroker("reset");
  await network.clock.advance(100);
  assert.equal(await network.ask("Mine"), ONE);
});

test("a broker whose machine vanishes is gone after two minutes", async () => {
  const network = await start();
  network.killBroker("silently");
  await network.clock.advance(110_000);
  assert.equal(await network.ask("Mine"), BOTH);
  await network.clock.advance(20_000);
  assert.equal(await network.ask("Mine"), ONE);
});

test("a name server that starts again soon knows the broker again", async () => {
  const network = await start();
  network.killNameServer();
  await network.startNameServer();
  await network.clock.advance(3_000);
  assert.equal(await network.ask("Mine"), BOTH);
});
