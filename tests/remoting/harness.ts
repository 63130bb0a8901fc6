import { VirtualClock } from "../../lib/port/clock_virtual.ts";
import type { Job } from "../../lib/port/job.ts";
import { MemoryLines } from "../../lib/port/lines_memory.ts";
import { SeededRandom } from "../../lib/port/random_seeded.ts";
import { MemoryTcp } from "../../lib/port/tcp_memory.ts";
import type { Connection } from "../../lib/port/tcp.ts";
import { Caller } from "../../lib/remoting/caller.ts";
import type { Command } from "../../lib/remoting/command.ts";
import { decodeCommand } from "../../lib/remoting/decode.ts";
import { FrameSplitter } from "../../lib/remoting/frame.ts";
import type { RemotingLimits } from "../../lib/remoting/limits.ts";
import { RemotingListener } from "../../lib/remoting/listener.ts";
import type { Answer, Call, Row } from "../../lib/remoting/row.ts";
import { jsonFrame } from "./bytes.ts";

/** A listener on a network in memory, in virtual time. */
export class Harness {
  readonly clock: VirtualClock;
  readonly lines: MemoryLines;
  readonly tcp: MemoryTcp;
  readonly listener: RemotingListener;
  port = 0;

  constructor(
    rows: readonly Row[],
    limits: Partial<RemotingLimits> = {},
    ground: { clock: VirtualClock; lines: MemoryLines } = {
      clock: new VirtualClock(),
      lines: new MemoryLines(),
    },
  ) {
    this.clock = ground.clock;
    this.lines = ground.lines;
    const { clock, lines } = this;
    this.tcp = new MemoryTcp({ clock, random: new SeededRandom(7) });
    const table = new Map(rows.map((row) => [row.code, row]));
    this.listener = new RemotingListener({ tcp: this.tcp, clock, lines, rows: table, limits });
  }

  /** Listens, and runs the listener's jobs. */
  async start(): Promise<this> {
    this.port = (await this.listener.listen("127.0.0.1", 0)).port;
    for (const job of this.listener.jobs()) this.#run(job);
    return this;
  }

  async connect(): Promise<RawClient> {
    const connected = this.tcp.connect({ host: "127.0.0.1", port: this.port, timeoutMs: 1000 });
    await this.clock.settle();
    return new RawClient(await connected);
  }

  async caller(form = 0, asked?: (command: Command) => void): Promise<Caller> {
    const { tcp, clock, port } = this;
    const options = { tcp, clock, host: "127.0.0.1", port, timeoutMs: 1000, form, asked };
    const connected = Caller.connect(options);
    await clock.settle();
    return await connected;
  }

  /** Asks and lets a little time go by for the answer. */
  async ask(
    caller: Caller,
    code: number,
    header: Record<string, string | number | boolean | undefined> = {},
    body?: Uint8Array,
  ): Promise<Command> {
    const answer = caller.call({ code, header, body, timeoutMs: 60_000 });
    await this.clock.advance(20);
    return await answer;
  }

  #run(job: Job): void {
    const now = this.clock.monotonic();
    this.clock.after(job.run(now) - now, () => this.#run(job));
  }
}

/** A connection that sends what it is told and keeps what it hears. */
export class RawClient {
  readonly connection: Connection;
  readonly heard: Command[] = [];
  closed: string | undefined;
  bytes = 0;

  constructor(connection: Connection) {
    this.connection = connection;
    const splitter = new FrameSplitter({ frameMaxBytes: 2 ** 30, headerMaxBytes: 2 ** 23 });
    connection.serve({
      data: (bytes) => {
        this.bytes += bytes.length;
        splitter.push(bytes, (chunk, from, to) => {
          return this.heard.push(decodeCommand(chunk, from, to)) > 0;
        });
      },
      drained: () => {},
      closed: (reason) => this.closed = reason,
    });
  }

  send(bytes: Uint8Array): void {
    this.connection.write(bytes.slice());
  }

  ask(code: number, opaque: number, flag = 0, body?: Uint8Array): void {
    this.send(jsonFrame(`{"code":${code},"opaque":${opaque},"flag":${flag}}`, body));
  }
}

/** A row for tests: its code and what it does. */
export function testRow(
  code: number,
  answer: (call: Call) => Answer | undefined | Promise<Answer | undefined>,
): Row {
  return { code, name: `TEST_${code}`, access: "open", answer };
}
