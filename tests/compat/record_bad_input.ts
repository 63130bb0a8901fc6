import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { RealTcp } from "../../lib/port/tcp_real.ts";
import { brokerRows } from "../../lib/remoting/handlers/broker_rows.ts";
import { RawClient } from "../remoting/harness.ts";
import { type Ground, hearAll, prepare, tableOf } from "../wire/bad_input.ts";
import { pause } from "./pause.ts";
import { openBroker } from "../wire/broker_port.ts";

// Writes bad_input_apache.txt: what a broker of Apache answers to each header field that is wrong.
// It needs a fresh one on the port that is named, with waitTimeMillsInSendQueue=60000, and takes
// two minutes: `deno run -A tests/compat/record_bad_input.ts PORT`.

const LOOK_MS = 25;
const QUIET_MS = 2000;

/** A broker of flesh and blood: what it has not answered in two seconds it does not answer. */
class RealGround implements Ground {
  #client: RawClient | undefined;
  readonly clock = { advance: () => this.#quiet() };

  constructor(readonly port: number) {}

  async connect(): Promise<RawClient> {
    const at = { host: "127.0.0.1", port: this.port, timeoutMs: 3000 };
    return this.#client = new RawClient(await new RealTcp().connect(at));
  }

  async #quiet(): Promise<void> {
    for (let [quiet, before] = [0, -1]; quiet < QUIET_MS; quiet += LOOK_MS) {
      await pause(LOOK_MS);
      const heard = this.#client?.heard.length ?? 0;
      if (heard !== before) quiet = 0;
      before = heard;
    }
  }
}

const ground = new RealGround(Number(process.argv[2]));
await prepare(ground);
const { world } = await openBroker();
const rows = brokerRows(world.broker).sort((one, other) => one.code - other.code);
const lines: string[] = [];
for (const row of rows) lines.push(...tableOf(await hearAll(ground, row)));
const path = fileURLToPath(new URL("../wire/bad_input_apache.txt", import.meta.url));
writeFileSync(path, lines.map((line) => `broker ${line}`).sort().join("\n") + "\n");
process.exit(0);
