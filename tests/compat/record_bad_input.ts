import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { RealTcp } from "../../lib/port/tcp_real.ts";
import { brokerRows } from "../../lib/remoting/handlers/broker_rows.ts";
import { nameServerRows } from "../../lib/remoting/handlers/name_server_rows.ts";
import type { Row } from "../../lib/remoting/row.ts";
import { makeNameServer } from "../nameserver/fakes.ts";
import { RawClient } from "../remoting/harness.ts";
import { type Ground, hearAll, hearBodies, prepare, tableOf } from "../wire/bad_input.ts";
import { pause } from "./pause.ts";
import { openBroker } from "../wire/broker_port.ts";

// Writes bad_input_apache.txt: what a broker of Apache answers to each header field that is wrong.
// and each body. It needs a fresh one with waitTimeMillsInSendQueue=60000, and takes four minutes:
// `deno run -A tests/compat/record_bad_input.ts BROKER_PORT NAME_SERVER_PORT`.

const LOOK_MS = 25;
/** Who asks for a moment is given this; what has not come then is waited for. */
const SOON_MS = 200;
const LONG_MS = 1000;
const QUIET_MS = 2000;

/** A broker of flesh and blood: what it has not answered in two seconds it does not answer. */
class RealGround implements Ground {
  #client: RawClient | undefined;
  readonly clock = { advance: (ms: number) => this.#quiet(ms) };

  constructor(readonly port: number) {}

  async connect(): Promise<RawClient> {
    const at = { host: "127.0.0.1", port: this.port, timeoutMs: 3000 };
    return this.#client = new RawClient(await new RealTcp().connect(at));
  }

  async #quiet(ms: number): Promise<void> {
    const enough = ms < LONG_MS ? SOON_MS : QUIET_MS;
    for (let [quiet, before] = [0, -1]; quiet < enough; quiet += LOOK_MS) {
      await pause(LOOK_MS);
      const heard = this.#client?.heard.length ?? 0;
      if (heard !== before) quiet = 0;
      before = heard;
    }
  }
}

/** What is heard of each row, as lines. */
async function heardOf(part: string, ground: RealGround, rows: readonly Row[]): Promise<string[]> {
  const lines: string[] = [];
  for (const row of rows) lines.push(...tableOf(await hearAll(ground, row)));
  for (const row of rows) lines.push(...tableOf(await hearBodies(ground, row)));
  return lines.map((line) => `${part} ${line}`);
}

const [broker, nameServer] = process.argv.slice(2).map((port) => new RealGround(Number(port)));
await prepare(broker);
const { world } = await openBroker();
const rows = brokerRows(world.broker).sort((one, other) => one.code - other.code);
const lines = [
  ...await heardOf("nameserver", nameServer, nameServerRows(makeNameServer().nameServer)),
  ...await heardOf("broker", broker, rows),
];
const path = fileURLToPath(new URL("../wire/bad_input_apache.txt", import.meta.url));
writeFileSync(path, lines.sort().join("\n") + "\n");
process.exit(0);
