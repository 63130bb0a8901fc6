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
  assert.equal(plan("receive").expression, "*");
  assert.equal(plan("receive -e A||B").expression, "A||B");
});

test("how long messages wait: a level or a time, else a second", () => {
  const waits = ["delay", "delay -e 3", "delay --delay 250", "send"].map((line) => {
    const { delayLevel, delayMs } = plan(line);
    return [delayLevel, delayMs];
  });
  assert.deepEqual(waits, [[0, 1000], [3, 10_000], [0, 250], [0, 0]]);
});

test("what is popped: eight at once, kept for a minute, by tags or a condition", () => {
  const asked = plan("pop -t T -g G --header rocketmq");
  assert.deepEqual([asked.open, asked.invisibleMs, asked.durationMs], [8, 60_000, undefined]);
  assert.deepEqual([asked.filterType, asked.expression], ["TAG", "*"]);
  assert.equal(plan("pop -w 3 --invisible 500 -f SQL92").open, 3);
  assert.equal(plan("receive -f SQL92").filterType, "SQL92");
});

for (
  const [line, pattern] of [
    ["", /send, transaction, delay, receive, pop, latency/],
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
    ["delay --level 19", /--level is "19"; expected a whole number from 1 to 18/],
    ["delay --level 1 --delay 5", /give one of them/],
    ["delay --delay 0", /--delay is "0"; expected a number from 1/],
    ["pop --filter sql", /--filter is "sql"; expected tag or sql92/],
    ["pop --invisible 0", /--invisible/],
    ["pop -s 100", /-s/],
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
