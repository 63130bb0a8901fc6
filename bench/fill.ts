import { Client } from "../lib/client/client.ts";
import type { CallError, Command } from "../lib/client/remote_broker.ts";
import { RealClock } from "../lib/port/clock_real.ts";
import { RealTcp } from "../lib/port/tcp_real.ts";
import { load } from "./programs.ts";
import { readingOf } from "./reading.ts";

const BODY_BYTES = 1 << 20;
const OPEN = 8;
const STEP_SECONDS = 4;

/** Stores so many bytes as fast as it goes, in large messages. */
export async function fillBytes(port: number, bytes: number): Promise<void> {
  const client = new Client({
    ...{ tcp: new RealTcp(), clock: new RealClock(), nameServers: [] },
    timeoutMs: 60_000,
  });
  const broker = await client.broker(`127.0.0.1:${port}`);
  const body = new Uint8Array(BODY_BYTES).fill(97);
  let left = Math.ceil(bytes / BODY_BYTES);
  let open = 0;
  await new Promise<void>((resolve, reject) => {
    const send = () => {
      if (left <= 0) return open === 0 ? resolve() : undefined;
      left--;
      open++;
      const head = { topic: "BenchFill", producerGroup: "bench", bornTimestamp: Date.now() };
      broker.startSend({ ...head, queueId: left % 4, body }, {
        failed: (reason: CallError) => reject(reason),
        answered: ({ code, remark }: Command) => {
          open--;
          if (code !== 0) reject(new Error(`The fill was refused: ${code} ${remark}`));
          else send();
        },
      });
    };
    for (let at = 0; at < OPEN; at++) send();
  });
  await client.close();
}

/** Stores at least so many messages with bodies of 16 bytes. */
export async function fillMessages(port: number, count: number): Promise<void> {
  const options = ["send", "-c", "8", "-w", "2", "-s", "16", "-b", "200", "-W", "0"];
  for (let stored = 0; stored < count;) {
    const line = await load(...options, "-d", String(STEP_SECONDS), "-p", String(port));
    stored += readingOf(line).perSecond * STEP_SECONDS;
  }
}
