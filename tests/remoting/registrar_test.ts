import assert from "node:assert/strict";
import { test } from "node:test";
import { makeTopic } from "../../lib/model/topic.ts";
import { VirtualClock } from "../../lib/port/clock_virtual.ts";
import { readRegistration } from "../../lib/remoting/bodies/registration.ts";
import { Registrar, whyOutOfReach } from "../../lib/remoting/registrar.ts";
import type { NameServerConnection } from "../../lib/remoting/remote_name_server.ts";
import { FakeOwn, host, KeptLines } from "../nameserver/fakes.ts";

type Request = Parameters<NameServerConnection["call"]>[0];

/** A name server that keeps what it is asked and fails as told. */
class FakeNameServer {
  readonly asked: Request[] = [];
  connects = 0;
  ip = "127.0.0.1";
  isDown = false;
  answer: { code: number; remark: string; body?: Uint8Array } = { code: 0, remark: "" };
  /** Answers wait for this. */
  gate: Promise<void> = Promise.resolve();
  #closers: (() => void)[] = [];

  async connect(): Promise<NameServerConnection> {
    this.connects++;
    await Promise.resolve();
    if (this.isDown) throw new Error("connection refused");
    let isClosed = false;
    return {
      local: host(this.ip, 50_000),
      remote: host(this.ip, 9876),
      call: async (request) => {
        this.asked.push(request);
        await this.gate;
        if (isClosed) throw new Error("the connection closed");
        return this.answer;
      },
      onClose: (run) => {
        this.#closers.push(() => {
          isClosed = true;
          run();
        });
      },
      close: () => this.drop(),
    };
  }

  drop(): void {
    for (const run of this.#closers.splice(0)) run();
  }

  get codes(): number[] {
    return this.asked.map((request) => request.code);
  }
}

interface Made {
  readonly clock: VirtualClock;
  readonly lines: KeptLines;
  readonly server: FakeNameServer;
  readonly own: FakeOwn;
  readonly registrar: Registrar;
  readonly fatal: string[];
}

function make(localOnly?: string, advertised?: string): Made {
  const clock = new VirtualClock();
  const lines = new KeptLines();
  const server = new FakeNameServer();
  const own = new FakeOwn(advertised);
  const fatal: string[] = [];
  const registrar = new Registrar(["ns.example"], {
    clock,
    lines,
    own,
    localOnly,
    connect: () => server.connect(),
    fatal: (sentence) => fatal.push(sentence),
  });
  for (const job of registrar.jobs()) {
    const run = () => {
      const next = job.run(clock.monotonic());
      if (next !== Infinity) clock.after(next - clock.monotonic(), run);
    };
    clock.after(0, run);
  }
  return { clock, lines, server, own, registrar, fatal };
}

test("the broker registers with all its topics, then every 30 s", async () => {
  const { clock, server, lines } = make();
  server.ip = "10.0.0.5";
  await clock.advance(10);
  const [request] = server.asked;
  const { bodyCrc32, ...header } = request.header;
  assert.ok(Number(bodyCrc32) > 0);
  assert.deepEqual([request.code, header], [103, {
    clusterName: "DefaultCluster",
    brokerName: "own",
    brokerId: 0,
    brokerAddr: "10.0.0.5:10911",
    haServerAddr: "10.0.0.5:10912",
    enableActingMaster: false,
    compressed: false,
  }]);
  const { topics, version } = readRegistration(request.body ?? new Uint8Array(), 0);
  assert.deepEqual(topics.map((topic) => [topic.name, topic.perm]), [["TBW102", 7], ["Mine", 6]]);
  assert.equal(version.counter, 3);
  await clock.advance(29_000);
  assert.equal(server.asked.length, 1);
  await clock.advance(2_000);
  assert.equal(server.asked.length, 2);
  assert.equal(server.connects, 1);
  assert.deepEqual(lines.all, [
    "info Registered with the name server ns.example as 10.0.0.5:10911.",
  ]);
});

test("a change of topics registers at once, several within a second make one more", async () => {
  const { clock, server, own, registrar } = make();
  await clock.advance(5_000);
  own.set(makeTopic("One", 1));
  registrar.changed();
  own.set(makeTopic("Two", 1));
  registrar.changed();
  await clock.advance(1);
  assert.equal(server.asked.length, 2);
  own.set(makeTopic("Three", 1));
  registrar.changed();
  await clock.advance(1);
  assert.equal(server.asked.length, 2);
  await clock.advance(1_000);
  assert.equal(server.asked.length, 3);
  const body = server.asked[2].body ?? new Uint8Array();
  assert.deepEqual(readRegistration(body, 0).topics.map((topic) => topic.name), [
    "TBW102",
    "Mine",
    "One",
    "Two",
    "Three",
  ]);
});

test("a change while a registration is under way is told after it", async () => {
  const { clock, server, own, registrar } = make();
  let open = () => {};
  server.gate = new Promise((resolve) => open = resolve);
  await clock.advance(1_500);
  own.set(makeTopic("Late", 1));
  registrar.changed();
  await clock.advance(1_500);
  assert.equal(server.asked.length, 1);
  open();
  await clock.advance(1_500);
  assert.equal(server.asked.length, 2);
});

test("brokerIP1 wins over the connection's address, brokerPermission over topics'", async () => {
  const { clock, server, own } = make(undefined, "mq.example");
  own.perm = 4;
  await clock.advance(10);
  assert.equal(server.asked[0].header.brokerAddr, "mq.example:10911");
  const { topics } = readRegistration(server.asked[0].body ?? new Uint8Array(), 0);
  assert.deepEqual(topics.map((topic) => topic.perm), [4, 4]);
});

