import assert from "node:assert/strict";
import { test } from "node:test";
import { parseArguments } from "../../lib/cli/arguments.ts";
import { EXIT, EXIT_SENTENCES } from "../../lib/cli/exit_codes.ts";
import { help } from "../../lib/cli/help.ts";
import { UsageError } from "../../lib/cli/usage_error.ts";
import { SETTINGS } from "../../lib/config.ts";

test("start with every kind of option", () => {
  const argv = "start --data d --port=1 --broker-port 2 --memory --config f --set a=1 --set b=2";
  assert.deepEqual(parseArguments(argv.split(" ")), {
    name: "start",
    flags: { data: "d", port: "1", "broker-port": "2", memory: true },
    set: ["a=1", "b=2"],
    config: "f",
  });
});

test("start alone", () => {
  assert.deepEqual(parseArguments(["start"]), {
    name: "start",
    flags: {},
    set: [],
    config: undefined,
  });
});

test("the ways to ask for help and the version", () => {
  const forHelp = { name: "help", about: "" };
  for (const argv of [[], ["help"], ["--help"], ["-h"]]) {
    assert.deepEqual(parseArguments(argv), forHelp);
  }
  assert.deepEqual(parseArguments(["start", "--help"]), { name: "help", about: "start" });
  assert.deepEqual(parseArguments(["help", "exit"]), { name: "help", about: "exit" });
  for (const argv of [["version"], ["--version"], ["-V"]]) {
    assert.deepEqual(parseArguments(argv), { name: "version" });
  }
});

for (
  const argv of [
    "strat",
    "start --prot 1",
    "start x",
    "start --port",
    "version x",
    "start --memory=1",
  ]
) {
  test(`${argv}: a sentence`, () => {
    assert.throws(() => parseArguments(argv.split(" ")), (fault) => {
      assert.ok(fault instanceof UsageError);
      assert.match(fault.message, /; try pocketmq help/);
      return true;
    });
  });
}

test("the help tells every setting, option and exit code", () => {
  const settings = help("settings") ?? "";
  for (const name of Object.keys(SETTINGS)) assert.match(settings, new RegExp(`^${name} \\[`, "m"));
  for (const flag of ["data", "host", "port", "broker-port", "role", "advertise", "memory"]) {
    assert.match(help("start") ?? "", new RegExp(`--${flag} `));
  }
  for (const code of Object.values(EXIT)) assert.ok(EXIT_SENTENCES.has(code));
  assert.equal(help("nothing"), undefined);
});

test("no line of the help is longer than a terminal is wide", () => {
  const texts = ["", "start", "settings", "exit", "version"].map((about) => help(about) ?? "");
  for (const line of texts.join("\n").split("\n")) assert.ok(line.length <= 100, line);
});
