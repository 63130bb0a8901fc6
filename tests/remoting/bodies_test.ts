import assert from "node:assert/strict";
import { test } from "node:test";
import { Bean } from "../../lib/model/bean.ts";
import { formatJson } from "../../lib/model/loose_json.ts";
import { heartbeatToJson, readHeartbeat } from "../../lib/remoting/bodies/heartbeat.ts";
import { readRoute } from "../../lib/remoting/bodies/route_reader.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

test("a route is read whether its ids are quoted or not, whatever else stands in it", () => {
  for (const mark of ["", '"']) {
    const route = readRoute(bytes(
      `{"brokerDatas":[{"brokerAddrs":{${mark}0${mark}:"10.0.0.1:10911",` +
        `${mark}1${mark}:"10.0.0.2:10911"},"brokerName":"b","cluster":"c","zoneName":null}],` +
        `"filterServerTable":{},"queueDatas":[{"brokerName":"b","perm":6,"readQueueNums":8,` +
        `"topicSysFlag":0,"writeQueueNums":4}]}`,
    ));
    assert.deepEqual(route, {
      brokers: [{
        name: "b",
        cluster: "c",
        addresses: new Map([[0, "10.0.0.1:10911"], [1, "10.0.0.2:10911"]]),
      }],
      queues: [{ brokerName: "b", readQueues: 8, writeQueues: 4, perm: 6 }],
    });
  }
  assert.deepEqual(readRoute(bytes("{}")), { brokers: [], queues: [] });
  assert.throws(() => readRoute(bytes("no route")), /no JSON|Cannot read/);
});

test("a heartbeat is read as it was written", () => {
  const subscription = {
    ...{ topic: "T", expression: "A || B", type: "TAG", version: 7, tags: ["A", "B"] },
    ...{ codes: [65, 66], classFilter: false, filterSource: undefined },
  };
  const heartbeat = {
    ...{ clientId: "c@1", language: "JAVA", version: 513, producers: ["P"], fingerprint: 5 },
    withoutSubscriptions: true,
    consumers: [{
      ...{ group: "G", type: "CONSUME_PASSIVELY", model: "CLUSTERING", unitMode: true },
      ...{ fromWhere: "CONSUME_FROM_FIRST_OFFSET", subscriptions: [subscription] },
    }],
  };
  const written = bytes(formatJson(heartbeatToJson(heartbeat)));
  const read = readHeartbeat(Bean.read(written), { language: "JAVA", version: 513 });
  assert.deepEqual(read, heartbeat);
});
