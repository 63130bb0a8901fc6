import assert from "node:assert/strict";
import { formatHost, formatIp } from "../../lib/model/host.ts";
import type { Connection, ConnectionHandler, Tcp, TcpListener } from "../../lib/port/tcp.ts";
import { settled, type TimedSubject, until } from "./timed_subject.ts";

/** TCP under test. */
export interface TcpSubject extends TimedSubject {
  readonly tcp: Tcp;
}

/** One thing that every TCP must do. */
export interface TcpCase {
  readonly name: string;
  run(subject: TcpSubject): Promise<void>;
}

/** Keeps what a connection says. */
export class Heard implements ConnectionHandler {
  readonly chunks: Uint8Array[] = [];
  readonly reasons: string[] = [];
  drains = 0;
  bytes = 0;

  data(bytes: Uint8Array): void {
    this.chunks.push(bytes);
    this.bytes += bytes.length;
  }

  drained(): void {
    this.drains++;
  }

  closed(reason: string): void {
    this.reasons.push(reason);
  }

  get text(): string {
    return this.chunks.map((chunk) => new TextDecoder().decode(chunk)).join("");
  }
}

const loopback = "127.0.0.1";
const text = (value: string) => new TextEncoder().encode(value);

/** A listener and a connection to it, both ends. */
export async function connected(subject: TcpSubject): Promise<{
  listener: TcpListener;
  dialled: Connection;
  accepted: Connection;
}> {
  const accepts: Connection[] = [];
  const listener = await subject.tcp.listen({ host: loopback, port: 0 }, (connection) => {
    accepts.push(connection);
  });
  const { port } = listener;
  const dialling = subject.tcp.connect({ host: loopback, port, timeoutMs: 5_000 });
  const dialled = await settled(subject, dialling);
  await until(subject, () => accepts.length === 1);
  return { listener, dialled, accepted: accepts[0] };
}

async function withPair(
  subject: TcpSubject,
  run: (ends: {
    readonly listener: TcpListener;
    readonly dialled: Connection;
    readonly accepted: Connection;
    readonly near: Heard;
    readonly far: Heard;
  }) => Promise<void>,
): Promise<void> {
  const ends = await connected(subject);
  try {
    await run({ ...ends, near: new Heard(), far: new Heard() });
  } finally {
    ends.dialled.destroy();
    ends.accepted.destroy();
    await ends.listener.close();
  }
}

