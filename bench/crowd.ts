import { connect, type Socket } from "node:net";
import { Client } from "../lib/client/client.ts";
import type { Hearer, RemoteBroker } from "../lib/client/remote_broker.ts";
import { RealClock } from "../lib/port/clock_real.ts";
import { RealTcp } from "../lib/port/tcp_real.ts";
import { jsonFrame } from "../tests/remoting/bytes.ts";
import { makeTopic } from "./topics.ts";

/** Many that stand about: connections, pulls that wait. */
export interface Crowd {
  leave(): Promise<void>;
}

const AT_ONCE = 200;
const HEARTBEAT_MS = 30_000;
const TICK_MS = 10;
const WAIT_MS = 15_000;
const PULLS_PER_CONNECTION = 1000;

/** Opens connections that say nothing; with `heartbeats` each sends one every 30 s. */
export async function connections(
  port: number,
  count: number,
  options: { readonly heartbeats?: boolean } = {},
): Promise<Crowd> {
  const sockets: Socket[] = [];
  while (sockets.length < count) {
    const more = Math.min(AT_ONCE, count - sockets.length);
    sockets.push(...await Promise.all(Array.from({ length: more }, () => opened(port))));
  }
  let isOver = false;
  if (options.heartbeats) beat(sockets, () => isOver);
  return {
    leave() {
      isOver = true;
      for (const socket of sockets) socket.destroy();
      return Promise.resolve();
    },
  };
}

/** Pulls that wait at the ends of empty queues of a topic of their own. */
export async function waitingPulls(port: number, count: number): Promise<Crowd> {
  const client = new Client({ ...real, nameServers: [] });
  const address = `127.0.0.1:${port}`;
  const [topic, group] = ["BenchWaiting", "bench_waiting"];
  await makeTopic(port, topic, PULLS_PER_CONNECTION);
  for (let made = 0; made < count; made += PULLS_PER_CONNECTION) {
    const broker = await client.broker(address, made);
    const most = Math.min(PULLS_PER_CONNECTION, count - made);
    for (let queueId = 0; queueId < most; queueId++) waitOn(broker, { group, topic, queueId });
  }
  return { leave: () => client.close() };
}

const real = { tcp: new RealTcp(), clock: new RealClock() };

function waitOn(
  broker: RemoteBroker,
  queue: { readonly group: string; readonly topic: string; readonly queueId: number },
): void {
  const ask = () => broker.startPull({ ...queue, offset: 0, waitMs: WAIT_MS }, hearer);
  const hearer: Hearer = { answered: ask, failed: () => {} };
  ask();
}

function opened(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true }, () => {
      socket.off("error", reject);
      socket.on("error", () => {});
      socket.resume();
      resolve(socket);
    });
    socket.once("error", reject);
  });
}

/** Spread evenly over the period, as those of many machines are. */
function beat(sockets: readonly Socket[], isOver: () => boolean): void {
  const began = performance.now();
  let sent = 0;
  const tick = () => {
    if (isOver()) return;
    const due = (performance.now() - began) / HEARTBEAT_MS * sockets.length;
    for (; sent < due; sent++) {
      sockets[sent % sockets.length].write(heartbeat(sent % sockets.length));
    }
    setTimeout(tick, TICK_MS);
  };
  tick();
}

function heartbeat(index: number): Uint8Array {
  const header = JSON.stringify({
    ...{ code: 34, flag: 0, language: "JAVA", opaque: 1, version: 477 },
    serializeTypeCurrentRPC: "JSON",
  });
  const body = JSON.stringify({
    clientID: `bench@${index}`,
    consumerDataSet: [],
    producerDataSet: [{ groupName: "bench_crowd" }],
  });
  return jsonFrame(header, new TextEncoder().encode(body));
}
