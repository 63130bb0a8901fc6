import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type AssignedQueue,
  type AssignmentAsk,
  RequestModes,
} from "../../lib/broker/request_modes.ts";
import { makeTopic } from "../../lib/model/topic.ts";
import { makeWorld } from "./world.ts";

type Known = readonly AssignedQueue[] | "asked" | undefined;

function queuesOf(...brokers: [brokerName: string, count: number][]): AssignedQueue[] {
  return brokers.flatMap(([brokerName, count]) =>
    Array.from({ length: count }, (_, queueId) => ({ topic: "T", brokerName, queueId }))
  );
}

/** The modes of `broker-b`, which has two queues of T, and what its clients are given. */
async function make(clients: number) {
  const { broker: { identity }, catalogue, settings, clock } = await makeWorld();
  const clientIds = () => Array.from({ length: clients }, (_, at) => `c${at}`);
  const cluster: { known: Known } = { known: undefined };
  const modes = new RequestModes({
    ...{ settings, modeTable: catalogue.requestModes },
    identity: { ...identity, brokerName: "broker-b" },
    topicTable: { get: (name) => name === "T" ? makeTopic("T", 2) : undefined },
    consumers: { get: () => ({ clientIds }) },
    clusterQueues: () => cluster.known,
  });
  const given = (client: number, changes: Partial<AssignmentAsk> = {}) => {
    const { queues } = modes.assign({
      ...{ topic: "T", group: "g", clientId: `c${client}`, strategy: "AVG", isBroadcast: false },
      ...changes,
    });
    return queues?.map(({ brokerName, queueId }) => `${brokerName.slice(-1)}${queueId}`).join(" ");
  };
  const all = (changes: Partial<AssignmentAsk> = {}) =>
    clientIds().map((_, at) => given(at, changes));
  const pop = async (shareQueues: number) => {
    const isSet = modes.set("T", "g", { mode: "POP", shareQueues });
    await clock.advance(20);
    await isSet;
  };
  return { cluster, given, all, pop };
}

test("The queues of all brokers are shared out, in one order", async () => {
  const { cluster, given, all } = await make(4);
  cluster.known = queuesOf(["broker-c", 3], ["broker-a", 2]);
  assert.deepEqual(all(), ["a0 a1", "b0 b1", "c0 c1", "c2"]);
  assert.deepEqual(all({ strategy: "AVG_BY_CIRCLE" }), ["a0 c0", "a1 c1", "b0 c2", "b1"]);
  assert.equal(given(0, { isBroadcast: true }), "a0 a1 b0 b1 c0 c1 c2");
});

test("The own queues are those of now, a broker that is gone has none", async () => {
  const { cluster, given } = await make(1);
  cluster.known = queuesOf(["broker-a", 1], ["broker-b", 5]);
  assert.equal(given(0), "a0 b0 b1");
  cluster.known = queuesOf(["broker-c", 1]);
  assert.equal(given(0), "b0 b1 c0");
});

test("Nothing is said while the cluster is asked for; the own where nobody knows", async () => {
  const { cluster, given } = await make(1);
  cluster.known = "asked";
  assert.equal(given(0), undefined);
  cluster.known = undefined;
  assert.equal(given(0), "b0 b1");
  cluster.known = queuesOf(["broker-a", 1]);
  assert.equal(given(0, { topic: "U" }), undefined);
});

test("POP: each of all brokers, or the queues of some that follow", async () => {
  const { cluster, all, pop } = await make(4);
  cluster.known = queuesOf(["broker-a", 2], ["broker-b", 2], ["broker-c", 2]);
  const everything = Array(4).fill("a-1 b-1 c-1");
  for (
    const [share, expected] of [
      [0, everything],
      [-1, everything],
      [1, ["a0 a1 b0 b1", "b0 b1 c0", "c0 c1", "c1 a0 a1"]],
      [2, ["a0 a1 b0 b1 c0", "b0 b1 c0 c1", "c0 c1 a0 a1", "c1 a0 a1 b0 b1"]],
      [3, everything],
      [2 ** 31 - 1, everything],
    ] as const
  ) {
    await pop(share);
    assert.deepEqual(all(), expected, `popShareQueueNum ${share}`);
  }
});

test("POP: more clients than queues have one each", async () => {
  const { cluster, all, pop } = await make(5);
  cluster.known = queuesOf(["broker-a", 1]);
  await pop(2);
  assert.deepEqual(all(), ["a0", "b0", "b1", "a0", "b0"]);
});
