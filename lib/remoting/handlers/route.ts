import { formatJson } from "../../model/loose_json.ts";
import { Refusal } from "../../model/refusal.ts";
import type { NameServer } from "../../nameserver/name_server.ts";
import { textAnswer } from "../bodies/answers.ts";
import { formatClusters, formatRoute, topicList } from "../bodies/route.ts";
import { type Answer, type Row, row } from "../row.ts";
import { flag, text } from "../shape.ts";

/** Clients of 4.9.4 (`MQVersion`) and later read standard JSON. */
const STANDARD_JSON_VERSION = 401;
/** `TopicSysFlag`. */
const UNIT = 1;
const UNIT_SUB = 2;

/** Where topics are: what clients and tools ask a name server. */
export function routeRows(nameServer: NameServer): Row[] {
  return [...questions(nameServer), ...lists(nameServer), ...changes(nameServer)];
}

function questions(nameServer: NameServer): Row[] {
  const routeShape = { topic: text("topic"), standard: flag("acceptStandardJsonOnly", false) };
  return [
    row(
      { code: 105, name: "GET_ROUTEINFO_BY_TOPIC", access: "open" },
      routeShape,
      ({ topic, standard }, call) => {
        const isStandard = standard || call.version >= STANDARD_JSON_VERSION;
        const route = nameServer.route(topic, call.local);
        return textAnswer(formatRoute(route, isStandard ? "quoted" : "unquoted"));
      },
    ),
    row(
      { code: 106, name: "GET_BROKER_CLUSTER_INFO", access: "open" },
      {},
      (_header, call) => textAnswer(formatClusters(nameServer.clusters(call.local))),
    ),
  ];
}

function lists(nameServer: NameServer): Row[] {
  const { settings } = nameServer;
  const byFlag = (code: number, name: string, isAsked: (sysFlag: number) => boolean) =>
    row({ code, name, access: "read" }, {}, () => {
      checkIsOn("enableTopicList", settings.isOn("enableTopicList"));
      return list(nameServer.topicsWithFlag(isAsked));
    });
  return [
    row({ code: 206, name: "GET_ALL_TOPIC_LIST_FROM_NAMESERVER", access: "read" }, {}, () => {
      checkIsOn("enableAllTopicList", settings.isOn("enableAllTopicList"));
      return list(nameServer.topics());
    }),
    row(
      { code: 224, name: "GET_TOPICS_BY_CLUSTER", access: "read" },
      { cluster: text("cluster") },
      ({ cluster }) => {
        checkIsOn("enableTopicList", settings.isOn("enableTopicList"));
        return list(nameServer.topics(cluster));
      },
    ),
    row(
      { code: 304, name: "GET_SYSTEM_TOPIC_LIST_FROM_NS", access: "read" },
      {},
      (_header, call) => {
        const { topics, brokerAddress } = nameServer.systemTopics(call.local);
        return list(topics, brokerAddress);
      },
    ),
    byFlag(311, "GET_UNIT_TOPIC_LIST", (sysFlag) => (sysFlag & UNIT) !== 0),
    byFlag(312, "GET_HAS_UNIT_SUB_TOPIC_LIST", (sysFlag) => (sysFlag & UNIT_SUB) !== 0),
    byFlag(
      313,
      "GET_HAS_UNIT_SUB_UNUNIT_TOPIC_LIST",
      (sysFlag) => (sysFlag & (UNIT | UNIT_SUB)) === UNIT_SUB,
    ),
  ];
}

function changes(nameServer: NameServer): Row[] {
  const broker = { brokerName: text("brokerName") };
  return [
    row(
      { code: 205, name: "WIPE_WRITE_PERM_OF_BROKER", access: "change" },
      broker,
      ({ brokerName }) => ({ header: { wipeTopicCount: nameServer.wipeWrite(brokerName) } }),
    ),
    row(
      { code: 327, name: "ADD_WRITE_PERM_OF_BROKER", access: "change" },
      broker,
      ({ brokerName }) => ({ header: { addTopicCount: nameServer.addWrite(brokerName) } }),
    ),
    row(
      { code: 216, name: "DELETE_TOPIC_IN_NAMESRV", access: "change" },
      { topic: text("topic"), clusterName: text("clusterName", "") },
      ({ topic, clusterName }) => {
        nameServer.removeTopic(topic, clusterName === "" ? undefined : clusterName);
        return {};
      },
    ),
  ];
}

function checkIsOn(setting: string, isOn: boolean): void {
  if (isOn) return;
  throw new Refusal("failed", `Listing topics is switched off here: ${setting}=false.`);
}

function list(topics: readonly string[], brokerAddress?: string): Answer {
  return textAnswer(formatJson(topicList(topics, brokerAddress)));
}
