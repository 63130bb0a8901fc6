import { fileRule, type Finding, type Rule } from "./rule.ts";
import { resolve, type Source } from "./source.ts";

/** Which room may import which others; every room may import itself. */
const ROOMS: ReadonlyMap<string, readonly string[]> = new Map([
  ["model", []],
  ["port", ["model"]],
  ["log", ["model", "port"]],
  ["meta", ["model", "port"]],
  ["broker", ["model", "port", "log", "meta"]],
  ["nameserver", ["model", "port", "meta"]],
  ["remoting", ["model", "port", "broker", "nameserver"]],
  // Of remoting only the codecs, see CODECS.
  ["client", ["model", "port", "remoting"]],
  ["config", ["model"]],
  [
    "server",
    ["model", "port", "log", "meta", "broker", "nameserver", "remoting", "config"],
  ],
  ["cli", ["server", "config", "client", "model"]],
  ["main", ["cli", "server", "config", "model"]],
  ["mod", ["server", "config", "port", "model"]],
]);

/** What the client may use of the wire: what reads and writes it, and asks; nothing that serves. */
const CODECS = new RegExp(
  "^lib/remoting/((caller|command|decode|encode|frame|shape)|bodies/(heartbeat|route_reader))" +
    "\\.ts$",
);

/** The doors: packages and the files that may import them. What is not here has no door. */
const PACKAGES: readonly [RegExp, RegExp][] = [
  [/^node:fs$/, /^lib\/port\/(disk_real|holder)\.ts$/],
  [/^node:net$/, /^lib\/port\/tcp_real\.ts$/],
  [/^node:util$/, /^lib\/cli\/parse_options\.ts$/],
  [/^node:process$/, /^main\.ts$|^lib\/port\//],
  [/^node:worker_threads$/, /^main\.ts$|^lib\/port\//],
  [/^(bun:sqlite|node:sqlite)$/, /^lib\/port\/sqlite_\w+\.ts$/],
  [/^node:(zlib|crypto|timers|os|dns|dns\/promises|buffer|child_process)$/, /^lib\/port\//],
];

/** Globals of the runtime that only `port` and main.ts touch. */
const GLOBALS = new Set(
  ("Date performance setTimeout setInterval setImmediate queueMicrotask clearTimeout " +
    "clearInterval console process Deno Bun Worker crypto fetch globalThis").split(" "),
);

export const importRules: readonly Rule[] = [
  fileRule(
    "import table",
    (source) =>
      source.imports().filter(({ specifier }) => specifier.startsWith(".")).flatMap((one) => {
        const target = resolve(source.path, one.specifier);
        const room = roomOf(target);
        const allowed = ROOMS.get(source.room);
        const isFree = source.isTest || source.room === "bench";
        if (isFree || room === source.room || allowed?.includes(room)) return [];
        const text = allowed === undefined
          ? `line ${one.line}: ${source.room} is no room of the import table`
          : `line ${one.line}: ${source.room} may not import ${target}`;
        return [{ subject: target, text }];
      }),
  ),
  fileRule("client's codecs", (source) => {
    if (source.room !== "client") return [];
    return source.imports().flatMap(({ specifier, line }) => {
      const target = resolve(source.path, specifier);
      if (roomOf(target) !== "remoting" || CODECS.test(target)) return [];
      return [{ subject: target, text: `line ${line}: ${target} is no codec` }];
    });
  }),
  fileRule("package doors", (source) => {
    if (source.isTest || source.room === "bench") return [];
    const packages = source.imports().filter(({ specifier }) => !specifier.startsWith("."));
    return packages.flatMap(({ specifier, line }) => {
      const door = PACKAGES.find(([name]) => name.test(specifier));
      if (door?.[1].test(source.path)) return [];
      return [{ subject: specifier, text: `line ${line}: ${specifier} has no door here` }];
    });
  }),
  fileRule("runtime globals", (source) => {
    const isFree = source.isTest || ["bench", "port", "main"].includes(source.room);
    return isFree ? [] : globals(source);
  }),
  fileRule(
    "relative imports end in .ts",
    (source) =>
      source.imports().flatMap(({ specifier, line }) =>
        !specifier.startsWith(".") || /\.(ts|json)$/.test(specifier)
          ? []
          : [{ subject: specifier, text: `line ${line}: ${specifier} does not end in .ts` }]
      ),
  ),
  { name: "no cycles", check: cycles },
  fileRule("no barrels", (source) => {
    if (!source.isLib) return [];
    const texts = source.code.map(({ text }) => text);
    const star = texts.findIndex((text, at) => text === "export" && texts[at + 1] === "*");
    const owns = /^(class|function|interface|type|const|let|enum|abstract|async)$/;
    const isOwn = texts.some((text, at) =>
      owns.test(text) && !["import", "export"].includes(texts[at - 1]) ||
      texts[at - 1] === "export" && owns.test(text) && texts[at + 1] !== "{"
    );
    if (star < 0 && isOwn) return [];
    return [{ subject: "", text: "only mod.ts passes on what others export" }];
  }),
  { name: "no dead files", check: deadFiles },
];

function roomOf(path: string): string {
  const [first, second] = path.split("/");
  return (first === "lib" ? second : first).replace(/\.ts$/, "");
}

function globals(source: Source): Omit<Finding, "path">[] {
  const found: Omit<Finding, "path">[] = [];
  for (const [at, { kind, text, line }] of source.code.entries()) {
    const [before, behind] = [source.code[at - 1]?.text, source.code[at + 1]?.text];
    const isRandom = text === "random" && before === "." && source.code[at - 2]?.text === "Math";
    const isGlobal = GLOBALS.has(text) && before !== "." && before !== "?." && before !== "get" &&
      behind !== ":" && !(before === "," && (behind === "," || behind === "}") && text === "fetch");
    if (kind !== "word" || !(isGlobal || isRandom)) continue;
    const name = isRandom ? "Math.random" : text;
    found.push({ subject: name, text: `line ${line}: ${name} has its door in lib/port` });
  }
  return found;
}

/** Files reached from `path`, by relative imports, itself left out unless a cycle leads back. */
function reach(path: string, edges: ReadonlyMap<string, readonly string[]>): Set<string> {
  const reached = new Set<string>();
  const next = [...(edges.get(path) ?? [])];
  for (let one = next.pop(); one !== undefined; one = next.pop()) {
    if (reached.has(one)) continue;
    reached.add(one);
    next.push(...(edges.get(one) ?? []));
  }
  return reached;
}

function edgesOf(sources: readonly Source[]): Map<string, string[]> {
  return new Map(sources.map((source) => {
    const relative = source.imports().filter(({ specifier }) => specifier.startsWith("."));
    return [source.path, relative.map(({ specifier }) => resolve(source.path, specifier))];
  }));
}

function cycles(sources: readonly Source[]): Finding[] {
  const edges = edgesOf(sources);
  return sources.flatMap(({ path }) => {
    if (!reach(path, edges).has(path)) return [];
    return [{ path, subject: "", text: "its imports lead back to itself" }];
  });
}

function deadFiles(sources: readonly Source[]): Finding[] {
  const edges = edgesOf(sources);
  const alive = new Set(["main.ts", "mod.ts"].flatMap((root) => [...reach(root, edges)]));
  const dead = sources.filter(({ path, isLib }) => isLib && !alive.has(path));
  return dead.map(({ path }) => {
    return { path, subject: "", text: "neither main.ts nor mod.ts reaches it" };
  });
}
