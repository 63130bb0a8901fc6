import assert from "node:assert/strict";
import { test } from "node:test";
import { Client } from "../../../lib/client/client.ts";
import type { RemoteBroker } from "../../../lib/client/remote_broker.ts";
import { NO_FINDINGS } from "../../../lib/cli/bench/checker.ts";
import { parseBench } from "../../../lib/cli/bench/flags.ts";
import { bench } from "../../../lib/cli/bench.ts";
import type { Row } from "../../../lib/remoting/row.ts";
import type { Ports } from "../../../lib/server/ports.ts";
import { Harness, testRow } from "../../remoting/harness.ts";
import { TestMachine } from "../../server/machine.ts";

/** What a report of a tally says. */
interface Part {
  readonly messages: number;
  readonly bytes: number;
  readonly perSecond: number;
  readonly latencyUs?: { readonly [name: string]: number };
}

interface Report {
  readonly exit: number;
  readonly ok: boolean;
  readonly queues: number;
  readonly sent: Part;
  readonly received: Part;
  readonly acked: Part;
  readonly findings: { readonly [name: string]: number };
  readonly errors: { code: string; count: number; first: string }[];
  readonly owed: number;
  readonly inDoubt: number;
  readonly statuses: string[];
}

const CLEAN = { ...NO_FINDINGS, missing: 0 };

/** A process that a bench runs in; `signal` is what SIGINT would call. */
class BenchProcess {
  readonly arguments: string[] = [];
  readonly environment = {};
  readonly exits: number[] = [];
  readonly printed: string[] = [];
  readonly statuses: string[] = [];
  signal: (name: string) => void = () => {};

  print(text: string): void {
    this.printed.push(text);
  }

  complain(): void {}

  status(line: string): void {
    this.statuses.push(line);
  }

  onSignal(heard: (name: string) => void): void {
    this.signal = heard;
  }

  onFault(): void {}

  exit(code: number): void {
    this.exits.push(code);
  }

  report(): Report {
    const [exit] = this.exits;
    return { ...JSON.parse(this.printed.join("")), exit, statuses: this.statuses };
  }
}

async function run(
  machine: TestMachine,
  line: string,
  ports: Partial<Ports> = {},
): Promise<Report> {
  return await machine.until(started(machine, line, ports));
}

/** The same for who turns the clock. */
async function started(
  machine: TestMachine,
  line: string,
  ports: Partial<Ports> = {},
): Promise<Report> {
  const process = new BenchProcess();
  const command = parseBench([...line.split(" "), "--json"]);
  await bench(command, process, { ...machine.ports, ...ports });
  return process.report();
}

function brokerOf(machine: TestMachine): Promise<RemoteBroker> {
  const { tcp, clock } = machine;
  const client = new Client({ tcp, clock, nameServers: [] });
  return machine.until(client.broker("127.0.0.1:10911"));
}

async function server(settings: readonly string[] = []): Promise<TestMachine> {
  const machine = new TestMachine();
  await machine.start(settings);
  return machine;
}

test("send a count, then receive what is there: all of it, whole and in order", async () => {
  const machine = await server();
  const sent = await run(machine, "send -t T -q 1000 -w 16 -s 100 --connections 3 --queues 3");
  assert.deepEqual([sent.exit, sent.ok, sent.queues], [0, true, 3]);
  assert.deepEqual([sent.sent.messages, sent.sent.bytes, sent.errors], [1000, 100_000, []]);
  const received = await run(machine, "receive -t T --header rocketmq");
  assert.deepEqual([received.exit, received.received.messages], [0, 1000]);
  assert.deepEqual(received.findings, CLEAN);
});

test("batches, keys, tags and properties", async () => {
  const machine = await server();
  const line = "send -q 105 -b 10 -w 4 -k true -l 5 -p 60 --header rocketmq";
  assert.equal((await run(machine, line)).sent.messages, 105);
  const all = await run(machine, "receive");
  assert.deepEqual([all.received.messages, all.findings], [105, CLEAN]);
  const some = await run(machine, "receive -e tag0||tag3");
  assert.deepEqual([some.exit, some.received.messages, some.findings], [0, 42, CLEAN]);
});

test("transactions are committed one by one, and come whole and in order", async () => {
  const machine = await server();
  const sent = await run(machine, "transaction -q 500 -w 8 -k true -l 2");
  assert.deepEqual([sent.exit, sent.sent.messages, sent.errors], [0, 500, []]);
  const received = await run(machine, "receive");
  assert.deepEqual([received.received.messages, received.findings], [500, CLEAN]);
});

