import { MovedStore } from "./moved_store.ts";
import { pause } from "./pause.ts";
import { readTopic } from "./reader.ts";
import { sendWell } from "./requests.ts";
import { holds } from "./scenario.ts";
import type { Target } from "./target.ts";
import type { World } from "./world.ts";

const TOPIC = "Moved";
/** Upstream's wheel is late by up to two steps of a second. */
const LATE_MS = 4000;

type Kind = Target["kind"];

/** A data directory with messages that wait, moved from one broker to another. */
class DelayMove extends MovedStore {
  /** When each message is due at the earliest, by its text. */
  readonly #due = new Map<string, number>();

  /** Sends messages by level and by time: some that come here, some that have to wait longer. */
  async send(prefix: string): Promise<void> {
    const wishes: [number, Record<string, string>][] = [
      [1000, { DELAY: "1" }],
      [30_000, { DELAY: "4" }],
      [1500, { TIMER_DELAY_MS: "1500" }],
      ...[20_000, 25_500, 30_001].map((ms): [number, Record<string, string>] => {
        return [ms, { TIMER_DELAY_MS: String(ms) }];
      }),
      [28_000, { TIMER_DELIVER_MS: String(Date.now() + 28_000) }],
    ];
    for (let round = 0; round < 5; round++) {
      for (const [at, [ms, wish]] of wishes.entries()) {
        const body = `${prefix} ${round} ${at} ${ms}`;
        this.#due.set(body, Date.now() + (at === wishes.length - 1 ? 0 : ms));
        const properties = { UNIQ_KEY: body.replaceAll(" ", "-"), ...wish };
        await sendWell(this.wire, { topic: TOPIC, queueId: 0, body, properties });
      }
    }
  }

  /** Waits until all must have come; gives how often each came. None may be early or missing. */
  async counts(): Promise<Map<string, number>> {
    const last = Math.max(...this.#due.values());
    // A move may take longer than the messages had to wait; the last broker has its time as well.
    await pause(Math.max(0, last - Date.now()) + LATE_MS);
    const counts = new Map<string, number>();
    for (const { body, bytes } of await readTopic(this.wire, TOPIC, 1)) {
      const at = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigInt64(56));
      const early = (this.#due.get(body) ?? 0) - at;
      holds(early <= 0, `${body} came ${early} ms early`);
      counts.set(body, (counts.get(body) ?? 0) + 1);
    }
    for (const body of this.#due.keys()) holds(counts.has(body), `${body} is lost`);
    return counts;
  }
}

/** What waits in a directory comes once at the last broker that it is moved to, and in time. */
export async function moveDelays(world: World, from: readonly Kind[], to: Kind): Promise<void> {
  const move = new DelayMove(world, `delay-move-${[...from, to].join("-")}`);
  for (const [at, kind] of from.entries()) {
    await move.open(kind);
    await move.send(`${kind}${at}`);
    await pause(5000);
    await move.stop();
  }
  await move.open(to);
  const counts = await move.counts();
  await move.stop();
  const twice = [...counts].filter(([, count]) => count > 1);
  holds(twice.length === 0, `came more than once: ${twice.map(([body]) => body).join(", ")}`);
}
