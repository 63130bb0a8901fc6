import { test } from "node:test";
import { RealClock } from "../../lib/port/clock_real.ts";
import { VirtualClock } from "../../lib/port/clock_virtual.ts";
import { SeededRandom } from "../../lib/port/random_seeded.ts";
import { MemoryTcp } from "../../lib/port/tcp_memory.ts";
import { RealTcp } from "../../lib/port/tcp_real.ts";
import { tcpCases, type TcpSubject } from "./tcp_suite.ts";

function real(tcp: RealTcp): TcpSubject {
  const clock = new RealClock();
  return { tcp, pass: () => new Promise((resolve) => void clock.after(3, resolve)) };
}

function memory(delayMs?: () => number): TcpSubject {
  const clock = new VirtualClock();
  const tcp = new MemoryTcp({ clock, random: new SeededRandom(3), delayMs });
  return { tcp, pass: () => clock.advance(20) };
}

for (const { name, run } of tcpCases) {
  test(`RealTcp: ${name}`, () => run(real(new RealTcp())));
  test(`RealTcp over node:net: ${name}`, () => run(real(new RealTcp({}))));
  test(`MemoryTcp: ${name}`, () => run(memory()));
  const random = new SeededRandom(4);
  test(`MemoryTcp, with delays: ${name}`, () => run(memory(() => random.below(20))));
}