const bytesAndEnds: TcpCase[] = [
  {
    name: "both ends know both addresses, and bytes go both ways in order",
    run: (subject) =>
      withPair(subject, async ({ listener, dialled, accepted, near, far }) => {
        assert.equal(formatHost(dialled.remote), `127.0.0.1:${listener.port}`);
        assert.equal(formatHost(accepted.local), `127.0.0.1:${listener.port}`);
        assert.equal(formatHost(dialled.local), formatHost(accepted.remote));
        assert.notEqual(dialled.local.port, listener.port);
        dialled.serve(near);
        accepted.serve(far);
        let sent = "";
        for (let at = 0; at < 200; at++) {
          dialled.write(text(`[${at}]`));
          sent += `[${at}]`;
        }
        accepted.write(text("welcome"));
        await until(subject, () => far.bytes === sent.length && near.bytes === 7);
        assert.equal(far.text, sent);
        assert.equal(near.text, "welcome");
        assert.equal(dialled.unsentBytes, 0);
      }),
  },
  {
    name: "nothing is read before serve, and nothing is lost",
    run: (subject) =>
      withPair(subject, async ({ dialled, accepted, far }) => {
        dialled.serve(new Heard());
        dialled.write(text("early "));
        await subject.pass();
        dialled.write(text("bird"));
        await subject.pass();
        accepted.serve(far);
        await until(subject, () => far.bytes === 10);
        assert.equal(far.text, "early bird");
      }),
  },
  {
    name: "received bytes stay as they were received",
    run: (subject) =>
      withPair(subject, async ({ dialled, accepted, far }) => {
        accepted.serve(far);
        const sent = Uint8Array.from({ length: 300_000 }, (_, at) => (at * 31 + (at >> 9)) & 0xff);
        for (let at = 0; at < sent.length; at += 10_000) {
          dialled.write(sent.slice(at, at + 10_000));
          await subject.pass();
        }
        await until(subject, () => far.bytes === sent.length);
        const got = far.chunks.flatMap((chunk) => [...chunk]);
        assert.ok(got.every((byte, at) => byte === sent[at]));
        assert.ok(far.chunks.every((chunk) => chunk instanceof Uint8Array));
      }),
  },
  {
    name: "lent bytes go out as they were, between those that were given",
    run: (subject) =>
      withPair(subject, async ({ dialled, accepted, near, far }) => {
        dialled.serve(near);
        accepted.serve(far);
        const memory = text("-lent-");
        for (let at = 0; at < 3_000; at++) {
          memory[5] = 48 + at % 10;
          accepted.lend(memory, 1, 6);
          accepted.write(new Uint8Array(1_000).fill(48 + at % 10));
          memory.fill(0x78, 1);
          memory.set(text("lent"), 1);
        }
        await until(subject, () => near.bytes === 3_000 * 1_005);
        const whole = near.text;
        for (let at = 0; at < 3_000; at++) {
          const digit = String(at % 10);
          assert.equal(whole.slice(at * 1_005, at * 1_005 + 6), `lent${digit}${digit}`);
        }
        assert.equal(far.bytes, 0);
      }),
  },
  {
    name: "end sends the rest, then both ends close as ended, once",
    run: (subject) =>
      withPair(subject, async ({ dialled, accepted, near, far }) => {
        dialled.serve(near);
        accepted.serve(far);
        dialled.write(new Uint8Array(3_000_000));
        dialled.end();
        dialled.end();
        await until(subject, () => near.reasons.length > 0 && far.reasons.length > 0);
        await subject.pass();
        assert.equal(far.bytes, 3_000_000);
        assert.deepEqual([near.reasons, far.reasons], [["ended"], ["ended"]]);
        dialled.write(text("late"));
        accepted.write(text("late"));
        accepted.end();
        accepted.destroy();
        await subject.pass();
        assert.equal(far.reasons.length, 1);
      }),
  },
  {
    name: "an end goes through though the peer is still writing",
    run: (subject) =>
      withPair(subject, async ({ dialled, accepted, near, far }) => {
        dialled.serve(near);
        accepted.serve(far);
        accepted.write(new Uint8Array(3_000_000));
        dialled.write(text("goodbye"));
        dialled.end();
        await until(subject, () => near.reasons.length > 0 && far.reasons.length > 0);
        assert.equal(far.text, "goodbye");
        assert.deepEqual(near.reasons, ["ended"]);
      }),
  },
  {
    name: "destroy closes at once; the peer hears of it",
    run: (subject) =>
      withPair(subject, async ({ dialled, accepted, near, far }) => {
        dialled.serve(near);
        accepted.serve(far);
        dialled.destroy();
        dialled.destroy();
        await until(subject, () => near.reasons.length > 0 && far.reasons.length > 0);
        await subject.pass();
        assert.deepEqual(near.reasons, ["destroyed"]);
        assert.equal(far.reasons.length, 1);
        assert.match(far.reasons[0], /^(ended|reset)$/);
      }),
  },
  {
    name: "who serves a connection that is closed already hears of it",
    run: (subject) =>
      withPair(subject, async ({ dialled, near }) => {
        dialled.destroy();
        await subject.pass();
        dialled.serve(near);
        assert.deepEqual(near.reasons, []);
        await until(subject, () => near.reasons.length > 0);
        assert.deepEqual(near.reasons, ["destroyed"]);
      }),
  },
  {
    name: "a peer that left before serve is noticed, after its bytes",
    run: (subject) =>
      withPair(subject, async ({ dialled, accepted, far }) => {
        dialled.serve(new Heard());
        dialled.write(text("bye"));
        dialled.end();
        await subject.pass();
        accepted.serve(far);
        await until(subject, () => far.reasons.length > 0);
        assert.equal(far.text, "bye");
        assert.deepEqual(far.reasons, ["ended"]);
      }),
  },
];

