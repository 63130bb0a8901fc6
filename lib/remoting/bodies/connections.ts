import type {
  Connected,
  ConsumerConnections,
  Producer,
  ProducerConnections,
} from "../../broker/clients.ts";
import { type JsonObject, jsonObject } from "../../model/loose_json.ts";
import { subscriptionToJson } from "./heartbeat.ts";

/** `ConsumerConnection` as Java writes it. */
export function consumersToJson(consumers: ConsumerConnections): JsonObject {
  const table = consumers.subscriptions.map((one) => [one.topic, subscriptionToJson(one)] as const);
  return jsonObject({
    connectionSet: consumers.connections.map(connectionToJson),
    consumeFromWhere: consumers.fromWhere,
    consumeType: consumers.type,
    messageModel: consumers.model,
    subscriptionTable: new Map(table),
  });
}

/** `ProducerConnection` as Java writes it. */
export function producersToJson(producers: ProducerConnections): JsonObject {
  return jsonObject({ connectionSet: producers.connections.map(connectionToJson) });
}

/** `ProducerInfo` as Java writes it. */
export function producerToJson(producer: Producer): JsonObject {
  return jsonObject({
    clientId: producer.clientId,
    language: producer.language,
    lastUpdateTimestamp: producer.seenMs,
    remoteIP: `/${producer.address}`,
    version: producer.version,
  });
}

function connectionToJson(client: Connected): JsonObject {
  return jsonObject({
    clientAddr: client.address,
    clientId: client.clientId,
    language: client.language,
    version: client.version,
  });
}
