import assert from "node:assert/strict";
import { test } from "node:test";
import { formatHandle, parseHandle } from "../../lib/model/recall_handle.ts";

test("A handle is what Java's broker makes, and is read back", () => {
  const handle = { topic: "T-ä", brokerName: "broker-a", time: "1767225600001", uniqueKey: "K?>" };
  const text = formatHandle(handle);
  assert.equal(text, "djEgVC3DpCBicm9rZXItYSAxNzY3MjI1NjAwMDAxIEs_Pg==");
  assert.deepEqual(parseHandle(text), handle);
  assert.deepEqual(parseHandle(text.replaceAll("=", "")), handle);
});

test("What is no handle is none", () => {
  const words = (text: string) => btoa(text);
  const wrong = ["", "a", "===", "%%%%", "djE", words("v2 T b 1 K"), words("v1 T b 1"), "é", "a b"];
  for (const text of wrong) assert.equal(parseHandle(text), undefined, text);
  assert.deepEqual(parseHandle(words("v1 T b 1 K more")), {
    topic: "T",
    brokerName: "b",
    time: "1",
    uniqueKey: "K",
  });
});
