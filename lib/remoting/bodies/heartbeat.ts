import type { Heartbeat, HeartbeatConsumer, Subscription } from "../../broker/clients.ts";
import { type JsonObject, jsonObject } from "../../model/loose_json.ts";
import type { Bean } from "../../model/bean.ts";

/** Reads a `HeartbeatData`. @throws {Refusal} `request-illegal` where a number is none. */
export function readHeartbeat(
  bean: Bean,
  client: { readonly language: string; readonly version: number },
): Heartbeat {
  return {
    ...client,
    clientId: bean.text("clientID"),
    producers: bean.beans("producerDataSet").map((producer) => producer.text("groupName")),
    consumers: bean.beans("consumerDataSet").map(readConsumer),
    fingerprint: bean.whole("heartbeatFingerprint", 0),
    withoutSubscriptions: bean.flag("withoutSub", false),
  };
}

/** Enums by their ordinals: C++ clients send those. */
const TYPES = ["CONSUME_ACTIVELY", "CONSUME_PASSIVELY", "CONSUME_POP"];
const MODELS = ["BROADCASTING", "CLUSTERING"];
const PLACES = [
  "CONSUME_FROM_LAST_OFFSET",
  "CONSUME_FROM_LAST_OFFSET_AND_FROM_MIN_WHEN_BOOT_FIRST",
  "CONSUME_FROM_MIN_OFFSET",
  "CONSUME_FROM_MAX_OFFSET",
  "CONSUME_FROM_FIRST_OFFSET",
  "CONSUME_FROM_TIMESTAMP",
];

function named(text: string, names: readonly string[]): string {
  return /^\d$/.test(text) ? names[Number(text)] ?? text : text;
}

function readConsumer(bean: Bean): HeartbeatConsumer {
  return {
    group: bean.text("groupName"),
    type: named(bean.text("consumeType"), TYPES),
    model: named(bean.text("messageModel"), MODELS),
    fromWhere: named(bean.text("consumeFromWhere"), PLACES),
    unitMode: bean.flag("unitMode", false),
    subscriptions: bean.beans("subscriptionDataSet").map(readSubscription),
  };
}

/** Reads a `SubscriptionData`. @throws {Refusal} `request-illegal` where a number is none. */
export function readSubscription(bean: Bean): Subscription {
  return {
    topic: bean.text("topic"),
    expression: bean.text("subString"),
    type: bean.text("expressionType", "TAG"),
    version: bean.whole("subVersion", 0),
    tags: bean.texts("tagsSet"),
    codes: bean.wholes("codeSet"),
    classFilter: bean.flag("classFilterMode", false),
    filterSource: bean.text("filterClassSource") || undefined,
  };
}

/** A `HeartbeatData` as a client sends it. */
export function heartbeatToJson(heartbeat: Heartbeat): JsonObject {
  return jsonObject({
    clientID: heartbeat.clientId,
    consumerDataSet: heartbeat.consumers.map((consumer) =>
      jsonObject({
        consumeFromWhere: consumer.fromWhere,
        consumeType: consumer.type,
        groupName: consumer.group,
        messageModel: consumer.model,
        subscriptionDataSet: consumer.subscriptions.map(subscriptionToJson),
        unitMode: consumer.unitMode,
      })
    ),
    heartbeatFingerprint: heartbeat.fingerprint,
    producerDataSet: heartbeat.producers.map((groupName) => jsonObject({ groupName })),
    withoutSub: heartbeat.withoutSubscriptions,
  });
}

/** `SubscriptionData` as Java writes it. */
export function subscriptionToJson(subscription: Subscription): JsonObject {
  return jsonObject({
    classFilterMode: subscription.classFilter,
    codeSet: subscription.codes,
    expressionType: subscription.type,
    subString: subscription.expression,
    subVersion: subscription.version,
    tagsSet: subscription.tags,
    topic: subscription.topic,
  });
}
