import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { parseHost } from "../../lib/model/host.ts";
import { lookUpHost } from "../../lib/port/lookup.ts";
import {
  hostName,
  localAddresses,
  memoryBytes,
  processId,
  residentBytes,
} from "../../lib/port/machine.ts";

test("the machine tells its size, name and process", () => {
  assert.ok(memoryBytes() > residentBytes());
  assert.ok(residentBytes() > 1_000_000);
  assert.ok(hostName().length > 0);
  assert.equal(processId(), process.pid);
});

test("local addresses are addresses, reachable ones first", () => {
  const addresses = localAddresses();
  assert.ok(addresses.some(({ ip }) => ip === "127.0.0.1"));
  for (const { ip } of addresses) assert.ok(parseHost(ip, 0) !== undefined, ip);
  const firstLoopback = addresses.findIndex(({ isLoopback }) => isLoopback);
  assert.ok(addresses.slice(firstLoopback).every(({ isLoopback }) => isLoopback));
});

test("a host's address is looked up, IPv4 first; an address is its own", async () => {
  assert.equal(await lookUpHost("localhost"), "127.0.0.1");
  assert.equal(await lookUpHost("10.1.2.3"), "10.1.2.3");
  assert.equal(await lookUpHost("::1"), "::1");
  await assert.rejects(
    lookUpHost("no-such-host.invalid"),
    /^Error: Cannot look up no-such-host\.invalid: E/,
  );
});
