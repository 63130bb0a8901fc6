import { type Group, makeGroup } from "./group.ts";
import { type JsonObject, jsonObject, parseLooseJson } from "./loose_json.ts";
import type { Bean } from "./bean.ts";

/** `SubscriptionGroupConfig` as Java writes it. */
export function groupToJson(group: Group): JsonObject {
  const { subscriptions } = group;
  return jsonObject({
    attributes: group.attributes,
    brokerId: group.brokerId,
    consumeBroadcastEnable: group.consumeBroadcastEnable,
    consumeEnable: group.consumeEnable,
    consumeFromMinEnable: group.consumeFromMinEnable,
    consumeMessageOrderly: group.consumeMessageOrderly,
    consumeTimeoutMinute: group.consumeTimeoutMinutes,
    groupName: group.name,
    groupRetryPolicy: parseLooseJson(group.retryPolicy),
    groupSysFlag: group.sysFlag,
    notifyConsumerIdsChangedEnable: group.notifyConsumerIdsChangedEnable,
    retryMaxTimes: group.retryMaxTimes,
    retryQueueNums: group.retryQueues,
    subscriptionDataSet: subscriptions === "" ? undefined : parseLooseJson(subscriptions),
    whichBrokerWhenConsumeSlowly: group.whichBrokerWhenConsumeSlowly,
  });
}

/**
 * Reads a `SubscriptionGroupConfig`; what is missing takes Java's default.
 * @throws {Refusal} `parameter-invalid` where a number is none.
 */
export function groupFromBean(bean: Bean): Group {
  const usual = makeGroup("");
  return makeGroup(bean.text("groupName"), {
    consumeEnable: bean.flag("consumeEnable", usual.consumeEnable),
    consumeFromMinEnable: bean.flag("consumeFromMinEnable", usual.consumeFromMinEnable),
    consumeBroadcastEnable: bean.flag("consumeBroadcastEnable", usual.consumeBroadcastEnable),
    consumeMessageOrderly: bean.flag("consumeMessageOrderly", usual.consumeMessageOrderly),
    retryQueues: bean.whole("retryQueueNums", usual.retryQueues),
    retryMaxTimes: bean.whole("retryMaxTimes", usual.retryMaxTimes),
    brokerId: bean.whole("brokerId", usual.brokerId),
    whichBrokerWhenConsumeSlowly: bean.whole(
      "whichBrokerWhenConsumeSlowly",
      usual.whichBrokerWhenConsumeSlowly,
    ),
    notifyConsumerIdsChangedEnable: bean.flag(
      "notifyConsumerIdsChangedEnable",
      usual.notifyConsumerIdsChangedEnable,
    ),
    sysFlag: bean.whole("groupSysFlag", usual.sysFlag),
    consumeTimeoutMinutes: bean.whole("consumeTimeoutMinute", usual.consumeTimeoutMinutes),
    retryPolicy: bean.json("groupRetryPolicy", usual.retryPolicy),
    subscriptions: bean.json("subscriptionDataSet", ""),
    attributes: bean.table("attributes"),
  });
}
