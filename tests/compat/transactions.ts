import { goGroup, javaGroups } from "./client_groups.ts";
import type { Group } from "./scenario.ts";
import type { World } from "./world.ts";

/**
 * Rounds of checks follow each other fast; Apache's broker writes the ends of halves before the
 * next one. Ours is no stricter than that here.
 */
const SETTINGS = {
  transactionsEndOnce: "false",
  transactionCheckInterval: "1000",
  transactionTimeOut: "1000",
  transactionOpBatchInterval: "100",
};

/** Transactions with each client, on a broker that asks often. */
export function transactionGroups(world: World): Group[] {
  const common = { settings: SETTINGS, strict: { rejectTransactionMessage: "true" } };
  const java = "java/common/compat/TransactionSuite.java";
  return [
    ...javaGroups(world, { name: "transactions-java", source: java, ...common }),
    goGroup(world, { name: "transactions-go", source: "go/transactions.go", ...common }),
  ];
}
