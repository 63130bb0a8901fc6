import assert from "node:assert/strict";
import { test } from "node:test";
import { run } from "../../lib/cli/run.ts";
import { start } from "../../lib/cli/start.ts";
import { VERSION } from "../../lib/config.ts";
import { TestMachine } from "../server/machine.ts";

/** A process that only notes what is done to it. */
class NotedProcess {
  readonly printed: string[] = [];
  readonly complaints: string[] = [];
  readonly exits: number[] = [];
  readonly arguments: readonly string[];
  readonly environment: Record<string, string> = {};
  signal: (name: string) => void = () => {};
  fault: (fault: unknown) => void = () => {};

  constructor(...argv: string[]) {
    this.arguments = argv;
  }

  print(text: string): void {
    this.printed.push(text);
  }

  complain(text: string): void {
    this.complaints.push(text);
  }

  status(): void {}

  onSignal(heard: (name: string) => void): void {
    this.signal = heard;
  }

  onFault(heard: (fault: unknown) => void): void {
    this.fault = heard;
  }

  exit(code: number): void {
    this.exits.push(code);
  }
}

function command(set: readonly string[] = [], config?: string) {
  const small = ["mappedFileSizeCommitLog=8388608", "storePathRootDir=/data"];
  return { name: "start", flags: {}, set: [...small, ...set], config } as const;
}

async function started(machine: TestMachine, process: NotedProcess): Promise<void> {
  await machine.until(start(command(), process, machine.ports));
}

test("version and help print and end well", async () => {
  const version = new NotedProcess("version");
  await run(version);
  assert.deepEqual([version.printed, version.exits], [[`PocketMQ ${VERSION}`], [0]]);
  const help = new NotedProcess("help", "settings");
  await run(help);
  assert.deepEqual(help.exits, [0]);
  assert.match(help.printed[0], /flushDiskType/);
});

for (
  const argv of ["strat", "start --nope", "help nothing", "start --set x", "start --port=x"]
) {
  test(`${argv}: one sentence and exit code 2`, async () => {
    const process = new NotedProcess(...argv.split(" "));
    await run(process);
    assert.deepEqual(process.exits, [2]);
    assert.equal(process.complaints.length, 1);
    assert.deepEqual(process.printed, []);
  });
}

test("start ends with one ready line; a signal stops it with 0", async () => {
  const machine = new TestMachine();
  const process = new NotedProcess();
  await started(machine, process);
  const lines = machine.lines.logged("info").map((line) => line.text);
  assert.match(lines.at(-1) ?? "", /^PocketMQ \S+ is ready after \d+ ms\.$/);
  assert.equal((await machine.send(await machine.client(), "T")).code, 0);
  process.signal("SIGTERM");
  await machine.clock.advance(10_000);
  assert.deepEqual(process.exits, [0]);
  assert.deepEqual(machine.lines.logged("error"), []);
});

test("a second signal ends it at once with 130", async () => {
  const machine = new TestMachine();
  const process = new NotedProcess();
  await started(machine, process);
  process.signal("SIGINT");
  process.signal("SIGINT");
  assert.deepEqual(process.exits, [130]);
});

test("a fault that nobody caught: one line, an orderly stop, exit code 5", async () => {
  const machine = new TestMachine();
  const process = new NotedProcess();
  await started(machine, process);
  process.fault(new Error("planted"));
  await machine.clock.advance(10_000);
  assert.deepEqual(process.exits, [5]);
  assert.equal(machine.lines.logged("error").length, 1);
  assert.match(machine.lines.logged("error")[0].text, /planted/);
});

test("a held directory is exit code 3, a taken port 4", async () => {
  const machine = new TestMachine();
  await started(machine, new NotedProcess());
  const second = new NotedProcess();
  await started(machine, second);
  assert.deepEqual(second.exits, [3]);
  const third = new NotedProcess();
  const elsewhere = command(["storePathRootDir=/other"]);
  await machine.until(start(elsewhere, third, machine.ports));
  assert.deepEqual(third.exits, [4]);
});

test("a file that is not there is exit code 2, one that is there is read", async () => {
  const machine = new TestMachine();
  await assert.rejects(
    machine.until(start(command([], "/no.conf"), new NotedProcess(), machine.ports)),
    /Cannot read --config \/no\.conf/,
  );
  const file = machine.disk.open("/broker.conf", "create");
  file.write(new TextEncoder().encode("brokerName=from-file\nbrokerNam=x\n"), 0);
  file.close();
  const process = new NotedProcess();
  await machine.until(start(command([], "/broker.conf"), process, machine.ports));
  assert.ok(machine.lines.has("Broker from-file of DefaultCluster"));
  assert.match(machine.lines.logged("warn")[0].text, /brokerNam \(\/broker\.conf, line 2\)/);
});