test("another brokerPermission is told within a second, as another version", async () => {
  const { clock, server, own } = make();
  await clock.advance(5_000);
  own.perm = 4;
  await clock.advance(1_100);
  own.perm = 6;
  await clock.advance(1_100);
  const told = server.asked.map(({ body }) => readRegistration(body ?? new Uint8Array(), 0));
  assert.deepEqual(told.map(({ topics }) => topics[1].perm), [6, 4, 6]);
  assert.deepEqual(told.map(({ version }) => version.timestamp - told[0].version.timestamp), [
    0,
    2,
    0,
  ]);
});

test("an unreachable name server is tried ever more slowly, with one line", async () => {
  const { clock, server, lines } = make();
  server.isDown = true;
  const times: number[] = [];
  for (let second = 0; second < 130; second++) {
    const before = server.connects;
    await clock.advance(1_000);
    if (server.connects > before) times.push(second);
  }
  assert.deepEqual(times, [0, 2, 6, 14, 30, 60, 90, 120]);
  assert.equal(lines.all.length, 1);
  assert.match(lines.all[0], /^warn .*ns\.example: connection refused\. .*at least every 30 s/);
  server.isDown = false;
  await clock.advance(31_000);
  assert.deepEqual(server.codes, [103]);
  assert.match(lines.all[1], /^info Registered/);
});

test("a registration that is refused is told with the reason, and tried again", async () => {
  const { clock, server, lines } = make();
  server.answer = { code: 1, remark: "register broker failed" };
  await clock.advance(20_000);
  assert.match(lines.all[0], /^warn .* it answered 1: register broker failed\./);
  assert.equal(lines.all.length, 1);
  server.answer = { code: 0, remark: "" };
  await clock.advance(31_000);
  assert.match(lines.all[1], /^info Registered/);
});

test("a name server that does not answer is connected to anew, told with the reason", async () => {
  const { clock, server, lines } = make();
  server.gate = Promise.reject(new Error("no answer in 24000 ms"));
  server.gate.catch(() => {});
  await clock.advance(500);
  assert.match(lines.all.join("\n"), /^warn [^\n]*ns\.example: no answer in 24000 ms[^\n]*$/);
  server.gate = Promise.resolve();
  await clock.advance(2_000);
  assert.deepEqual([server.connects, server.codes], [2, [103, 103]]);
});

test("a connection that closes is made again and told anew", async () => {
  const { clock, server, lines } = make();
  await clock.advance(10_000);
  server.drop();
  await clock.advance(3_000);
  assert.equal(server.connects, 2);
  assert.deepEqual(server.codes, [103, 103]);
  assert.match(lines.all.join("\n"), /info Reg.*\nwarn .*the connection closed.*\ninfo Reg/);
});

test("at the stop the broker takes leave, and nothing is asked any more", async () => {
  const { clock, server, registrar, lines } = make();
  await clock.advance(10);
  await registrar.stop();
  assert.deepEqual(server.codes, [103, 104]);
  assert.deepEqual(server.asked[1].header, {
    clusterName: "DefaultCluster",
    brokerName: "own",
    brokerId: 0,
    brokerAddr: "127.0.0.1:10911",
  });
  registrar.changed();
  await clock.advance(100_000);
  assert.deepEqual(server.codes, [103, 104]);
  assert.equal(lines.all.length, 1);
});

test("a stop while nothing is reached, or while it is connected to, is quiet", async () => {
  const { clock, server, registrar, lines } = make();
  server.isDown = true;
  await clock.advance(10);
  await registrar.stop();
  const second = make();
  second.registrar.changed();
  const stopped = second.clock.advance(0).then(() => second.registrar.stop());
  await stopped;
  await second.clock.advance(60_000);
  assert.ok(second.server.codes.filter((code) => code === 103).length <= 1);
  assert.equal(lines.warnings.length, 1);
});

test("bound to loopback, a name server elsewhere stops the broker with a sentence", async () => {
  const { clock, server, fatal } = make("127.0.0.1");
  server.ip = "10.0.0.5";
  await clock.advance(60_000);
  assert.equal(server.connects, 1);
  assert.deepEqual(server.codes, []);
  assert.equal(fatal.length, 1);
  assert.match(fatal[0], /ns\.example: this broker listens on 127\.0\.0\.1 only.*--advertise/);
});

test("bound to loopback, a name server here is no trouble", async () => {
  const { clock, server, fatal } = make("127.0.0.1");
  await clock.advance(10);
  assert.deepEqual([server.codes, fatal], [[103], []]);
});

test("which name servers are out of reach of a broker on loopback", () => {
  assert.equal(whyOutOfReach(["localhost:9876", "127.0.0.2", "[::1]:1"], "127.0.0.1"), undefined);
  assert.match(
    whyOutOfReach(["localhost", "10.1.1.1:9876"], "127.0.0.1") ?? "",
    /^Cannot register with the name server 10\.1\.1\.1:9876: .* listens on 127\.0\.0\.1 only/,
  );
});

test("the answer tells which topics are ordered; another body tells nothing", async () => {
  const { clock, server, own } = make();
  const utf8 = new TextEncoder();
  for (const text of ["", "[]", "{", `{"table":[]}`, `{"table":{"Mine":"own:4","T":"own:1"}}`]) {
    server.answer = { code: 0, remark: "", body: utf8.encode(text) };
    await clock.advance(31_000);
  }
  assert.deepEqual([...new Set(own.heard)], ["Mine", "T"]);
  assert.equal(server.connects, 1);
});
