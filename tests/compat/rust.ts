import { scenariosIn } from "./client_groups.ts";
import { playIn } from "./client_program.ts";
import { cache, here, work } from "./places.ts";
import { must } from "./programs.ts";
import type { Group } from "./scenario.ts";
import { address } from "./target.ts";
import { withTried, type World } from "./world.ts";

/** Builds the program: many minutes the first time, for the client brings 360 crates. */
async function built(): Promise<string> {
  const target = `${cache}/rust`;
  await must({
    name: "cargo",
    words: ["cargo", "build", "--quiet", "--manifest-path", `${here}/rust/Cargo.toml`],
    output: `${work}/cargo.txt`,
    environment: { CARGO_TARGET_DIR: target },
  });
  return `${target}/debug/pocketmq-compat`;
}

/** The community's Rust client; it is played only where it is asked for by name. */
export function rustGroup(world: World): Group {
  const name = "rust";
  const isNamed = process.argv.slice(2).some((word) => word.startsWith(name));
  return {
    name,
    scenarios: isNamed ? scenariosIn("rust/src/main.rs") : [],
    async run(wanted, tell) {
      const client = await built();
      const settings = { enablePropertyFilter: "true" };
      await withTried(world, [{ name, settings }], ([{ nameServerPort }]) => {
        const words = [client, address(nameServerPort), world.tried, wanted.join(",")];
        return playIn({ name, words, output: `${work}/${name}.txt` }, wanted, tell);
      });
    },
  };
}
