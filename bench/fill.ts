import { Client } from "../lib/client/client.ts";
import { RealClock } from "../lib/port/clock_real.ts";
import { RealTcp } from "../lib/port/tcp_real.ts";
import { load } from "./programs.ts";
import { readingOf } from "./reading.ts";
import { sendMany } from "./send_many.ts";

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
  const message = (at: number) => ({ queueId: at % 4, body });
  const count = Math.ceil(bytes / BODY_BYTES);
  await sendMany(broker, { count, open: OPEN, topic: "BenchFill", message });
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
