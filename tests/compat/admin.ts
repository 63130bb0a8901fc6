import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { java } from "./jvm.ts";
import { here, makeFolder, work } from "./places.ts";
import { must } from "./programs.ts";
import { attempt, type Group } from "./scenario.ts";
import { shapeOf } from "./shape.ts";
import { address } from "./target.ts";
import { withTried, type World } from "./world.ts";

const GOLDEN = `${here}/golden`;

/** The names of the commands that the Java program runs. */
function registered(program: string): string[] {
  const text = readFileSync(`${here}/java/admin/compat/${program}.java`, "utf8");
  return [...text.matchAll(/(?:commands\.run|all\.put)\("([\w-]+)", "/g)].map(([, name]) => name);
}

function outputOf(command: string, printed: string): string {
  const begin = new RegExp(`^COMMAND ${command} \\d+\\n`, "m").exec(printed);
  const end = printed.indexOf(`\nEND ${command}\n`);
  if (begin === null || end < 0) throw new Error(`${command} was not run:\n${printed}`);
  return printed.slice(begin.index + begin[0].length, end + 1);
}

function compare(command: string, printed: string, isRecording: boolean): void {
  const path = `${GOLDEN}/${command}.txt`;
  const output = outputOf(command, printed);
  const shape = shapeOf(command, output);
  if (isRecording) return writeFileSync(path, shape);
  if (!existsSync(path)) throw new Error(`${path} was never recorded; run with --record`);
  const expected = readFileSync(path, "utf8");
  if (shape !== expected) {
    throw new Error(`expected\n${expected}\nfound\n${shape}\nwhich was\n${output}`);
  }
}

/**
 * Apache's mqadmin prints the same as on Apache's broker but for numbers, times and addresses. What
 * it prints there is in `golden/`, recorded by `COMPAT_TARGET=peer deno task compat mqadmin
 * --record`.
 */
export function adminGroup(world: World, name: string, program: "Admin" | "AdminTools"): Group {
  return {
    name,
    scenarios: registered(program),
    run: (wanted, tell) =>
      withTried(world, [{ name }], async ([target]) => {
        if (world.isRecording) makeFolder(GOLDEN);
        const printed = await must({
          name,
          words: java({
            name,
            heap: "256m",
            classPath: world.installed.admin,
            main: `compat.${program}`,
            words: [address(target.nameServerPort), address(target.brokerPort)],
            properties: { "rmq.logback.configurationFile": "rmq.tools.logback.xml" },
          }),
          environment: { ROCKETMQ_HOME: `${work}/home-${name}` },
          output: `${work}/${name}.txt`,
        });
        for (const command of wanted) {
          const play = () => Promise.resolve(compare(command, printed, world.isRecording));
          tell(await attempt(command, play));
        }
      }),
  };
}
