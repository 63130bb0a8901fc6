import { readFileSync } from "node:fs";
import { playIn } from "./client_program.ts";
import { cache, here, work } from "./places.ts";
import { must } from "./programs.ts";
import type { Group } from "./scenario.ts";
import { address } from "./target.ts";
import { startTried, type World } from "./world.ts";

/** The names under which the Rust source keeps its scenarios. */
function registered(): string[] {
  const text = readFileSync(`${here}/rust/src/main.rs`, "utf8");
  return [...text.matchAll(/^ +"([a-z-]+)" => \{$/gm)].map(([, name]) => name);
}

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
    scenarios: isNamed ? registered() : [],
    async run(wanted, tell) {
      const client = await built();
      const target = await startTried(world, { name, settings: { enablePropertyFilter: "true" } });
      const words = [client, address(target.nameServerPort), world.tried, wanted.join(",")];
      try {
        await playIn({ name, words, output: `${work}/${name}.txt` }, wanted, tell);
      } finally {
        await target.kill();
      }
    },
  };
}
