import { startApacheBroker, startApacheNameServer } from "./apache.ts";
import { mustSuite } from "./java.ts";
import { until } from "./pause.ts";
import { startPocketmq } from "./pocketmq.ts";
import { hasRoute } from "./requests.ts";
import { type Group, type Play, plays } from "./scenario.ts";
import type { World } from "./world.ts";

const WANTED = ["quickstart", "rebalance", "lite-subscribe", "look-up"];

/** The route of a topic must come or go. */
function awaitRoute(nameServerPort: number, expected: boolean): Promise<boolean> {
  return until(
    20_000,
    async () => await hasRoute(nameServerPort, "TopicTest") === expected || undefined,
    () => `the route of TopicTest is ${expected ? "not there" : "still there"}`,
  );
}

/** Apache's broker with our name server, our broker with Apache's; clients work through each. */
export function registrationGroup(world: World): Group {
  const classPath = world.installed.apache;
  const clients = { version: "5.5.0", form: "JSON", wanted: WANTED } as const;
  const all = new Map<string, Play>([
    ["apache-broker-at-our-name-server", async () => {
      const names = await startPocketmq({ name: "names", role: "namesrv" });
      const { nameServerPort } = names;
      const options = { name: "guest", classPath, nameServerPort };
      const broker = await startApacheBroker(options);
      await mustSuite(world, { ...clients, name: "guest", kind: "apache", nameServerPort });
      await broker.stop();
      await awaitRoute(nameServerPort, false);
      const { directory } = broker;
      const again = await startApacheBroker({ ...options, name: "guest-again", directory });
      await awaitRoute(nameServerPort, true);
      await again.kill();
      await awaitRoute(nameServerPort, false);
      await names.stop();
    }],
    ["our-broker-at-apache-name-server", async () => {
      const names = await startApacheNameServer({ name: "elsewhere", classPath });
      const { nameServerPort } = names;
      const broker = await startPocketmq({ name: "away", role: "broker", nameServerPort });
      await awaitTopic(nameServerPort);
      await mustSuite(world, { ...clients, name: "away", kind: "pocketmq", nameServerPort });
      await broker.stop();
      await awaitRoute(nameServerPort, false);
      const { directory } = broker;
      const again = await startPocketmq({
        name: "away",
        role: "broker",
        nameServerPort,
        directory,
      });
      await awaitRoute(nameServerPort, true);
      await again.kill();
      await awaitRoute(nameServerPort, false);
      await names.stop();
    }],
  ]);
  return plays("registration", all);
}

function awaitTopic(nameServerPort: number): Promise<boolean> {
  return until(
    20_000,
    async () => await hasRoute(nameServerPort, "TBW102") || undefined,
    () => "our broker does not register with Apache's name server",
  );
}
