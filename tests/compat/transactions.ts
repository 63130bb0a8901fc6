import { readFileSync } from "node:fs";
import { playIn } from "./client_program.ts";
import { CLIENTS, type ClientVersion } from "./installed.ts";
import { runSuite } from "./java.ts";
import { here, work } from "./places.ts";
import type { Group } from "./scenario.ts";
import { address } from "./target.ts";
import { startTried, type World } from "./world.ts";

/**
 * Rounds of checks follow each other fast; Apache's broker writes the ends of halves before the
 * next one.
 */
const SETTINGS = {
  transactionCheckInterval: "1000",
  transactionTimeOut: "1000",
  transactionOpBatchInterval: "100",
};

function names(path: string, pattern: RegExp): string[] {
  const text = readFileSync(`${here}/${path}`, "utf8");
  return [...text.matchAll(pattern)].map(([, name]) => name);
}

function javaGroup(world: World, version: ClientVersion, form: "JSON" | "ROCKETMQ"): Group {
  const name = `transactions-java-${version}-${form.toLowerCase()}`;
  return {
    name,
    scenarios: names(
      "java/common/compat/TransactionSuite.java",
      /transactions\.put\("([^"]+)"/g,
    ),
    async run(wanted, tell) {
      const [target, refusing] = await Promise.all([
        startTried(world, { name, settings: SETTINGS }),
        startTried(world, { name: `${name}-none`, settings: { rejectTransactionMessage: "true" } }),
      ]);
      const { nameServerPort, kind } = target;
      const ports = { nameServerPort, strictPort: refusing.nameServerPort };
      const main = "compat.TransactionSuite";
      try {
        await runSuite(world, { name, version, form, ...ports, kind, wanted, main }, tell);
      } finally {
        await Promise.all([target.kill(), refusing.kill()]);
      }
    },
  };
}

function goGroup(world: World): Group {
  const name = "transactions-go";
  return {
    name,
    scenarios: names("go/transactions.go", /^\t\{"([a-z-]+)", \w+\},$/gm),
    async run(wanted, tell) {
      const target = await startTried(world, { name, settings: SETTINGS });
      const server = address(target.nameServerPort);
      const words = [world.installed.goClient, server, world.tried, wanted.join(",")];
      try {
        await playIn({ name, words, output: `${work}/${name}.txt` }, wanted, tell);
      } finally {
        await target.kill();
      }
    },
  };
}

/** Transactions with each client, on a broker that asks often. */
export function transactionGroups(world: World): Group[] {
  return [
    ...CLIENTS.flatMap((version) => [
      javaGroup(world, version, "JSON"),
      javaGroup(world, version, "ROCKETMQ"),
    ]),
    goGroup(world),
  ];
}
