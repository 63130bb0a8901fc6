import { JAVA_CLIENTS, scenariosIn } from "./client_groups.ts";
import { killCluster, startCluster } from "./cluster.ts";
import { type GoClients, runGo } from "./go.ts";
import { runSuite } from "./java.ts";
import type { Group, Outcome } from "./scenario.ts";
import type { World } from "./world.ts";

/** Retries after a second, and brokers that ask about halves every second. */
const SETTINGS = {
  messageDelayLevel: Array<string>(18).fill("1s").join(" "),
  ...{ transactionCheckInterval: "1000", transactionTimeOut: "1000" },
  transactionOpBatchInterval: "100",
};

type Clients = (run: GoClients, tell: (outcome: Outcome) => void) => Promise<void>;

/** Clients of three brokers in one cluster; order among them is in `ordered.ts`. */
export function threeBrokerGroups(world: World): Group[] {
  const group = (client: string, source: string, play: Clients): Group => {
    const name = `three-brokers-${client}`;
    return {
      name,
      scenarios: scenariosIn(source),
      async run(wanted, tell) {
        const cluster = await startCluster(world, name, SETTINGS);
        const { nameServerPort } = cluster.server;
        try {
          await play({ name, nameServerPort, wanted }, tell);
        } finally {
          await killCluster(cluster);
        }
      },
    };
  };
  const main = "compat.ClusterSuite";
  const kind = world.tried;
  return [
    ...JAVA_CLIENTS.map(([version, form]) =>
      group(
        `java-${version}-${form.toLowerCase()}`,
        "java/common/compat/ClusterSuite.java",
        (run, tell) => runSuite(world, { ...run, version, form, kind, main }, tell),
      )
    ),
    group("go", "go/cluster.go", (run, tell) => runGo(world, run, tell)),
  ];
}