test("transactions that are refused are counted", async () => {
  const machine = await server(["rejectTransactionMessage=true"]);
  const report = await run(machine, "transaction --duration 1 -w 2");
  assert.deepEqual([report.exit, report.sent.messages], [6, 0]);
  assert.match(report.errors[0].first, /^Cannot send: refused with code 16: .*is forbidden/);
});

test("pop: all that is there is taken once, in no order, and acknowledged", async () => {
  const machine = await server();
  await run(machine, "send -q 1000 -w 8 -l 2");
  const all = await run(machine, "pop -g G");
  assert.deepEqual([all.exit, all.received.messages, all.acked.messages], [0, 1000, 1000]);
  assert.deepEqual([all.findings, all.errors], [CLEAN, []]);
  const again = await run(machine, "pop -g G");
  assert.deepEqual([again.exit, again.received.messages], [0, 0]);
  await machine.clock.advance(120_000);
  const later = await run(machine, "pop -g G");
  assert.deepEqual([later.exit, later.received.messages], [0, 0], "acknowledged for good");
  const some = await run(machine, "pop -g H -e tag1");
  assert.deepEqual([some.exit, some.received.messages, some.acked.messages], [0, 500, 500]);
});

test("pop with a count waits for what comes; what does not come is missing", async () => {
  const machine = await server();
  await run(machine, "send -q 10");
  const waiting = started(machine, "pop -g G -q 30 -w 3");
  await machine.clock.advance(1000);
  await run(machine, "send -q 20");
  const popped = await machine.until(waiting);
  assert.deepEqual([popped.exit, popped.received.messages, popped.acked.messages], [0, 30, 30]);
  assert.equal(popped.received.latencyUs?.count, 20, "the first ten were there before");
  const short = await run(machine, "pop -g G -q 1 --duration 1");
  assert.deepEqual([short.exit, short.findings.missing], [6, 1]);
});

test("what a group let lie comes again, and is acknowledged by its own receipt", async () => {
  const machine = await server();
  await run(machine, "send -q 100");
  const process = new BenchProcess();
  const line = "pop -g G --invisible 2000 --duration 0.001 -w 1 --json";
  await machine.until(bench(parseBench(line.split(" ")), process, machine.ports));
  const broker = await brokerOf(machine);
  const ask = { group: "G", topic: "BenchmarkTest", queueId: -1, max: 32, invisibleMs: 2000 };
  const rest = { waitMs: 0, from: "first", filterType: "TAG", expression: "*" } as const;
  const hearer = { answered: () => {}, failed: () => {} };
  broker.startPop({ ...ask, ...rest, bornMs: machine.clock.now() }, hearer);
  await machine.clock.advance(10_000);
  const left = 100 - process.report().received.messages;
  const again = await run(machine, "pop -g G");
  assert.deepEqual([again.exit, again.acked.messages, again.errors], [0, left, []]);
  await machine.clock.advance(120_000);
  assert.equal((await run(machine, "pop -g G")).received.messages, 0);
});

for (const wish of ["--level 2", "--delay 5000"]) {
  test(`delay ${wish}: each comes once, not before its time, and it is told how late`, async () => {
    const machine = await server();
    const report = await run(machine, `delay ${wish} -q 300 -w 4`);
    assert.deepEqual([report.exit, report.findings, report.errors], [0, CLEAN, []]);
    assert.deepEqual([report.sent.messages, report.received.messages], [300, 300]);
    assert.ok((report.received.latencyUs?.max ?? Infinity) < 200_000);
  });
}

test("a message that comes before its time is early, and that is wrong", async () => {
  const machine = await server(["messageDelayLevel=2s"]);
  const report = await run(machine, "delay --level 2 -q 10");
  assert.deepEqual([report.exit, report.findings.early, report.ok], [6, 10, false]);
});

test("in order: sharding keys, and queues that another client cannot lock", async () => {
  const machine = await server();
  await run(machine, "send --ordered -q 400 -w 8");
  const received = await run(machine, "receive --ordered -f sql92 -e __SHARDINGKEY<>'order1'");
  assert.deepEqual([received.exit, received.findings], [0, CLEAN]);
  assert.ok(received.received.messages > 0 && received.received.messages < 400);
  const held = started(machine, "receive --ordered -g G --duration 80");
  await machine.clock.advance(70_000);
  await assert.rejects(run(machine, "receive --ordered -g G"), /Cannot lock .*another client of G/);
  assert.equal((await machine.until(held)).received.messages, 400);
});

test("latency at a rate: every message comes, timed from its plan", async () => {
  const machine = await server();
  const report = await run(machine, "latency --rate 500 --duration 2");
  assert.deepEqual([report.exit, report.findings], [0, CLEAN]);
  assert.equal(report.received.messages, report.sent.messages);
  assert.ok(Math.abs(report.sent.messages - 1000) <= 1);
  assert.ok((report.received.latencyUs?.p99 ?? Infinity) < 2000);
  assert.ok(report.statuses.some((line) => /sent 500 msg\/s.*received 500 msg\/s/.test(line)));
});

