import assert from "node:assert/strict";
import { test } from "node:test";
import type { Tunable } from "../../lib/broker/tuning.ts";
import { Refusal } from "../../lib/model/refusal.ts";
import { isRefusal } from "./refusals.ts";
import { makeWorld, within } from "./world.ts";

function number(name: string, isLive: boolean): Tunable & { value: number } {
  const tunable = {
    name,
    isLive,
    value: 1,
    current: () => String(tunable.value),
    prepare: (text: string) => {
      const value = Number(text);
      if (!Number.isInteger(value)) {
        throw new Refusal("parameter-invalid", `${name} is ${text}; expected a whole number.`);
      }
      return () => {
        tunable.value = value;
      };
    },
  };
  return tunable;
}

function sayings(pairs: Record<string, string>): Map<string, string> {
  return new Map(Object.entries(pairs));
}

test("Settings are told and changed by name, at once, and kept for the next start", async () => {
  const [one, two] = [number("maxMessageSize", true), number("listenPort", false)];
  const world = await makeWorld({}, { tunables: [one, two] });
  const { tuning } = world.broker;
  const heard: string[] = [];
  tuning.onChange((names) => heard.push(...names));
  assert.deepEqual(Object.fromEntries(tuning.current()), { maxMessageSize: "1", listenPort: "1" });
  await within(world, 50, tuning.change(sayings({ maxMessageSize: "7", listenPort: "8" })));
  assert.deepEqual([one.value, two.value], [7, 8]);
  assert.deepEqual(heard, ["maxMessageSize", "listenPort"]);
  const kept = [...world.catalogue.settings.all()];
  assert.deepEqual(kept, [["maxMessageSize", "7"], ["listenPort", "8"]]);
  assert.ok(world.lines.has('maxMessageSize is "7" now.'));
  assert.ok(world.lines.has('listenPort is "8" now, from the next start on.'));
});

test("All or nothing: a value that does not read changes none", async () => {
  const [one, two] = [number("a", true), number("b", true)];
  const world = await makeWorld({}, { tunables: [one, two] });
  await assert.rejects(
    world.broker.tuning.change(sayings({ a: "5", b: "five" })),
    isRefusal("parameter-invalid", /b is five/),
  );
  assert.deepEqual([one.value, two.value, world.catalogue.settings.all().size], [1, 1, 0]);
});

test("Unknown names are passed over with a warning; black ones refused", async () => {
  const one = number("a", true);
  const world = await makeWorld({ tuningBlackList: "brokerConfigPath; secret" }, {
    tunables: [one],
  });
  await within(world, 50, world.broker.tuning.change(sayings({ a: "2", sendThreadPoolNums: "9" })));
  assert.equal(one.value, 2);
  assert.ok(world.lines.has("sendThreadPoolNums"));
  await world.broker.tuning.change(sayings({ other: "1" }));
  await assert.rejects(
    world.broker.tuning.change(sayings({ a: "3", secret: "x" })),
    isRefusal("no-permission", /Can not update config in black list: secret/),
  );
  assert.equal(one.value, 2);
});
