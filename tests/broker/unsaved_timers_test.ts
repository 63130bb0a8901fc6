import assert from "node:assert/strict";
import { test } from "node:test";
import { type UnsavedTimer, UnsavedTimers } from "../../lib/broker/unsaved_timers.ts";
import { Lives } from "./lives.ts";
import { sendWith, texts } from "./delay_world.ts";
import { within, type World } from "./world.ts";

const WALL = 1_767_225_600_000;
const HOUR_MS = 3_600_000;

function timer(offset: number, inMs: number): UnsavedTimer {
  const position = offset * 100;
  return { wake: WALL + inMs, kind: 1, position, size: 100, state: "new", offset };
}

/** So many that wait, each for so many ms. */
function unsaved(...waits: number[]) {
  const all = new UnsavedTimers();
  const timers = waits.map((inMs, offset) => timer(offset, inMs));
  for (const one of timers) all.push(one);
  return { all, timers };
}

function offsets({ puts }: { readonly puts: readonly UnsavedTimer[] }): number[] {
  return puts.map(({ offset }) => offset);
}

test("What is due soon holds back itself and what is behind it, until it is done", () => {
  const { all, timers } = unsaved(HOUR_MS, HOUR_MS, 2_000, HOUR_MS, 1_000);
  assert.equal(all.rows(WALL), 2);
  assert.deepEqual(offsets(all.take(WALL)), [0, 1]);
  assert.deepEqual([all.size, all.mayGo(WALL), all.first?.offset], [3, false, 2]);
  all.done(timers[4]);
  assert.ok(!all.mayGo(WALL + 1_000));
  all.done(timers[2]);
  assert.deepEqual([all.mayGo(WALL + 2_000), all.rows(WALL + 2_000)], [true, 1]);
  const { puts, gone } = all.take(WALL + 2_000);
  assert.deepEqual([offsets({ puts }), gone], [[3], []], "who is done needs no row");
  assert.equal(all.first, undefined);
  all.done(puts[0]);
  assert.deepEqual(all.take(WALL).gone, [puts[0]], "its row goes");
});

test("What could not be saved is the first again, but for what was done meanwhile", () => {
  const { all, timers } = unsaved(HOUR_MS, HOUR_MS, HOUR_MS, 1_000);
  all.done(timers[0]);
  const taken = all.take(WALL);
  assert.deepEqual(offsets(taken), [1, 2]);
  all.done(timers[1]);
  all.takeBack(taken);
  assert.deepEqual([all.first?.offset, all.size], [2, 2]);
  assert.equal(all.rows(WALL), 2, "one to be put, one to be taken out where it was put");
  assert.deepEqual(offsets(all.take(Infinity)), [2, 3]);
});

test("Of more than a hundred thousand the oldest are saved, however soon they are due", () => {
  const { all } = unsaved(...new Array<number>(100_500).fill(1_000));
  assert.equal(all.take(WALL).puts.length, 500);
  assert.ok(!all.mayGo(WALL) && !all.isFull);
});

async function rows(world: World): Promise<number> {
  return await within(world, 10, world.catalogue.timers.count());
}

test("A message of a second is never in the table; killed or not, it comes once", async () => {
  const lives = new Lives(7);
  let world = await lives.start();
  await sendWith(world, "warm", {});
  for (let at = 0; at < 20; at++) {
    await sendWith(world, `a${at}`, { TIMER_DELAY_MS: "1500" });
    await sendWith(world, `far${at}`, { TIMER_DELAY_SEC: "60" });
    await world.clock.advance(100);
    if (at < 10) assert.equal(await rows(world), 0);
  }
  const came = () => texts(world).filter((text) => text.startsWith("a")).length;
  const before = came();
  assert.ok(before > 0 && before < 20, `${before} came`);
  lives.die("kill");
  world = await lives.start();
  await world.clock.advance(3_000);
  assert.equal(await rows(world), 20, "those that wait for a minute");
  await world.clock.advance(60_000);
  const all = texts(world).slice(1).sort();
  const sent = Array.from({ length: 20 }, (_, at) => [`a${at}`, `far${at}`]).flat().sort();
  assert.deepEqual(all, sent);
  await world.clock.advance(2_000);
  assert.equal(await rows(world), 0);
});

test("An orderly stop writes down all that waits", async () => {
  const lives = new Lives(8);
  let world = await lives.start();
  await sendWith(world, "warm", {});
  await sendWith(world, "soon", { TIMER_DELAY_MS: "2000" });
  await world.clock.advance(1_200);
  assert.equal(await rows(world), 0);
  await lives.stop();
  world = await lives.start();
  assert.equal(await rows(world), 1);
  await world.clock.advance(3_000);
  assert.deepEqual(texts(world), ["warm", "soon"]);
});
