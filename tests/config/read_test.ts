import assert from "node:assert/strict";
import { test } from "node:test";
import { SETTINGS } from "../../lib/config.ts";
import { ConfigError } from "../../lib/config/given.ts";
import {
  givenInEnvironment,
  givenInFile,
  givenInFlags,
  givenInSet,
  settle,
  variableOf,
} from "../../lib/config/read.ts";

function refused(run: () => unknown): string {
  let message = "";
  assert.throws(run, (fault) => {
    message = fault instanceof ConfigError ? fault.message : "";
    return fault instanceof ConfigError;
  });
  return message;
}

test("nothing given: the defaults, and nothing to say", () => {
  const { settings, warning, remark } = settle([]);
  assert.equal(settings.listenPort, 10911);
  assert.equal(settings.flushDiskType, "ASYNC_FLUSH");
  assert.deepEqual([warning, remark], [undefined, undefined]);
});

test("every default is of its own kind", () => {
  for (const [name, { kind, fallback }] of Object.entries(SETTINGS)) {
    assert.deepEqual(kind.parse(kind.format(fallback as never)), fallback, name);
  }
});

test("a file, the environment, --set and options, each stronger than the one before", () => {
  const file = givenInFile(
    "broker.conf",
    "listenPort=1\nbrokerName=f\nregionId=f\nfileReservedTime=9",
  );
  const environment = givenInEnvironment({
    POCKETMQ_LISTEN_PORT: "2",
    POCKETMQ_BROKER_NAME: "e",
    POCKETMQ_REGION_ID: "e",
    HOME: "/home/x",
  });
  const set = givenInSet(["listenPort=3", "brokerName=s"]);
  const flags = givenInFlags({ "broker-port": "4" });
  const { settings } = settle([...file, ...environment, ...set, ...flags]);
  assert.equal(settings.listenPort, 4);
  assert.equal(settings.brokerName, "s");
  assert.equal(settings.regionId, "e");
  assert.equal(settings.fileReservedTime, 9);
});

test("a value that does not parse is told with its line, key and what was expected", () => {
  const text = "# store\n\nflushDiskType = SYNK_FLUSH\n";
  assert.equal(
    refused(() => settle(givenInFile("/etc/broker.conf", text))),
    '/etc/broker.conf, line 3: flushDiskType is "SYNK_FLUSH"; ' +
      "expected ASYNC_FLUSH or SYNC_FLUSH.",
  );
  assert.match(refused(() => settle(givenInFlags({ port: "70000" }))), /^--port: .* 0 to 65535/);
  assert.match(refused(() => settle(givenInSet(["traceOn=yes"]))), /expected true or false/);
  assert.match(refused(() => givenInSet(["traceOn"])), /expected key=value/);
  assert.match(refused(() => givenInFile("b.conf", "a=\\u12")), /^b.conf: .*line 1/);
});

test("unknown keys are named in one warning, RocketMQ's own idle ones in one remark", () => {
  const text = "flushDiskTyp=SYNC_FLUSH\nsendMessageThreadPoolNums=16\nautoCreateTopics=true\n" +
    "tls.server.mode=permissive\n";
  const { warning, remark } = settle(givenInFile("b.conf", text));
  assert.match(
    warning ?? "",
    /flushDiskTyp \(b.conf, line 1\), autoCreateTopics \(b.conf, line 3\)/,
  );
  assert.match(remark ?? "", /sendMessageThreadPoolNums, tls.server.mode/);
});

for (
  const promise of [
    "brokerRole=SYNC_MASTER",
    "brokerRole=SLAVE",
    "brokerId=1",
    "aclEnable=true",
    "authenticationEnabled=true",
    "authorizationEnabled=TRUE",
    "tls.server.mode=enforcing",
    "enableControllerMode=true",
    "inSyncReplicas=2",
    "storeType=defaultRocksDB",
    "storePathCommitLog=/elsewhere/commitlog",
    "mappedFileSizeCommitLog=1048576",
  ]
) {
  test(`${promise} stops the start with a sentence`, () => {
    const [key] = promise.split("=");
    assert.match(refused(() => settle(givenInSet([promise]))), new RegExp(`${key}.*\\.$`));
  });
}

test("the harmless values of the same keys do not", () => {
  const text = "brokerRole=ASYNC_MASTER\naclEnable=false\ntls.server.mode=disabled\nbrokerId=0\n" +
    "storePathRootDir=/data/store\nstorePathCommitLog=/data/store/commitlog/\n";
  assert.equal(settle(givenInFile("b.conf", text)).settings.storePathRootDir, "/data/store");
});

test("every setting has a variable of its own", () => {
  assert.equal(variableOf("flushDiskType"), "POCKETMQ_FLUSH_DISK_TYPE");
  assert.equal(variableOf("brokerIP1"), "POCKETMQ_BROKER_IP1");
  const variables = Object.keys(SETTINGS).map(variableOf);
  assert.equal(new Set(variables).size, variables.length);
  for (const variable of variables) assert.match(variable, /^POCKETMQ(_[A-Z0-9]+)+$/);
});

test("an unknown POCKETMQ_ variable is warned of", () => {
  const { warning } = settle(givenInEnvironment({ POCKETMQ_LISTENPORT: "1" }));
  assert.match(warning ?? "", /POCKETMQ_LISTENPORT/);
});
