import assert from "node:assert/strict";
import { test } from "node:test";
import { NameServerSettings } from "../../lib/nameserver/settings.ts";
import { MapStore } from "./fakes.ts";

test("settings start from defaults and the configuration; changed ones are stored", async () => {
  const store = new MapStore();
  const initial = new Map([["orderMessageEnable", "true"], ["enableTopicList", "false"]]);
  const settings = new NameServerSettings({ store, initial });
  assert.equal(settings.isOn("orderMessageEnable"), true);
  assert.equal(settings.isOn("returnOrderTopicConfigToBroker"), true);
  assert.equal(settings.scanIntervalMs, 5000);
  await settings.change(
    new Map([["orderMessageEnable", "false"], ["scanNotActiveBrokerInterval", "1000"]]),
  );
  assert.equal(settings.isOn("orderMessageEnable"), false);
  assert.equal(settings.isOn("enableTopicList"), false);
  assert.equal(settings.scanIntervalMs, 1000);
  assert.deepEqual([store.get("orderMessageEnable"), store.get("scanNotActiveBrokerInterval")], [
    "false",
    "1000",
  ]);
});

test("all settings are shown, sorted, with what cannot change", () => {
  const settings = new NameServerSettings({ shown: new Map([["listenPort", "9876"]]) });
  assert.deepEqual([...settings.current()], [
    ["deleteTopicWithBrokerRegistration", "false"],
    ["enableAllTopicList", "true"],
    ["enableTopicList", "true"],
    ["listenPort", "9876"],
    ["orderMessageEnable", "false"],
    ["returnOrderTopicConfigToBroker", "true"],
    ["scanNotActiveBrokerInterval", "5000"],
  ]);
});

test("a change is refused as a whole, by name", async () => {
  const settings = new NameServerSettings({ shown: new Map([["listenPort", "9876"]]) });
  const refused = (name: string, value: string, kind: string, message: RegExp) =>
    assert.rejects(
      settings.change(new Map([["enableTopicList", "false"], [name, value]])),
      { kind, message },
    );
  await refused("kvConfigPath", "/x", "no-permission", /black list: kvConfigPath/);
  await refused("listenPort", "1", "no-permission", /listenPort/);
  await refused("__proto__", "1", "parameter-invalid", /no setting "__proto__". It has order/);
  await refused("orderMessageEnable", "yes", "parameter-invalid", /"yes"; expected true or false/);
  await refused("scanNotActiveBrokerInterval", "5s", "parameter-invalid", /"5s"; expected a whole/);
  await refused("scanNotActiveBrokerInterval", "1", "parameter-invalid", /from 100 to 3600000/);
  assert.equal(settings.isOn("enableTopicList"), true);
});
