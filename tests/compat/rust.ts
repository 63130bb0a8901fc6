import { scenariosIn } from "./client_groups.ts";
import { playIn } from "./client_program.ts";
import { cache, here, work } from "./places.ts";
import { until } from "./pause.ts";
import { must, run } from "./programs.ts";
import { CODE, hasRoute } from "./requests.ts";
import type { Group } from "./scenario.ts";
import { address, type Target } from "./target.ts";
import { askWell } from "./wire.ts";
import { withTried, type World } from "./world.ts";

const SECONDS = Array<string>(18).fill("1s").join(" ");
const CARGO = { name: "cargo", output: `${work}/cargo.txt` };

async function hasCargo(): Promise<boolean> {
  return (await run({ ...CARGO, words: ["cargo", "--version"] })).code === 0;
}

/** The client brings 360 crates: the first time takes minutes, after that a second. */
async function built(): Promise<string> {
  const target = `${cache}/rust`;
  await must({
    ...CARGO,
    words: [
      ..."nice -n 19 cargo build --jobs 1 --quiet --manifest-path".split(" "),
      `${here}/rust/Cargo.toml`,
    ],
    environment: { CARGO_TARGET_DIR: target },
  });
  return `${target}/debug/pocketmq-compat`;
}

/** Of the type in which a batch is one record: this client cannot say so. */
async function createBatched({ brokerPort, nameServerPort }: Target, topic: string): Promise<void> {
  const fields = {
    ...{ topic, defaultTopic: "TBW102", readQueueNums: 1, writeQueueNums: 1, perm: 6 },
    ...{ topicFilterType: "SINGLE_TAG", topicSysFlag: 0, order: false },
    attributes: "+queue.type=BatchCQ",
  };
  await askWell(brokerPort, { code: CODE.createTopic, fields });
  const limitMs = 10_000;
  await until(
    limitMs,
    async () => await hasRoute(nameServerPort, topic) || undefined,
    () => `no route to ${topic}`,
  );
}

/** The community's Rust client. */
export function rustGroup(world: World): Group {
  const name = "rust";
  return {
    name,
    scenarios: scenariosIn("rust/src/main.rs"),
    async run(wanted, tell) {
      if (!await hasCargo()) {
        const skipped = "there is no cargo on this machine";
        return wanted.forEach((one) => tell({ name: one, ms: 0, skipped }));
      }
      const client = await built();
      const settings = { enablePropertyFilter: "true", messageDelayLevel: SECONDS };
      await withTried(world, [{ name, settings }], async ([target]) => {
        await createBatched(target, "rust_topic_batched-topic");
        const words = [client, address(target.nameServerPort), world.tried, wanted.join(",")];
        await playIn({ name, words, output: `${work}/${name}.txt` }, wanted, tell);
      });
    },
  };
}
