import { formatJson, type JsonObject, jsonObject } from "../../model/loose_json.ts";
import type { BrokerView, ClusterView, Route } from "../../nameserver/route.ts";

/** How the broker ids of a route, which are numbers, are written as keys. */
export type IdKeys = "quoted" | "unquoted";

/**
 * A route as clients read it (`TopicRouteData`): no spaces, fields in alphabetical order, nothing
 * null. Apache's name server writes ids quoted for clients of 4.9.4 and later or that ask for
 * standard JSON, unquoted for older ones; Go's older clients read only those.
 */
export function formatRoute(route: Route, ids: IdKeys): string {
  const queues = route.queues.map(({ brokerName, topic }) =>
    `{"brokerName":${text(brokerName)},"perm":${topic.perm},"readQueueNums":${topic.readQueues},` +
    `"topicSysFlag":${topic.sysFlag},"writeQueueNums":${topic.writeQueues}}`
  );
  const mappings = [...route.mappings].map(([name, mapping]) => `${text(name)}:${mapping}`);
  const order = route.orderConfiguration;
  const parts = [
    `"brokerDatas":[${route.brokers.map((broker) => formatBroker(broker, ids)).join(",")}]`,
    `"filterServerTable":${formatJson(route.filterServers)}`,
    ...order === undefined ? [] : [`"orderTopicConf":${text(order)}`],
    `"queueDatas":[${queues.join(",")}]`,
    ...mappings.length === 0 ? [] : [`"topicQueueMappingByBroker":{${mappings.join(",")}}`],
  ];
  return `{${parts.join(",")}}`;
}

/**
 * `ClusterInfo`: ids quoted, which every client reads; Apache's name server leaves the quotes off.
 */
export function formatClusters(view: ClusterView): string {
  const brokers = view.brokers.map((broker) =>
    `${text(broker.brokerName)}:${formatBroker(broker, "quoted")}`
  );
  return `{"brokerAddrTable":{${brokers.join(",")}},"clusterAddrTable":${
    formatJson(view.clusters)
  }}`;
}

/** `TopicList`, with the address of a broker where there is one to tell. */
export function topicList(topics: readonly string[], brokerAddress?: string): JsonObject {
  return jsonObject({ brokerAddr: brokerAddress, topicList: topics });
}

/** `GetBrokerMemberGroupResponseBody`. */
export function memberGroup(
  clusterName: string,
  brokerName: string,
  members: ReadonlyMap<number, string>,
): JsonObject {
  const brokerAddrs = new Map([...members].map(([id, address]) => [String(id), address]));
  return jsonObject({
    brokerMemberGroup: jsonObject({ brokerAddrs, brokerName, cluster: clusterName }),
  });
}

function formatBroker(broker: BrokerView, ids: IdKeys): string {
  const mark = ids === "quoted" ? `"` : "";
  const addresses = [...broker.addresses].map(([id, address]) =>
    `${mark}${id}${mark}:${text(address)}`
  );
  const zone = broker.zoneName === undefined ? "" : `,"zoneName":${text(broker.zoneName)}`;
  return `{"brokerAddrs":{${addresses.join(",")}},"brokerName":${text(broker.brokerName)},` +
    `"cluster":${text(broker.clusterName)},"enableActingMaster":${broker.actingMaster}${zone}}`;
}

function text(value: string): string {
  return JSON.stringify(value);
}
