import { JAVA_CLIENTS, scenariosIn } from "./client_groups.ts";
import { killCluster, startCluster } from "./cluster.ts";
import { runSuite } from "./java.ts";
import type { Group } from "./scenario.ts";
import type { World } from "./world.ts";

/** Retries after a second, and brokers that ask about halves every second. */
const SETTINGS = {
  messageDelayLevel: Array<string>(18).fill("1s").join(" "),
  ...{ transactionCheckInterval: "1000", transactionTimeOut: "1000" },
  transactionOpBatchInterval: "100",
};

/** Clients of three brokers in one cluster; order among them is in `ordered.ts`. */
export function threeBrokerGroups(world: World): Group[] {
  return JAVA_CLIENTS.map(([version, form]) => {
    const name = `three-brokers-java-${version}-${form.toLowerCase()}`;
    return {
      name,
      scenarios: scenariosIn("java/common/compat/ClusterSuite.java"),
      async run(wanted, tell) {
        const cluster = await startCluster(world, name, SETTINGS);
        const { nameServerPort, kind } = cluster.server;
        const run = { name, version, form, nameServerPort, kind, wanted };
        try {
          await runSuite(world, { ...run, main: "compat.ClusterSuite" }, tell);
        } finally {
          await killCluster(cluster);
        }
      },
    };
  });
}
