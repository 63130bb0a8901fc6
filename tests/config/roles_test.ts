import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigError } from "../../lib/config/given.ts";
import { givenInSet, settle } from "../../lib/config/read.ts";
import { rolesOf } from "../../lib/config/roles.ts";

const own = new Set(["127.0.0.1", "localhost", "10.0.0.5", "this-machine"]);

function roles(...pairs: string[]) {
  const { nameServer, broker, registerWith } = rolesOf(
    settle(givenInSet(pairs)).settings,
    (host) => own.has(host),
  );
  return [nameServer, broker, ...registerWith];
}

test("alone: both", () => {
  assert.deepEqual(roles(), [true, true]);
});

test("only other processes named: a broker", () => {
  assert.deepEqual(roles("namesrvAddr=10.0.0.9:9876;ns:1"), [
    false,
    true,
    "10.0.0.9:9876",
    "ns:1",
  ]);
  assert.deepEqual(roles("namesrvAddr=127.0.0.1:9877"), [false, true, "127.0.0.1:9877"]);
});

test("the own address is the name server in this process", () => {
  assert.deepEqual(roles("namesrvAddr=127.0.0.1:9876"), [true, true]);
  assert.deepEqual(roles("namesrvAddr=this-machine"), [true, true]);
  assert.deepEqual(roles("namesrvAddr=10.0.0.5:9876; 10.0.0.9:9876"), [
    true,
    true,
    "10.0.0.9:9876",
  ]);
});

test("a role that was asked for wins", () => {
  assert.deepEqual(roles("role=namesrv", "namesrvAddr=10.0.0.9:9876"), [true, false]);
  assert.deepEqual(roles("role=broker", "namesrvAddr=127.0.0.1:9876"), [
    false,
    true,
    "127.0.0.1:9876",
  ]);
  assert.deepEqual(roles("role=all", "namesrvAddr=10.0.0.9:9876"), [true, true, "10.0.0.9:9876"]);
});

test("a broker that nobody would find, and an address that is none, stop the start", () => {
  assert.throws(() => roles("role=broker"), ConfigError);
  assert.throws(() => roles("namesrvAddr=10.0.0.9:98765"), ConfigError);
  assert.throws(() => roles("namesrvAddr=a b:1"), ConfigError);
});