test("a count that does not come, and messages that are lost, end with code 6", async () => {
  const machine = await server();
  await run(machine, "send -q 10");
  const short = await run(machine, "receive -q 11 --duration 1");
  assert.deepEqual([short.exit, short.ok, short.findings.missing], [6, false, 1]);
  const silent = await run(machine, "receive -q 11");
  assert.deepEqual([silent.exit, silent.received.messages], [6, 10]);
});

test("refusals are counted by code and shown with the first one's remark", async () => {
  const machine = await server();
  const report = await run(machine, "send -s 5000000 -w 2 --duration 1");
  assert.deepEqual([report.exit, report.sent.messages], [6, 0]);
  const [{ code, count, first }] = report.errors;
  assert.equal(code, "code 13");
  assert.ok(count >= 10);
  assert.match(first, /^Cannot send: refused with code 13: .*4194304/);
});

test("a server that goes and comes again: errors are counted, what it took is there", async () => {
  const machine = await server();
  const process = new BenchProcess();
  const line = "send --rate 100 -w 2 --duration 5 --json --timeout 500";
  const running = bench(parseBench(line.split(" ")), process, machine.ports);
  await machine.clock.advance(1500);
  const { pairs } = machine.tcp;
  for (const pair of pairs) pair.silence();
  await machine.clock.advance(1100);
  for (const pair of pairs) pair.reset();
  await machine.until(running);
  const sent = process.report();
  assert.ok(sent.sent.messages >= 480);
  assert.ok(sent.inDoubt >= 4);
  assert.deepEqual(sent.errors.map(({ code }) => code), ["timeout", "closed"]);
  const received = await run(machine, "receive");
  assert.ok(received.received.messages >= sent.sent.messages);
  assert.ok(received.received.messages <= sent.sent.messages + sent.inDoubt);
  assert.deepEqual([sent.exit, received.exit, received.findings], [6, 0, CLEAN]);
});

test("a signal ends it early, with the report so far; a second one at once", async () => {
  const machine = await server();
  const process = new BenchProcess();
  const running = bench(parseBench("send --rate 100 --json".split(" ")), process, machine.ports);
  await machine.clock.advance(1000);
  process.signal("SIGINT");
  await machine.until(running);
  assert.ok(Math.abs(process.report().sent.messages - 100) <= 1);
  process.signal("SIGINT");
  assert.deepEqual(process.exits, [0, 130]);
});

test("no server, no topic: one sentence", async () => {
  const machine = await server();
  await assert.rejects(run(machine, "send -n 127.0.0.1:1"), /Cannot find topic .*refused/);
  await assert.rejects(run(machine, "receive -t none"), /There is no topic none/);
});

test("a stall of the server shows in all that was planned meanwhile, not in one", async () => {
  const machine = new TestMachine();
  const { clock } = machine;
  const route = (port: number) =>
    `{"brokerDatas":[{"brokerName":"b","cluster":"c","brokerAddrs":{0:"127.0.0.1:${port}"}}],` +
    `"queueDatas":[{"brokerName":"b","perm":6,"readQueueNums":1,"writeQueueNums":1}]}`;
  let stallsUntilMs = 0;
  const rows: Row[] = [
    testRow(34, () => ({})),
    testRow(105, () => ({ body: new TextEncoder().encode(route(harness.port)) })),
    testRow(310, () => {
      const waitMs = stallsUntilMs - clock.monotonic();
      const answer = { header: { msgId: "", queueId: 0, queueOffset: 0 } };
      if (waitMs <= 0) return answer;
      return new Promise((resolve) => clock.after(waitMs, () => resolve(answer)));
    }),
  ];
  const harness: Harness = await new Harness(rows, {}, { clock, lines: machine.lines }).start();
  clock.after(1000, () => stallsUntilMs = clock.monotonic() + 1000);
  const line = `send -n 127.0.0.1:${harness.port} -w 1 --rate 100 --duration 4`;
  const report = await run(machine, line, { tcp: harness.tcp });
  const { p50, p75, p90, max } = report.sent.latencyUs ?? {};
  assert.ok(Math.abs(report.sent.messages - 400) <= 1);
  assert.ok(p50 < 1000, `half of it was not touched: ${p50}`);
  // A quarter of all was planned within the stall: their waits are spread evenly over 0 to 1 s.
  assert.ok(p75 < 20_000 && p90 > 590_000 && p90 < 610_000, `${p75} ${p90}`);
  assert.ok(max > 980_000);
});
