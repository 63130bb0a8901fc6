import { scenariosIn } from "./client_groups.ts";
import { BROKERS, killCluster, startCluster } from "./cluster.ts";
import { runSuite } from "./java.ts";
import { until } from "./pause.ts";
import { type Group, type Play, plays, same } from "./scenario.ts";
import { askWell, Wire } from "./wire.ts";
import type { World } from "./world.ts";

const TOPIC = "Assigned";
const GROUP = "assigned";
const SOURCE = "java/v5/compat/PopClusterSuite.java";
const VERSION = "5.5.0";
/** Upstream looks at its name server every 30 s, and a name server at its brokers' lives. */
const GONE_LIMIT_MS = 150_000;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

const json = (body: unknown) => encoder.encode(JSON.stringify(body));

/** What the broker of this connection gives a client, `broker queue` each, sorted. */
async function assigned(wire: Wire, clientId: string, strategyName: string): Promise<string[]> {
  const ask = { topic: TOPIC, consumerGroup: GROUP, clientId, messageModel: "CLUSTERING" };
  const { body } = await wire.call({ code: 400, body: json({ ...ask, strategyName }) });
  const { messageQueueAssignments: list } = JSON.parse(decoder.decode(body));
  const name = ({ messageQueue: { brokerName, queueId } }: {
    readonly messageQueue: { readonly brokerName: string; readonly queueId: number };
  }) => `${brokerName} ${queueId}`;
  return (list ?? []).map(name).sort();
}

function heartbeat(clientID: string): Uint8Array {
  const subscription = { topic: TOPIC, subString: "*", tagsSet: [], codeSet: [], subVersion: 1 };
  const consumer = {
    ...{ groupName: GROUP, consumeType: "CONSUME_PASSIVELY", messageModel: "CLUSTERING" },
    ...{ consumeFromWhere: "CONSUME_FROM_FIRST_OFFSET", unitMode: false },
    subscriptionDataSet: [{ ...subscription, expressionType: "TAG", classFilterMode: false }],
  };
  return json({ clientID, consumerDataSet: [consumer], producerDataSet: [] });
}

/** All that one of the brokers says about two clients, whoever of the others lives. */
async function brokerGone(world: World): Promise<void> {
  const cluster = await startCluster(world, "pop-broker-gone");
  const [first, , third] = cluster.brokers;
  const queues = (count: number) =>
    BROKERS.slice(0, count).flatMap((broker) => [0, 1].map((id) => `${broker} ${id}`));
  const wires: Wire[] = [];
  try {
    for (const { brokerPort } of cluster.brokers) {
      const fields = {
        ...{ topic: TOPIC, defaultTopic: "TBW102", readQueueNums: 2, writeQueueNums: 2 },
        ...{ perm: 6, topicFilterType: "SINGLE_TAG", topicSysFlag: 0, order: false },
      };
      await askWell(brokerPort, { code: 17, fields });
    }
    for (const clientId of ["c1", "c2"]) {
      const wire = await Wire.connect(first.brokerPort);
      wires.push(wire);
      same("heartbeat", 0, (await wire.call({ code: 34, body: heartbeat(clientId) })).code);
    }
    const [wire] = wires;
    const both = async (count: number) => {
      const parts = [await assigned(wire, "c1", "AVG"), await assigned(wire, "c2", "AVG")];
      const isShared = parts.every((part) => part.length === count);
      return isShared && parts.flat().sort().join() === queues(count).join() ? true : undefined;
    };
    await until(GONE_LIMIT_MS, () => both(3), () => "the queues of three brokers are not shared");
    same(
      "by circle",
      [0, 2, 4].map((at) => queues(3)[at]),
      await assigned(wire, "c1", "AVG_BY_CIRCLE"),
    );
    await third.kill();
    await until(GONE_LIMIT_MS, () => both(2), () => "queues of a broker that died are given out");
  } finally {
    for (const wire of wires) wire.close();
    await killCluster(cluster);
  }
}

/** Queues given out by brokers, three in a cluster: with Java's client, and as one of them dies. */
export function popClusterGroups(world: World): Group[] {
  const name = "pop-three-brokers";
  const play: Play = () => brokerGone(world);
  return [
    plays(name, new Map([["a-broker-dies", play]])),
    {
      name: `${name}-java-${VERSION}`,
      scenarios: scenariosIn(SOURCE),
      async run(wanted, tell) {
        const cluster = await startCluster(world, name);
        const { nameServerPort, kind } = cluster.server;
        const run = { name, version: VERSION, form: "JSON", nameServerPort, kind, wanted } as const;
        try {
          await runSuite(world, { ...run, main: "compat.PopClusterSuite" }, tell);
        } finally {
          await killCluster(cluster);
        }
      },
    },
  ];
}