const pressure: TcpCase[] = [
  {
    name: "a slow reader: bytes pile up unsent, then drained is told once all is taken",
    run: (subject) =>
      withPair(subject, async ({ dialled, accepted, near, far }) => {
        dialled.serve(near);
        accepted.serve(far);
        accepted.pause();
        for (let at = 0; at < 40; at++) dialled.write(new Uint8Array(1_000_000).fill(at));
        for (let at = 0; at < 5; at++) await subject.pass();
        assert.ok(dialled.unsentBytes > 20_000_000, `${dialled.unsentBytes} unsent`);
        assert.equal(near.drains, 0);
        assert.ok(far.bytes < 1_000_000);
        accepted.resume();
        await until(subject, () => far.bytes === 40_000_000 && near.drains > 0);
        assert.equal(dialled.unsentBytes, 0);
        assert.equal(near.drains, 1);
        assert.equal(far.chunks.at(-1)?.at(-1), 39);
      }),
  },
  {
    name: "pause stops the bytes, resume lets them come",
    run: (subject) =>
      withPair(subject, async ({ dialled, accepted, far }) => {
        accepted.serve(far);
        dialled.write(text("one"));
        await until(subject, () => far.bytes === 3);
        accepted.pause();
        dialled.write(text("two"));
        for (let at = 0; at < 5; at++) await subject.pass();
        assert.equal(far.text, "one");
        accepted.resume();
        await until(subject, () => far.bytes === 6);
        assert.equal(far.text, "onetwo");
      }),
  },
  {
    name: "destroy with much unsent closes both ends",
    run: (subject) =>
      withPair(subject, async ({ dialled, accepted, near, far }) => {
        dialled.serve(near);
        accepted.serve(far);
        accepted.pause();
        dialled.write(new Uint8Array(20_000_000));
        await subject.pass();
        dialled.destroy();
        accepted.resume();
        await until(subject, () => near.reasons.length > 0 && far.reasons.length > 0);
        assert.equal(dialled.unsentBytes, 0);
        assert.ok(far.bytes < 20_000_000);
      }),
  },
];

const ports: TcpCase[] = [
  {
    name: "a port is taken once, and is free again after close; connections stay",
    run: (subject) =>
      withPair(subject, async ({ listener, dialled, accepted, far }) => {
        const { port } = listener;
        assert.equal(listener.host, loopback);
        assert.ok(port > 0);
        const again = subject.tcp.listen({ host: loopback, port }, () => {});
        await assert.rejects(settled(subject, again), {
          message: `Cannot listen on 127.0.0.1:${port}: another process already listens there`,
        });
        await listener.close();
        await listener.close();
        const refused = subject.tcp.connect({ host: loopback, port, timeoutMs: 5_000 });
        await assert.rejects(settled(subject, refused), {
          message: `Cannot connect to 127.0.0.1:${port}: refused, for nothing listens there`,
        });
        const anew = await subject.tcp.listen({ host: loopback, port }, () => {});
        assert.equal(anew.port, port);
        await anew.close();
        accepted.serve(far);
        dialled.write(text("still here"));
        await until(subject, () => far.bytes === 10);
      }),
  },
  {
    name: "an address of no network card here, and a name of no host",
    async run(subject) {
      const strange = subject.tcp.listen({ host: "203.0.113.77", port: 0 }, () => {});
      await assert.rejects(settled(subject, strange), {
        message:
          "Cannot listen on 203.0.113.77:0: no network card of this machine has that address",
      });
      const address = { host: "no-such-host.invalid", port: 80, timeoutMs: 5_000 };
      await assert.rejects(settled(subject, subject.tcp.connect(address)), {
        message:
          /^Cannot connect to no-such-host\.invalid:80: (there is no host of|the name cannot)/,
      });
    },
  },
  {
    name: "listening on every address serves localhost, told as IPv4",
    async run(subject) {
      const accepts: Connection[] = [];
      const address = { host: "0.0.0.0", port: 0 };
      const listener = await subject.tcp.listen(address, (connection) => accepts.push(connection));
      const dialling = subject.tcp.connect({
        host: "localhost",
        port: listener.port,
        timeoutMs: 5_000,
      });
      const dialled = await settled(subject, dialling);
      await until(subject, () => accepts.length === 1);
      assert.equal(formatIp(accepts[0].local.ip), loopback);
      assert.equal(formatIp(accepts[0].remote.ip), loopback);
      dialled.destroy();
      accepts[0].destroy();
      await listener.close();
    },
  },
  {
    name: "fifty connections at once keep their bytes apart",
    async run(subject) {
      const heard: Heard[] = [];
      const listener = await subject.tcp.listen({ host: loopback, port: 0 }, (connection) => {
        const one = new Heard();
        heard.push(one);
        connection.serve(one);
      });
      const address = { host: loopback, port: listener.port, timeoutMs: 5_000 };
      const dialled = await settled(
        subject,
        Promise.all(Array.from({ length: 50 }, () => subject.tcp.connect(address))),
      );
      for (const [at, connection] of dialled.entries()) {
        connection.serve(new Heard());
        connection.write(text(`number ${at}`));
        connection.end();
      }
      await until(subject, () => heard.filter((one) => one.reasons.length > 0).length === 50);
      const expected = dialled.map((_, at) => `number ${at}`).sort();
      assert.deepEqual(heard.map((one) => one.text).sort(), expected);
      await listener.close();
    },
  },
];

/** What every TCP must do. */
export const tcpCases: readonly TcpCase[] = [...bytesAndEnds, ...pressure, ...ports];
