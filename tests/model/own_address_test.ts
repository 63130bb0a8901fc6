import assert from "node:assert/strict";
import { test } from "node:test";
import { formatHost, parseHost } from "../../lib/model/host.ts";
import { OwnAddress, splitAddress } from "../../lib/model/own_address.ts";

const local = parseHost("10.0.0.7", 9876) ?? assert.fail();

test("without an advertised address it is the local one of the connection", () => {
  const address = new OwnAddress({ brokerPort: 10911 });
  assert.equal(address.textFor(local), "10.0.0.7:10911");
  assert.equal(formatHost(address.hostFor(local)), "10.0.0.7:10911");
  const v6 = parseHost("fe80::1", 1) ?? assert.fail();
  assert.equal(address.textFor(v6), "[fe80::1]:10911");
  address.listensOn(4711);
  assert.equal(address.textFor(local), "10.0.0.7:4711");
  assert.equal(address.name, undefined);
});

test("an advertised address is the same for all, its port its own or the broker's", () => {
  const plain = new OwnAddress({ advertised: "192.0.2.1", brokerPort: 0 });
  plain.listensOn(10911);
  assert.equal(plain.textFor(local), "192.0.2.1:10911");
  assert.equal(formatHost(plain.hostFor(local)), "192.0.2.1:10911");
  const full = new OwnAddress({ advertised: "[2001:db8::1]:443", brokerPort: 10911 });
  assert.equal(full.textFor(local), "[2001:db8::1]:443");
  full.listensOn(1);
  assert.equal(formatHost(full.hostFor(local)), "[2001:db8::1]:443");
});

test("an advertised name is told as it is, and bytes are of what it stands for", () => {
  const address = new OwnAddress({ advertised: "broker.example:443", brokerPort: 10911 });
  assert.equal(address.name, "broker.example");
  assert.equal(formatHost(address.hostFor(local)), "10.0.0.7:10911");
  address.standsFor("192.0.2.9");
  assert.equal(address.textFor(local), "broker.example:443");
  assert.equal(formatHost(address.hostFor(local)), "192.0.2.9:443");
});

test("an address is split from its port", () => {
  const cases: [string, string, number][] = [
    ["host", "host", 7],
    [" host:80 ", "host", 80],
    ["10.0.0.1:80", "10.0.0.1", 80],
    ["[::1]:80", "::1", 80],
    ["[::1]", "::1", 7],
    ["::1", "::1", 7],
    ["2001:db8::1:80", "2001:db8::1:80", 7],
    ["host:", "host:", 7],
    ["host:x", "host:x", 7],
    ["", "", 7],
  ];
  for (const [text, host, port] of cases) assert.deepEqual(splitAddress(text, 7), { host, port });
});
