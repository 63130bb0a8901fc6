import assert from "node:assert/strict";
import { test } from "node:test";
import { compareVersions, nextVersion, sameVersion } from "../../lib/model/data_version.ts";
import { formatJson, parseLooseJson } from "../../lib/model/loose_json.ts";
import { versionFromJson, versionToJson } from "../../lib/model/version_json.ts";

const version = { stateVersion: 1, timestamp: 1_700_000_000_000, counter: 12 };

test("a change counts one up and is stamped", () => {
  assert.deepEqual(nextVersion(version, 5), { stateVersion: 1, timestamp: 5, counter: 13 });
});

test("versions are the same if all three are, ordered by state, counter, timestamp", () => {
  assert.ok(sameVersion(version, { ...version }));
  const later = [{ timestamp: version.timestamp + 1 }, { counter: 13 }, { stateVersion: 2 }];
  const sorted = [version, ...later.map((change) => ({ ...version, ...change }))];
  for (const [at, one] of sorted.entries()) {
    for (const [where, other] of sorted.entries()) {
      assert.equal(compareVersions(one, other), Math.sign(at - where));
    }
  }
  assert.equal(compareVersions({ ...version, counter: 13, timestamp: 0 }, version), 1);
});

test("a version is Java's JSON", () => {
  const text = `{"counter":12,"stateVersion":1,"timestamp":1700000000000}`;
  assert.equal(formatJson(versionToJson(version)), text);
  assert.deepEqual(versionFromJson(parseLooseJson(text)), version);
  const nothing = { stateVersion: 0, timestamp: 0, counter: 0 };
  for (const json of ["{}", "[]", "1", `{"counter":"x","timestamp":null}`]) {
    assert.deepEqual(versionFromJson(parseLooseJson(json)), nothing, json);
  }
  assert.equal(versionFromJson(parseLooseJson(`{"counter":"7"}`)).counter, 7);
});
