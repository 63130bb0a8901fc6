import { readFileSync } from "node:fs";
import { goGroup, JAVA_CLIENTS, scenariosIn } from "./client_groups.ts";
import type { ClientVersion } from "./installed.ts";
import { type HeaderForm, runSuite } from "./java.ts";
import { java } from "./jvm.ts";
import { work } from "./places.ts";
import { must } from "./programs.ts";
import { attempt, type Group, holds } from "./scenario.ts";
import { address, type Target } from "./target.ts";
import { withTried, type World } from "./world.ts";

const TRACING = { traceTopicEnable: "true" };
const SILENT = { traceOn: "false", regionId: "Elsewhere", traceTopicEnable: "true" };
/** What mqadmin is asked after the scenarios: which of them it is about, and what it shows. */
const TOOL = "mqadmin-shows-the-whole-way";
const SHOWN: ReadonlyMap<string, readonly RegExp[]> = new Map([
  ["system", [/^Pub\s.*trace-to-system-topic_producer.*success/m, /group_trace-to-system-topic\s/]],
  ["custom", [/^Pub\s.*trace-to-custom-topic_producer.*success/m, /group_trace-to-custom-topic\s/]],
  ["transaction", [/^Pub\s.*trace-of-transaction_producer/m, /group_trace-of-transaction\s/]],
]);

interface Asking {
  /** Of the group: those of other lanes ask at the same time. */
  readonly name: string;
  readonly target: Target;
}

/** Runs `mqadmin queryMsgTraceById`. */
async function shown(world: World, asking: Asking, [kind, id]: [string, string]): Promise<string> {
  const { target } = asking;
  const name = `${asking.name}-mqadmin-${kind}`;
  const topic = kind === "custom" ? ["-t", "topic_trace-to-custom-topic_trace"] : [];
  return await must({
    name,
    words: java({
      name,
      heap: "128m",
      classPath: world.installed.apache,
      main: "org.apache.rocketmq.tools.command.MQAdminStartup",
      words: ["queryMsgTraceById", "-n", address(target.nameServerPort), "-i", id, ...topic],
      properties: { "rmq.logback.configurationFile": "rmq.tools.logback.xml" },
    }),
    environment: { ROCKETMQ_HOME: `${work}/home-${name}` },
    output: `${work}/${name}.txt`,
  });
}

async function checkShown(world: World, asking: Asking, printed: string): Promise<void> {
  const traced = [...printed.matchAll(/^TRACED (\w+) (\w+)$/gm)];
  holds(traced.length > 0, "no scenario has left a trace");
  for (const [, kind, id] of traced) {
    const output = await shown(world, asking, [kind, id]);
    for (const pattern of SHOWN.get(kind) ?? []) {
      holds(pattern.test(output), `${pattern} is not in what mqadmin shows:\n${output}`);
    }
  }
}

function group(world: World, version: ClientVersion, form: HeaderForm): Group {
  const name = `trace-java-${version}-${form.toLowerCase()}`;
  const all = scenariosIn("java/common/compat/TraceSuite.java");
  const starts = [
    { name, settings: TRACING },
    { name: `${name}-silent`, settings: SILENT },
  ];
  return {
    name,
    scenarios: [...all, TOOL],
    run: (wanted, tell) =>
      withTried(world, starts, async ([target, silent]) => {
        const { nameServerPort, kind } = target;
        const ports = { nameServerPort, strictPort: silent.nameServerPort };
        const own = wanted.filter((one) => one !== TOOL);
        const run = { name, version, form, ...ports, kind, main: "compat.TraceSuite" } as const;
        await runSuite(world, { ...run, wanted: own.length > 0 ? own : all }, tell);
        if (!wanted.includes(TOOL)) return;
        const printed = readFileSync(`${work}/${name}.txt`, "utf8");
        tell(await attempt(TOOL, () => checkShown(world, { name, target }, printed)));
      }),
  };
}

/** Clients that trace their messages, and what mqadmin makes of it. */
export function traceGroups(world: World): Group[] {
  return [
    ...JAVA_CLIENTS.map(([version, form]) => group(world, version, form)),
    goGroup(world, { name: "trace-go", source: "go/tracing.go", settings: TRACING }),
  ];
}
