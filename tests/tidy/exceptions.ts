import type { Exception } from "./rule.ts";

/** What is let be, by name. Each is needed: one that nothing breaks any more fails the test. */
export const EXCEPTIONS: readonly Exception[] = [
  {
    rule: "names",
    path: "lib/model/data_version.ts",
    subject: "DataVersion",
    reason: "RocketMQ's own word, which mqadmin and the dashboard show to users",
  },
  {
    rule: "file names",
    path: "lib/model/data_version.ts",
    subject: "Data",
    reason: "named after DataVersion",
  },
  {
    rule: "casts",
    path: "lib/config/read.ts",
    subject: "Settings",
    reason: "text becomes typed settings here: the table's kinds vouch for every value",
  },
  {
    rule: "parameters",
    path: "lib/broker/broker.ts",
    subject: "onArrival",
    reason: "hears of each message stored: an object each would be paid for where nobody waits",
  },
  {
    rule: "no dead files",
    path: "lib/port/sqlite_on_deno.ts",
    subject: "",
    reason: "deno.json's import map points bun:sqlite at it",
  },
  {
    rule: "no dead files",
    path: "lib/port/random_seeded.ts",
    subject: "",
    reason: "chance for the simulator and the tests; it passes the same contract suite",
  },
  {
    rule: "casts",
    path: "lib/server/broker_settings.ts",
    subject: "BrokerSettings",
    reason: "the table above it is checked to name a setting of the right type for every field",
  },
  {
    rule: "parameters",
    path: "lib/meta/progress.ts",
    subject: "set",
    reason: "every commit of every consumer goes through it: an object each would be garbage",
  },
  {
    rule: "parameters",
    path: "lib/model/record.ts",
    subject: "encodeRecord",
    reason: "every message goes through it: its place and the two things it is made of",
  },
  {
    rule: "no sleeps in tests",
    path: "tests/compat/pause.ts",
    subject: "setTimeout",
    reason: "real clients against the real executable run in real time",
  },
];
