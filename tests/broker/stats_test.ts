import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesText, doubleText, runtimeText } from "../../lib/broker/java_text.ts";
import { makeTopic } from "../../lib/model/topic.ts";
import { FakeLink } from "./fake_link.ts";
import { incoming, makeWorld, pullAsk, sendAsk, within } from "./world.ts";

/** The keys of a 5.5.0 broker's answer to code 28, as its classes name them. */
const KEYS = [
  "EndTransactionQueueSize",
  "EndTransactionThreadPoolQueueCapacity",
  "ackThreadPoolQueueCapacity",
  "ackThreadPoolQueueHeadWaitTimeMills",
  "ackThreadPoolQueueSize",
  "bootTimestamp",
  "brokerActive",
  "brokerVersionDesc",
  "commitLogDirCapacity",
  "commitLogDiskRatio",
  "commitLogDiskRatio_/data/commitlog",
  "commitLogMaxOffset",
  "commitLogMinOffset",
  "consumeQueueDiskRatio",
  "dispatchBehindBytes",
  "dispatchMaxBuffer",
  "earliestMessageTimeStamp",
  "getFoundTps",
  "getMessageEntireTimeMax",
  "getMissTps",
  "getTotalTps",
  "getTransferredTps",
  "litePullThreadPoolQueueCapacity",
  "litePullThreadPoolQueueHeadWaitTimeMills",
  "litePullThreadPoolQueueSize",
  "msgGetTotalTodayMorning",
  "msgGetTotalTodayNow",
  "msgGetTotalYesterdayMorning",
  "msgPutTotalTodayMorning",
  "msgPutTotalTodayNow",
  "msgPutTotalYesterdayMorning",
  "pageCacheLockTimeMills",
  "pullThreadPoolQueueCapacity",
  "pullThreadPoolQueueHeadWaitTimeMills",
  "pullThreadPoolQueueSize",
  "putLatency99",
  "putLatency999",
  "putMessageAverageSize",
  "putMessageDistributeTime",
  "putMessageEntireTimeMax",
  "putMessageFailedTimes",
  "putMessageSizeTotal",
  "putMessageTimesTotal",
  "putTps",
  "queryThreadPoolQueueCapacity",
  "queryThreadPoolQueueHeadWaitTimeMills",
  "queryThreadPoolQueueSize",
  "remainHowManyDataToFlush",
  "remainTransientStoreBufferNumbs",
  "runtime",
  "sendThreadPoolQueueCapacity",
  "sendThreadPoolQueueHeadWaitTimeMills",
  "sendThreadPoolQueueSize",
  "startAcceptSendRequestTimeStamp",
  "timerCongestNum",
  "timerDequeueTps",
  "timerEnqueueTps",
  "timerOffsetBehind",
  "timerReadBehind",
];

test("Code 28 tells upstream's keys, and rates as three doubles", async () => {
  const world = await makeWorld();
  const { topics, intake, fetch: pulls, stats } = world.broker;
  assert.deepEqual([...stats.runtime().keys()].sort(), KEYS);
  await within(world, 50, topics.create(makeTopic("T", 1), ""));
  for (let second = 0; second < 20; second++) {
    for (let at = 0; at < 5; at++) await within(world, 0, intake.send(incoming("T"), sendAsk()));
    await world.clock.advance(1000);
  }
  pulls.pull(pullAsk("T"), new FakeLink());
  pulls.pull(pullAsk("T", { offset: 100 }), new FakeLink());
  await world.clock.advance(1000);
  const told = stats.runtime();
  const first = (key: string) => Number((told.get(key) ?? "").split(" ")[0]);
  assert.match(told.get("putTps") ?? "", /^\d+\.\d+ \d+\.\d+ \d+\.\d+$/);
  assert.ok(first("putTps") >= 4 && first("putTps") <= 5, told.get("putTps"));
  assert.equal(first("getTransferredTps"), 3.2);
  assert.equal(first("getTotalTps"), 0.2);
  assert.equal(told.get("putMessageTimesTotal"), "100");
  assert.equal(told.get("msgGetTotalTodayNow"), "32");
  assert.equal(told.get("brokerVersionDesc"), "V5_5_0");
  assert.equal(told.get("runtime"), "[ 0 days, 0 hours, 0 minutes, 21 seconds ]");
  assert.match(told.get("putMessageDistributeTime") ?? "", /^\[<=0ms\]:\d+ \[0~10ms\]:\d+ /);
  assert.equal(told.get("commitLogMaxOffset"), String(world.log.positionMax));
});

test("Numbers look as Java prints them", () => {
  assert.deepEqual([doubleText(0), doubleText(2), doubleText(0.5)], ["0.0", "2.0", "0.5"]);
  assert.deepEqual([bytesText(0), bytesText(1023), bytesText(1024)], ["0 B", "1023 B", "1.0 KiB"]);
  assert.deepEqual([bytesText(1.5 * 2 ** 30), bytesText(2 ** 40)], ["1.5 GiB", "1.0 TiB"]);
  assert.equal(runtimeText(90_061_999), "[ 1 days, 1 hours, 1 minutes, 1 seconds ]");
});
