import { brokerRows } from "../../lib/remoting/handlers/broker_rows.ts";
import type { BrokerSettings } from "../../lib/broker/settings.ts";
import type { RemotingLimits } from "../../lib/remoting/limits.ts";
import { makeWorld, type World } from "../broker/world.ts";
import { Harness } from "../remoting/harness.ts";

/** A broker's port on a network in memory. */
export interface BrokerPort {
  readonly world: World;
  readonly harness: Harness;
}

export async function openBroker(
  changes: {
    readonly settings?: Partial<BrokerSettings>;
    readonly limits?: Partial<RemotingLimits>;
  } = {},
): Promise<BrokerPort> {
  const world = await makeWorld(changes.settings);
  const { clock, lines, broker } = world;
  const harness = new Harness(brokerRows(broker), changes.limits, { clock, lines });
  await harness.start();
  return { world, harness };
}

/** A default send's header (310), its topic and queue by choice. */
export function sendHeader(topic: string, queueId = 0, properties = ""): Record<string, string> {
  return {
    a: "please_rename_unique_group_name",
    b: topic,
    c: "TBW102",
    d: "4",
    e: String(queueId),
    f: "0",
    g: "1700000000000",
    h: "0",
    i: properties,
    j: "0",
    k: "false",
    m: "false",
    n: "broker-a",
  };
}

/** A pull's header (11); `sysFlag` 2 waits, 4 says that it carries the subscription. */
export function pullHeader(
  topic: string,
  changes: Record<string, string | number> = {},
): Record<string, string> {
  const header = {
    consumerGroup: "g",
    topic,
    queueId: 0,
    queueOffset: 0,
    maxMsgNums: 32,
    sysFlag: 4,
    commitOffset: 0,
    suspendTimeoutMillis: 15_000,
    subscription: "*",
    subVersion: 1,
    expressionType: "TAG",
    bname: "broker-a",
    ...changes,
  };
  return Object.fromEntries(Object.entries(header).map(([name, value]) => [name, String(value)]));
}

/** A heartbeat's body as Java writes it. */
export function heartbeat(
  clientId: string,
  group: string,
  topic: string,
  filter: string | { readonly type: string; readonly expression: string } = "*",
): Uint8Array {
  const { type, expression } = typeof filter === "string"
    ? { type: "TAG", expression: filter }
    : filter;
  const subscription = {
    classFilterMode: false,
    codeSet: [],
    expressionType: type,
    subString: expression,
    subVersion: 1_700_000_000_000,
    tagsSet: [],
    topic,
  };
  return utf8.encode(JSON.stringify({
    clientID: clientId,
    consumerDataSet: [{
      consumeFromWhere: "CONSUME_FROM_FIRST_OFFSET",
      consumeType: "CONSUME_PASSIVELY",
      groupName: group,
      messageModel: "CLUSTERING",
      subscriptionDataSet: [subscription],
      unitMode: false,
    }],
    heartbeatFingerprint: 0,
    producerDataSet: [{ groupName: "p" }],
    withoutSub: false,
  }));
}

export const utf8 = new TextEncoder();
export const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
