import { formatJson } from "../../model/loose_json.ts";
import { Refusal } from "../../model/refusal.ts";
import { ORDER_NAMESPACE } from "../../nameserver/key_values.ts";
import type { NameServer } from "../../nameserver/name_server.ts";
import type { Registration, TopicRoute } from "../../nameserver/registration.ts";
import { crc32 } from "../../port/checksum.ts";
import { Bean } from "../../model/bean.ts";
import { textAnswer } from "../bodies/answers.ts";
import { versionToJson } from "../../model/version_json.ts";
import { readRegistration } from "../bodies/registration.ts";
import { memberGroup } from "../bodies/route.ts";
import { type Answer, type Call, type Row, row } from "../row.ts";
import { type Header, int, long, text } from "../shape.ts";
import { kvTable } from "./kv.ts";

const key = {
  brokerName: text("brokerName"),
  address: text("brokerAddr"),
  clusterName: text("clusterName"),
  brokerId: long("brokerId", 0),
};
const registerShape = {
  ...key,
  haServerAddress: text("haServerAddr", ""),
  timeoutMs: long("heartbeatTimeoutMillis", 0),
  actingMaster: text("enableActingMaster", ""),
  bodyCrc32: int("bodyCrc32", 0),
  zoneName: text("__ZONE_NAME", ""),
};

/** Brokers coming, staying and leaving. `inflateMaxBytes` bounds what a packed body may grow to. */
export function registrationRows(nameServer: NameServer, inflateMaxBytes: number): Row[] {
  return [
    row(
      { code: 103, name: "REGISTER_BROKER", access: "change" },
      registerShape,
      (header, call) => register(nameServer, readCall(header, call, inflateMaxBytes), call),
    ),
    row({ code: 104, name: "UNREGISTER_BROKER", access: "change" }, key, (header) => {
      nameServer.unregister(header);
      return {};
    }),
    row({ code: 217, name: "REGISTER_TOPIC_IN_NAMESRV", access: "change" }, {
      topic: text("topic"),
    }, ({ topic }, call) => {
      nameServer.registerTopic(readQueues(topic, call.body));
      return {};
    }),
    row(
      { code: 322, name: "QUERY_DATA_VERSION", access: "read" },
      key,
      (header, call) => compareVersion(nameServer, header, call),
    ),
    row({ code: 904, name: "BROKER_HEARTBEAT", access: "change" }, key, (header) => {
      nameServer.heartbeat(header);
      return {};
    }),
    row(
      { code: 901, name: "GET_BROKER_MEMBER_GROUP", access: "read" },
      { clusterName: text("clusterName"), brokerName: text("brokerName") },
      ({ clusterName, brokerName }, call) => {
        const members = nameServer.members(brokerName, call.local);
        return textAnswer(formatJson(memberGroup(clusterName, brokerName, members)));
      },
    ),
  ];
}

function register(nameServer: NameServer, asked: Registration, call: Call): Answer {
  const { haServerAddress, masterAddress } = nameServer.register(asked, call.link);
  const returnsOrder = nameServer.settings.isOn("returnOrderTopicConfigToBroker");
  return {
    header: { haServerAddr: haServerAddress, masterAddr: masterAddress },
    body: returnsOrder ? kvTable(nameServer.kv, ORDER_NAMESPACE) : undefined,
  };
}

function readCall(
  header: Header<typeof registerShape>,
  call: Call,
  inflateMaxBytes: number,
): Registration {
  const { haServerAddress, timeoutMs, actingMaster, bodyCrc32, zoneName, ...key } = header;
  checkBody(call.body, bodyCrc32);
  return {
    ...key,
    ...readRegistration(call.body, inflateMaxBytes),
    haServerAddress: haServerAddress === "" ? undefined : haServerAddress,
    timeoutMs: timeoutMs > 0 ? timeoutMs : undefined,
    actingMaster: actingMaster === "" ? undefined : actingMaster === "true",
    zoneName: zoneName === "" ? undefined : zoneName,
  };
}

/** RocketMQ's CRC has no sign bit (`UtilAll.crc32`); 0 says that none was made. */
function checkBody(body: Uint8Array, expected: number): void {
  const found = crc32(body) & 0x7fffffff;
  if (expected === 0 || found === expected) return;
  throw new Refusal(
    "failed",
    `crc32 not match: the body's ${body.length} bytes have ${found}, the header says ${expected}.`,
  );
}

function compareVersion(nameServer: NameServer, header: Header<typeof key>, call: Call): Answer {
  const asked = Bean.read(call.body);
  const { isChanged, held } = nameServer.compareVersion(header, {
    stateVersion: asked.whole("stateVersion", 0),
    timestamp: asked.whole("timestamp", 0),
    counter: asked.whole("counter", 0),
  });
  const answer = held === undefined ? {} : textAnswer(formatJson(versionToJson(held)));
  return { ...answer, header: { changed: isChanged } };
}

/** `queueDatas` of a route (`TopicRouteData`). */
function readQueues(topic: string, body: Uint8Array): { brokerName: string; topic: TopicRoute }[] {
  return Bean.read(body).beans("queueDatas").map((queue) => ({
    brokerName: queue.text("brokerName"),
    topic: {
      name: topic,
      readQueues: queue.whole("readQueueNums", 0),
      writeQueues: queue.whole("writeQueueNums", 0),
      perm: queue.whole("perm", 0),
      sysFlag: queue.whole("topicSysFlag", 0),
    },
  }));
}
