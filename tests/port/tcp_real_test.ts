import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import process from "node:process";
import { test } from "node:test";
import { formatHost, formatIp } from "../../lib/model/host.ts";
import { RealClock } from "../../lib/port/clock_real.ts";
import type { Connection } from "../../lib/port/tcp.ts";
import { RealTcp } from "../../lib/port/tcp_real.ts";
import { Heard } from "../contract/tcp_suite.ts";
import { until } from "../contract/timed_subject.ts";

const tcp = new RealTcp();
const clock = new RealClock();
const subject = { pass: () => new Promise<void>((resolve) => void clock.after(3, resolve)) };

/** A listener, and a bare socket connected to it. */
async function withSocket(
  host: string,
  to: string,
  run: (ends: { readonly socket: Socket; readonly accepted: Connection }) => Promise<void>,
): Promise<void> {
  const accepts: Connection[] = [];
  const listener = await tcp.listen({ host, port: 0 }, (connection) => accepts.push(connection));
  const socket = connect({ host: to, port: listener.port });
  socket.on("error", () => {});
  await until(subject, () => accepts.length === 1);
  try {
    await run({ socket, accepted: accepts[0] });
  } finally {
    socket.destroy();
    accepts[0].destroy();
    await listener.close();
  }
}

test("an IPv4 peer of an IPv6 listener has 4 bytes of address; an IPv6 one 16", async () => {
  await withSocket("::", "127.0.0.1", ({ socket, accepted }) => {
    assert.equal(formatHost(accepted.remote), `127.0.0.1:${socket.localPort}`);
    assert.equal(formatIp(accepted.local.ip), "127.0.0.1");
    return Promise.resolve();
  });
  await withSocket("::1", "::1", ({ socket, accepted }) => {
    assert.equal(formatHost(accepted.remote), `[::1]:${socket.localPort}`);
    return Promise.resolve();
  });
});

test("a reset is told as such, before serve and after", async () => {
  for (const isServedFirst of [true, false]) {
    await withSocket("127.0.0.1", "127.0.0.1", async ({ socket, accepted }) => {
      const heard = new Heard();
      if (isServedFirst) accepted.serve(heard);
      socket.resetAndDestroy();
      for (let at = 0; at < 5; at++) await subject.pass();
      if (!isServedFirst) accepted.serve(heard);
      await until(subject, () => heard.reasons.length > 0);
      assert.deepEqual(heard.reasons, ["reset"]);
      accepted.write(new Uint8Array(10));
      accepted.end();
    });
  }
});

test("a peer that vanishes while much is unsent ends as reset, with no stray error", async () => {
  await withSocket("127.0.0.1", "127.0.0.1", async ({ socket, accepted }) => {
    const heard = new Heard();
    accepted.serve(heard);
    socket.pause();
    for (let at = 0; at < 20; at++) accepted.write(new Uint8Array(1_000_000));
    await subject.pass();
    assert.ok(accepted.unsentBytes > 0);
    socket.destroy();
    await until(subject, () => heard.reasons.length > 0);
    await subject.pass();
    assert.equal(heard.reasons.length, 1);
    assert.match(heard.reasons[0], /^(reset|ended)$/);
  });
});

test("Nagle's algorithm is off: small answers come at once", async () => {
  await withSocket("127.0.0.1", "127.0.0.1", async ({ socket, accepted }) => {
    socket.setNoDelay(true);
    const heard = new Heard();
    accepted.serve({
      data: (bytes) => {
        accepted.write(bytes.slice(0, 1));
        accepted.write(bytes.slice(1));
      },
      drained: () => {},
      closed: () => {},
    });
    socket.on("data", (chunk: Uint8Array) => heard.data(chunk));
    const began = clock.monotonic();
    for (let at = 1; at <= 20; at++) {
      socket.write("ping");
      await until({ pass: () => new Promise((resolve) => clock.soon(resolve)) }, () => {
        return heard.bytes === 4 * at || clock.monotonic() - began > 5_000;
      });
    }
    const tookMs = clock.monotonic() - began;
    assert.ok(tookMs < 500, `20 round trips took ${tookMs} ms; with Nagle it would be 800`);
  });
});

/** A process that listens and then never looks: its queue takes so many connections, no more. */
const deaf = `
  import { createServer } from "node:net";
  const server = createServer();
  server.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
    console.log(server.address().port);
    setTimeout(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 30_000), 50);
  });`;

test("an answer that does not come in time is told with the time", async () => {
  const directory = mkdtempSync(`${tmpdir()}/pocketmq-deaf-`);
  writeFileSync(`${directory}/deaf.mjs`, deaf);
  const flags = "Deno" in globalThis ? ["run", "-A", "-q"] : [];
  const child = spawn(process.execPath, [...flags, `${directory}/deaf.mjs`]);
  const made: Connection[] = [];
  try {
    const port = await new Promise<number>((resolve) => {
      child.stdout.once("data", (text) => resolve(Number(text)));
    });
    for (let at = 0; at < 40; at++) await subject.pass();
    const address = { host: "127.0.0.1", port, timeoutMs: 200 };
    await assert.rejects(async () => {
      for (let at = 0; at < 1_500; at++) made.push(await tcp.connect(address));
    }, { message: `Cannot connect to 127.0.0.1:${port}: no answer within 200 ms` });
  } finally {
    for (const connection of made) connection.destroy();
    child.kill("SIGKILL");
    rmSync(directory, { recursive: true });
  }
});

test("what is no listener of ours is connected to as well", async () => {
  const server = createServer((socket) => socket.end("greetings"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const connection = await tcp.connect({ host: "localhost", port, timeoutMs: 5_000 });
  const heard = new Heard();
  connection.serve(heard);
  await until(subject, () => heard.reasons.length > 0);
  assert.equal(heard.text, "greetings");
  assert.deepEqual(heard.reasons, ["ended"]);
  server.close();
});
