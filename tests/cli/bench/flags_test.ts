import assert from "node:assert/strict";
import { test } from "node:test";
import { FLAGS } from "../../../lib/cli/bench/flag_table.ts";
import { parseBench } from "../../../lib/cli/bench/flags.ts";
import { help } from "../../../lib/cli/help.ts";
import { UsageError } from "../../../lib/cli/usage_error.ts";

function plan(line: string) {
  return parseBench(line.split(" ")).plan;
}

test("RocketMQ's letters mean what they mean there", () => {
  const asked = plan("send -n a:1;b -t T -g G -w 8 -s 100 -b 5 -k true -l 3 -p 50 -q 1000");
  assert.deepEqual(asked.nameServers, ["a:1", "b"]);
  assert.deepEqual([asked.topic, asked.group, asked.open, asked.size, asked.batch], [
    ...["T", "G", 8, 100, 5],
  ]);
  assert.deepEqual([asked.keys, asked.tagCount, asked.propertyBytes, asked.count], [
    ...[true, 3, 50, 1000],
  ]);
});

test("what ends a bench: the time, the count, the end of what is there", () => {
  assert.equal(plan("send").durationMs, 10_000);
  assert.equal(plan("latency").durationMs, 10_000);
  assert.equal(plan("send -q 5").durationMs, undefined);
  assert.equal(plan("send -q 5 --duration 1.5").durationMs, 1500);
  assert.equal(plan("receive").durationMs, undefined);
  assert.equal(plan("receive").count, undefined);
});

test("defaults: an open loop for latency, a closed one for send", () => {
  assert.equal(plan("latency").rate, 1000);
  assert.equal(plan("send").rate, undefined);
  assert.equal(plan("send --rate 0.5").rate, 0.5);
  assert.equal(plan("receive").tags, "*");
  assert.equal(plan("receive -e A||B").tags, "A||B");
});

for (
  const [line, pattern] of [
    ["", /send, transaction, receive, latency/],
    ["sned", /no bench sned/],
    ["send -w 0", /--open is "0"; expected a whole number from 1 to 100000/],
    ["send -s 27", /--size is "27"; expected a whole number from 28/],
    ["send -s 1.5", /--size/],
    ["send --rate 0", /--rate is "0"; expected a positive number/],
    ["send --rate fast", /--rate/],
    ["send --duration -1", /duration/],
    ["send -k yes", /--keys is "yes"; expected false or true/],
    ["send --header xml", /--header is "xml"; expected json or rocketmq/],
    ["send --namesrv ;", /names no name server/],
    ["receive -w 5", /-w/],
    ["transaction -b 5", /-b/],
    ["send --nope", /--nope/],
    ["send x", /x/],
  ] as const
) {
  test(`bench ${line}: a sentence`, () => {
    assert.throws(() => parseBench(line === "" ? [] : line.split(" ")), (fault) => {
      assert.ok(fault instanceof UsageError);
      assert.match(fault.message, pattern);
      return true;
    });
  });
}

test("the help tells every option, in a terminal's width", () => {
  const text = help("bench") ?? "";
  for (const { name } of FLAGS) assert.match(text, new RegExp(`--${name}\\b`));
  for (const line of text.split("\n")) assert.ok(line.length <= 100, line);
});
