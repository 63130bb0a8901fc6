import { writeFileSync } from "node:fs";
import { java } from "./jvm.ts";
import { pause, until, within } from "./pause.ts";
import { makeFolder, work } from "./places.ts";
import { freePort, isListening } from "./ports.ts";
import { type Program, start } from "./programs.ts";
import { CODE, hasRoute } from "./requests.ts";
import { address, type Target, type TargetOptions } from "./target.ts";
import { askWell } from "./wire.ts";

const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 60_000;

/** The class path is that of `Installed.apache`. */
export interface ApacheOptions extends TargetOptions {
  readonly classPath: string;
}

function target(
  program: Program,
  rest: Pick<Target, "directory" | "nameServerPort" | "brokerPort" | "startMs">,
): Target {
  return {
    kind: "apache",
    pids: [program.pid],
    ...rest,
    output: program.output,
    async stop() {
      program.signal("SIGTERM");
      const code = await within(
        STOP_LIMIT_MS,
        program.ended,
        () => `${program.name} does not stop`,
      );
      if (code !== 143) throw new Error(`${program.name} ended with ${code}: ${program.output()}`);
    },
    async kill() {
      program.signal("SIGKILL");
      await program.ended;
    },
  };
}

async function ready(program: Program, ports: number[], words: string): Promise<void> {
  await until(START_LIMIT_MS, async () => {
    if (!program.isRunning()) {
      throw new Error(`${program.name} ended at its start:\n${program.output()}`);
    }
    const isUp = (await Promise.all(ports.map(isListening))).every(Boolean);
    return isUp && program.output().includes(words) ? true : undefined;
  }, () => `${program.name} is not ready:\n${program.output()}`);
}

/** Apache's own name server. */
export async function startApacheNameServer(options: ApacheOptions): Promise<Target> {
  const { name, classPath } = options;
  const port = await freePort();
  const directory = options.directory ?? makeFolder(`${work}/${name}-namesrv`);
  const settings = { listenPort: port, bindAddress: "127.0.0.1", kvConfigPath: `${directory}/kv` };
  const began = performance.now();
  const program = start({
    name: `${name}-namesrv`,
    words: java({
      name: `${name}-namesrv`,
      heap: "128m",
      classPath,
      main: "org.apache.rocketmq.namesrv.NamesrvStartup",
      words: ["-c", properties(directory, { ...settings, ...options.settings })],
      properties: { "rmq.logback.configurationFile": "rmq.namesrv.logback.xml" },
    }),
    environment: { ROCKETMQ_HOME: directory },
    output: `${work}/${name}-namesrv.txt`,
  });
  await ready(program, [port], "boot success");
  const startMs = performance.now() - began;
  return target(program, { directory, nameServerPort: port, brokerPort: 0, startMs });
}

function properties(directory: string, settings: Record<string, unknown>): string {
  const path = `${directory}.conf`;
  const lines = Object.entries(settings).map(([key, value]) => `${key}=${value}\n`);
  writeFileSync(path, lines.join(""));
  return path;
}

/** Apache's own broker, at a name server that runs already. */
export async function startApacheBroker(
  options: ApacheOptions & { readonly nameServerPort: number },
): Promise<Target> {
  const { name, classPath, nameServerPort } = options;
  const brokerPort = options.brokerPort ?? await freePort();
  const directory = options.directory ?? makeFolder(`${work}/${name}-store`);
  const settings = {
    brokerClusterName: "DefaultCluster",
    brokerName: "broker-a",
    brokerId: 0,
    namesrvAddr: address(nameServerPort),
    bindAddress: "127.0.0.1",
    brokerIP1: "127.0.0.1",
    brokerIP2: "127.0.0.1",
    listenPort: brokerPort,
    storePathRootDir: directory,
    mappedFileSizeCommitLog: 104857600,
    diskMaxUsedSpaceRatio: 95,
    brokerFastFailureEnable: false, // a cold JVM on a busy machine refuses bursts
    ...options.settings,
  };
  const began = performance.now();
  const program = start({
    name: `${name}-broker`,
    words: java({
      name: `${name}-broker`,
      heap: "512m",
      classPath,
      main: "org.apache.rocketmq.broker.BrokerStartup",
      words: ["-c", properties(directory, settings)],
      properties: {
        "rmq.logback.configurationFile": "rmq.broker.logback.xml",
        "rocketmq.broker.rebalance.lockMaxLiveTime": options.settings?.lockMaxLiveTime ?? "60000",
      },
    }),
    environment: { ROCKETMQ_HOME: makeFolder(`${work}/home-${name}-broker`) },
    output: `${work}/${name}-broker.txt`,
  });
  await ready(program, [brokerPort], "boot success");
  await register(brokerPort, nameServerPort, options.settings?.brokerName ?? "broker-a");
  const startMs = performance.now() - began;
  return target(program, { directory, nameServerPort, brokerPort, startMs });
}

/**
 * A broker of 5.x knows its name servers only a moment after its first registration, and tries
 * again ten seconds later. A change of its permission makes it register at once.
 */
async function register(
  brokerPort: number,
  nameServerPort: number,
  brokerName: string,
): Promise<void> {
  const body = new TextEncoder().encode("brokerPermission=6\n");
  await until(START_LIMIT_MS, async () => {
    if (await hasRoute(nameServerPort, brokerName)) return true;
    await askWell(brokerPort, { code: CODE.updateBrokerConfig, body });
    await pause(200);
  }, () => "Apache's broker does not register");
}

/** Both; stopping or killing it ends both. */
export async function startApache(options: ApacheOptions): Promise<Target> {
  const { directory: _, settings: __, ...plain } = options;
  const nameServer = await startApacheNameServer(plain);
  const { nameServerPort } = nameServer;
  const broker = await startApacheBroker({ ...options, nameServerPort });
  return {
    ...broker,
    pids: [...nameServer.pids, ...broker.pids],
    output: () => nameServer.output() + broker.output(),
    async stop() {
      await broker.stop();
      await nameServer.stop();
    },
    async kill() {
      await broker.kill();
      await nameServer.kill();
    },
  };
}
