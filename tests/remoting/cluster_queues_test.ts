import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "../../lib/port/clock_virtual.ts";
import { ClusterQueues } from "../../lib/remoting/cluster_queues.ts";

const utf8 = new TextEncoder();

/** A route as a name server tells it: queues by broker, with their permissions. */
function route(...queues: [brokerName: string, readQueueNums: number, perm: number][]) {
  const queueDatas = queues.map(([brokerName, readQueueNums, perm]) => ({
    ...{ brokerName, readQueueNums, perm },
    writeQueueNums: 1,
  }));
  return utf8.encode(JSON.stringify({ brokerDatas: [], queueDatas }));
}

function make(topicsMax = 10) {
  const clock = new VirtualClock();
  const asked: string[] = [];
  const server: { answer: Uint8Array | undefined; isDown: boolean } = {
    ...{ answer: undefined, isDown: false },
  };
  let wake = () => {};
  const known = new ClusterQueues({
    ...{ clock, topicsMax },
    wake: () => wake(),
    ask: async (topic) => {
      asked.push(topic);
      await Promise.resolve();
      if (server.isDown) throw new Error("not reached");
      return server.answer;
    },
  });
  wake = () => {
    const next = known.run(clock.monotonic());
    if (next !== Infinity) clock.after(next - clock.monotonic(), wake);
  };
  const of = (topic: string) => {
    const queues = known.of(topic);
    if (queues === undefined || queues === "asked") return queues;
    return queues.map(({ brokerName, queueId }) => `${brokerName} ${queueId}`).join();
  };
  return { clock, asked, server, of };
}

test("Queues of all brokers are known a moment after the first question", async () => {
  const { clock, asked, server, of } = make();
  server.answer = route(["a", 2, 6], ["b", 1, 4], ["c", 3, 2], ["d", -5, 6]);
  assert.equal(of("T"), "asked");
  await clock.advance(10);
  assert.equal(of("T"), "a 0,a 1,b 0");
  assert.deepEqual(asked, ["T"]);
});

test("They are asked for every 30 s, as long as somebody wants them", async () => {
  const { clock, asked, server, of } = make();
  server.answer = route(["a", 1, 6], ["b", 1, 6]);
  of("T");
  await clock.advance(29_000);
  assert.equal(asked.length, 1);
  server.answer = route(["a", 1, 6]);
  await clock.advance(2_000);
  assert.deepEqual([asked.length, of("T")], [2, "a 0"]);
  await clock.advance(3_600_000);
  assert.ok(asked.length < 25, `${asked.length}`);
  assert.equal(of("T"), "asked");
});

test("What was known stays when no name server is reached, who knows nothing says so", async () => {
  const { clock, server, of } = make();
  server.answer = route(["a", 1, 6], ["b", 1, 6]);
  of("T");
  await clock.advance(10);
  server.isDown = true;
  of("U");
  await clock.advance(60_000);
  assert.deepEqual([of("T"), of("U")], ["a 0,b 0", undefined]);
  server.isDown = false;
  server.answer = undefined;
  await clock.advance(5_000);
  assert.equal(of("U"), undefined);
  server.answer = route(["b", 1, 6]);
  await clock.advance(5_000);
  assert.equal(of("U"), "b 0");
});

test("An answer that is no route, or too much of one, changes nothing", async () => {
  const { clock, server, of } = make();
  for (const answer of [utf8.encode("{"), route(["a", 65_537, 6])]) {
    server.answer = answer;
    of("T");
    await clock.advance(10);
    assert.equal(of("T"), undefined);
  }
});

test("No more topics are remembered than the limit says", () => {
  const { of } = make(2);
  assert.deepEqual(["T", "U", "V"].map(of), ["asked", "asked", undefined]);
});
