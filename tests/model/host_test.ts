import assert from "node:assert/strict";
import { test } from "node:test";
import { formatHost, formatIp, isLoopback, parseHost } from "../../lib/model/host.ts";

function formatted(address: string): string | undefined {
  const host = parseHost(address, 1);
  return host && formatIp(host.ip);
}

test("addresses are read and written in their shortest form", () => {
  const cases = [
    ["10.0.0.1", "10.0.0.1"],
    ["255.255.255.255", "255.255.255.255"],
    ["::", "::"],
    ["::1", "::1"],
    ["1::", "1::"],
    ["2001:DB8:0:0:0:0:0:1", "2001:db8::1"],
    ["2001:db8::1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
    ["1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"],
    ["1:0:3:4:5:6:7:8", "1:0:3:4:5:6:7:8"],
    ["fe80::1%eth0", "fe80::1"],
    ["::ffff:10.0.0.1", "10.0.0.1"],
    ["::FFFF:0a00:0001", "10.0.0.1"],
    ["64:ff9b::10.0.0.1", "64:ff9b::a00:1"],
  ];
  for (const [text, expected] of cases) assert.equal(formatted(text), expected, text);
});

test("what is no address is undefined", () => {
  const wrong = ["", "localhost", "10.0.0", "10.0.0.256", "10.0.0.1.2", "1.2.3.-4", "10.0.0.x"];
  wrong.push(
    ":",
    ":::",
    "1:2",
    "1:2:3:4:5:6:7:8:9",
    "1::2::3",
    "12345::",
    "g::",
    "1:2:3:4:5:6:7::8",
  );
  wrong.push("::1.2.3", "1.2.3.4::", "1:2:3:4:5:6:7:1.2.3.4", "::ffff:10.0.0.1:1", " 10.0.0.1");
  for (const text of wrong) {
    const isEight = text === "1:2:3:4:5:6:7::8";
    assert.equal(
      parseHost(text, 1),
      undefined,
      `${text}${isEight ? ": :: stands for nothing" : ""}`,
    );
  }
});

test("a host is written with its port, IPv6 in brackets", () => {
  const hosts = ["10.0.0.1", "::1", "2001:db8::2"].map((text) => parseHost(text, 10911));
  assert.deepEqual(hosts.map((host) => host && formatHost(host)), [
    "10.0.0.1:10911",
    "[::1]:10911",
    "[2001:db8::2]:10911",
  ]);
});

test("loopback addresses are known", () => {
  const known = (text: string) => isLoopback(parseHost(text, 1) ?? assert.fail());
  assert.deepEqual(["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"].map(known), [
    ...[true, true, true, true],
  ]);
  assert.deepEqual(["10.0.0.1", "::2", "::"].map(known), [false, false, false]);
});
