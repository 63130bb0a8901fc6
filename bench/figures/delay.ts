import { Client } from "../../lib/client/client.ts";
import { recordsIn } from "../../lib/client/pull_request.ts";
import type { RemoteBroker } from "../../lib/client/remote_broker.ts";
import { formatProperties, getProperty, Property } from "../../lib/model/properties.ts";
import { RealClock } from "../../lib/port/clock_real.ts";
import { RealTcp } from "../../lib/port/tcp_real.ts";
import type { Figure } from "../figure.ts";
import type { Lab } from "../lab.ts";
import { anonymousMegabytes, cpuMs, type Running, untilCalm } from "../programs.ts";
import { perSecond, type Row } from "../row.ts";
import { sendMany } from "../send_many.ts";

const TOPIC = "BenchLater";
const OPEN = 64;
/** The jitter's messages are due within so long. */
const SPREAD_MS = 4000;
/** What only waits is due in an hour and later. */
const FAR_MS = 3_600_000;

export const delay: Figure = {
  number: 13,
  name: "messages that come later",
  async *measure(lab) {
    const [few, many] = [{ full: 20_000, firstMs: 1500 }, { full: 100_000, firstMs: 10_000 }];
    const at: Wish = (ms, now) => ["TIMER_DELIVER_MS", String(now + ms)];
    yield await jitter(lab, { ...few, name: "delivery time", wish: at });
    const after: Wish = (ms) => ["TIMER_DELAY_MS", String(ms)];
    yield await jitter(lab, { ...few, name: "delay of ms", wish: after });
    yield await jitter(lab, { ...many, name: "delivery time, most on disk", wish: at });
    yield* pending(lab);
  },
};

/** The property that asks for a delay. */
type Wish = (ms: number, now: number) => [string, string];

/** A run: so many messages, the first of which is due after so long. */
interface Jitter {
  readonly name: string;
  readonly full: number;
  readonly firstMs: number;
  readonly wish: Wish;
}

/** A message that came. */
interface Came {
  readonly text: string;
  /** When it was stored in its topic, and when it was due by the broker's word; ms since 1970. */
  readonly at: number;
  readonly dueMs: number;
}

/**
 * How late messages are stored in their topic, by the time at which the broker was to do it: a
 * delay begins when the broker hears of it. None may come before its sender's time. The times are
 * the columns' µs.
 */
async function jitter(lab: Lab, { name, full, firstMs, wish }: Jitter): Promise<Row> {
  const own = await lab.start();
  const count = lab.scaled(full, full / 5);
  try {
    return await within(own, async (broker) => {
      const due = await sendAll(broker, count, (at) => wish(firstMs + at % SPREAD_MS, Date.now()));
      await new Promise((resolve) => setTimeout(resolve, firstMs + SPREAD_MS + 500));
      const all = await stored(broker);
      if (all.length !== count) throw new Error(`${all.length} of ${count} came`);
      const early = Math.max(...all.map(({ text, at }) => (due.get(text) ?? NaN) - at));
      if (!(early <= 0)) throw new Error(`some came early: ${early} ms`);
      const late = all.map(({ at, dueMs }) => at - dueMs).sort((one, other) => one - other);
      const of = (part: number) => 1000 * late[Math.min(count - 1, Math.floor(count * part))];
      return {
        run: `${count.toLocaleString("en")} by ${name}: how late`,
        ours: `${late[count - 1]} ms at most`,
        ...{ p50: of(0.5), p99: of(0.99), p999: of(0.999) },
        goal: "≤ 10 ms",
      };
    });
  } finally {
    await own.stop();
  }
}

/** Memory and CPU of what waits for an hour. */
async function* pending(lab: Lab): AsyncIterable<Row> {
  const count = lab.scaled(1_000_000, 200_000);
  const own = await lab.start();
  try {
    const before = { mb: anonymousMegabytes(own.processId), cpu: cpuMs(own.processId) };
    const beganMs = performance.now();
    await within(
      own,
      (broker) => sendAll(broker, count, (at) => ["TIMER_DELAY_MS", String(FAR_MS + at % FAR_MS)]),
    );
    const seconds = (performance.now() - beganMs) / 1000;
    await untilCalm(own, 30);
    const cpu = (cpuMs(own.processId) - before.cpu) * 1000 / count;
    const grown = Math.round(anonymousMegabytes(own.processId) - before.mb);
    const run = `${count.toLocaleString("en")} that wait for an hour`;
    yield { run: `${run}: send`, ours: perSecond(count / seconds), cpu, goal: "" };
    yield { run: `${run}: memory`, ours: `+${grown} MB`, goal: "bounded" };
  } finally {
    await own.stop();
  }
}

async function within<T>(own: Running, run: (broker: RemoteBroker) => Promise<T>): Promise<T> {
  const clock = new RealClock();
  const client = new Client({ tcp: new RealTcp(), clock, nameServers: [], timeoutMs: 60_000 });
  try {
    return await run(await client.broker(`127.0.0.1:${own.port}`));
  } finally {
    await client.close();
  }
}

/** Sends so many, and gives when each is due at the earliest: its delay from its sending. */
async function sendAll(
  broker: RemoteBroker,
  count: number,
  wishOf: (at: number) => [string, string],
): Promise<Map<string, number>> {
  const due = new Map<string, number>();
  const utf8 = new TextEncoder();
  const message = (at: number) => {
    const text = `m${at}`;
    const [name, value] = wishOf(at);
    due.set(text, name === "TIMER_DELIVER_MS" ? Number(value) : Date.now() + Number(value));
    const properties = formatProperties(new Map([[name, value]]));
    return { queueId: 0, body: utf8.encode(text), properties };
  };
  await sendMany(broker, { count, open: OPEN, topic: TOPIC, message });
  return due;
}

/** The topic's messages: text, when they were stored, and when the broker was to do it. */
async function stored(broker: RemoteBroker): Promise<Came[]> {
  const all: Came[] = [];
  const max = await broker.offsetMax(TOPIC, 0);
  for (let offset = 0; offset < max;) {
    const { records } = await broker.pull({ group: "bench", topic: TOPIC, queueId: 0, offset });
    for (const record of recordsIn(records)) {
      const dueMs = Number(getProperty(record.properties, Property.timerOutMs)) + 1;
      const text = new TextDecoder().decode(record.body);
      all.push({ text, at: record.storeTimestamp, dueMs });
      offset = record.offset + 1;
    }
  }
  return all;
}
