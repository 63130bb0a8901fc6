import type { Lab } from "./lab.ts";
import { bench, cpuMs, endedCpuMs, type RunningBroker } from "./programs.ts";
import { middleOf } from "./reading.ts";
import type { Part, Report } from "./report.ts";
import { perSecond, type Row, share } from "./row.ts";

/** Share of the messages wanted that may be missing, or too many. */
const TOLERANCE = 0.05;
/** The same of Apache's, which refuses many: what is sent again comes with another tag. */
const PEER_TOLERANCE = 0.5;
/** What both brokers give a new topic at the most, unless it is set. */
const QUEUES = "8";
/** Over one connection server and tool would take turns: all that one sends comes at once. */
const CONNECTIONS = "4";

/** One run: its report, and what it cost. */
export interface Run {
  readonly report: Report;
  /** ms of CPU: the server's, and the tool's own. */
  readonly serverMs: number;
  readonly toolMs: number;
  /** From start to end of the tool, ms. */
  readonly tookMs: number;
}

/** What one run says of the traffic. */
export interface Measure {
  readonly perSecond: number;
  /** µs of the server's CPU a message. */
  readonly cpu: number;
  /** The tool's share of its core. */
  readonly tool: number;
  /** µs, of what is told. */
  readonly latencyUs?: { readonly [name: string]: number };
}

/** A broker, and a topic that no run before had. */
export interface Place {
  readonly server: RunningBroker;
  readonly topic: string;
  readonly isPeer: boolean;
}

/** A kind of traffic: by name, what one run of it measures. */
export type Traffic = (place: Place) => Promise<{ readonly [row: string]: Measure }>;

/** Runs the executable's own tool against a broker. @throws {Error} where ours did wrong. */
export async function ran(place: Place, verb: string, ...options: string[]): Promise<Run> {
  const { server, topic, isPeer } = place;
  const address = `127.0.0.1:${server.nameServerPort}`;
  const at = ["-n", address, "-t", topic, "--connections", CONNECTIONS, "--timeout", "30000"];
  const [serverMs, toolMs, beganMs] = [cpuMs(server.processId), endedCpuMs(), performance.now()];
  const report = await bench(verb, ...at, ...options);
  const wrong = Object.entries(report.findings ?? {}).filter(([name, count]) => {
    return count > 0 && name !== "foreign";
  });
  const said = [...wrong.map(([name, count]) => `${count} ${name}`), report.errors[0]?.first];
  const flaws = said.filter(Boolean).join(", ");
  if (flaws !== "" && !isPeer) throw new Error(`bench ${verb}: ${flaws}`);
  if (flaws !== "") console.log(`Apache, bench ${verb}: ${flaws}`);
  return {
    report,
    serverMs: cpuMs(server.processId) - serverMs,
    toolMs: endedCpuMs() - toolMs,
    tookMs: performance.now() - beganMs,
  };
}

/** A run as a measure: so many messages in so many seconds. */
export function measureOf(run: Run, part: Part, messages = part.messages): Measure {
  if (messages === 0 || part.seconds <= 0) throw new Error("Not one message came through.");
  return {
    perSecond: messages / part.seconds,
    cpu: run.serverMs * 1000 / messages,
    tool: run.toolMs / run.tookMs,
    latencyUs: part.latencyUs,
  };
}

/** Ours, and Apache's where it is asked for, as rows: the middle of three runs each. */
export async function* trafficRows(
  lab: Lab,
  goals: { readonly [row: string]: string },
  traffic: Traffic,
): AsyncIterable<Row> {
  const server = await lab.start();
  const ours = await rounds(lab, { server, isPeer: false }, traffic)
    .finally(() => server.stop());
  const peers = await lab.beside([], (peer) => {
    return rounds(lab, { server: peer, isPeer: true }, traffic);
  });
  for (const [run, goal] of Object.entries(goals)) {
    const own = middle(ours.map((one) => one[run]));
    const peer = peers && middle(peers.map((one) => one[run]));
    yield {
      run,
      ours: perSecond(own.perSecond),
      ...{ p50: own.latencyUs?.p50, p99: own.latencyUs?.p99, p999: own.latencyUs?.["p99.9"] },
      cpu: Number(own.cpu.toFixed(2)),
      beside: `load ${own.tool.toFixed(2)} of its core`,
      apache: peer &&
        `${share(own.perSecond, peer.perSecond)} ×, CPU ${share(own.cpu, peer.cpu)} ` +
          `(${peer.cpu.toFixed(1)} µs)`,
      goal,
    };
  }
}

/** Messages of which few are asked for. */
export interface Filtered {
  readonly goal: string;
  /** Messages in all, so many that what a start costs is little beside them. */
  readonly count: number;
  /** One of so many is asked for; they have as many tags. */
  readonly tags: number;
  /** Options of `bench send`. */
  readonly send?: readonly string[];
  /** By what is asked for, options of `bench receive`. */
  readonly runs: { readonly [run: string]: readonly string[] };
}

/** How fast a broker looks through messages of which few are asked for: the same in each round. */
export function filteredRows(lab: Lab, filtered: Filtered): AsyncIterable<Row> {
  const { goal, count, tags, send = [], runs } = filtered;
  const topics = new Map<RunningBroker, string>();
  const goals = Object.fromEntries(Object.keys(runs).map((run) => [run, goal]));
  return trafficRows(lab, goals, async ({ server, isPeer, topic: own }) => {
    const topic = topics.get(server) ?? own;
    const place = { server, isPeer, topic };
    const made = ["-q", String(count), "-l", String(tags), "-s", "100", "-b", "100", "-w", "8"];
    // A queue has one pull open: of few queues server and tool wait for each other by turns.
    const sent = ["--queues", QUEUES, ...made, ...send];
    if (!topics.has(server)) await ran(place, "send", ...sent);
    topics.set(server, topic);
    const tolerance = isPeer ? PEER_TOLERANCE : TOLERANCE;
    const measured: { [run: string]: Measure } = {};
    for (const [run, receive] of Object.entries(runs)) {
      const received = await ran(place, "receive", ...receive);
      const { messages } = received.report.received;
      if (Math.abs(messages - count / tags) > tolerance * count / tags) {
        throw new Error(`${messages} of about ${count / tags} messages came`);
      }
      measured[run] = measureOf(received, received.report.received, count);
    }
    return measured;
  });
}

/** A round before, for both alike, makes the code warm. */
async function rounds(lab: Lab, place: Omit<Place, "topic">, traffic: Traffic) {
  const all: Awaited<ReturnType<Traffic>>[] = [];
  for (let times = 0; times <= lab.times; times++) {
    lab.pageCache.fill();
    const measured = await traffic({ ...place, topic: `BenchTraffic${times}` });
    if (times > 0) all.push(measured);
  }
  return all;
}

function middle(all: readonly Measure[]): Measure {
  const of = (value: (one: Measure) => number) => middleOf(all.map(value));
  const names = Object.keys(all[0].latencyUs ?? {});
  const latencies = names.map((name) => [name, of((one) => one.latencyUs?.[name] ?? NaN)]);
  return {
    perSecond: of((one) => one.perSecond),
    cpu: of((one) => one.cpu),
    tool: of((one) => one.tool),
    latencyUs: names.length === 0 ? undefined : Object.fromEntries(latencies),
  };
}
