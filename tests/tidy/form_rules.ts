import { findFunctions, type FoundFunction } from "./functions.ts";
import { fileRule, type Finding, type Rule } from "./rule.ts";
import type { Source } from "./source.ts";

const LIMITS = {
  line: 100,
  function: 60,
  file: 400,
  median: 120,
  row: 25,
  parameters: 3,
  nesting: 3,
};
/** Where binary or text of a peer becomes typed: the only rooms, with `port`, that cast. */
const CODECS = new RegExp(
  "^lib/(port/|model/(record|loose_json|bean|properties|batch)\\.ts|" +
    "remoting/(shape|command|frame|decode|encode|binary_header|bodies/))",
);
const BANNED = new Set(
  "Manager Service Processor Impl Util Utils Helper Wrapper Context Base Info Data".split(" "),
);
const DECLARES = new Set(
  "class interface type function const let var enum get set static".split(" "),
);

export const formRules: readonly Rule[] = [
  fileRule(
    "line length",
    (source) =>
      source.text.split("\n").flatMap((line, at) =>
        line.length <= LIMITS.line ? [] : [{
          subject: "",
          text: `line ${at + 1} has ${line.length} characters, at most ${LIMITS.line}`,
        }]
      ),
  ),
  fileRule("file length", (source) => {
    const lines = source.text.split("\n").length - 1;
    if (!source.isLib || lines <= LIMITS.file) return [];
    return [{
      subject: "",
      text: `${lines} lines, at most ${LIMITS.file}: which two nouns share it?`,
    }];
  }),
  { name: "median file length", check: median },
  functionRule(
    "function length",
    ({ lines }) =>
      lines <= LIMITS.function ? undefined : `${lines} lines, at most ${LIMITS.function}`,
  ),
  functionRule(
    "parameters",
    ({ parameters }) =>
      parameters <= LIMITS.parameters
        ? undefined
        : `${parameters} parameters, at most ${LIMITS.parameters}, then one options object`,
  ),
  functionRule(
    "nesting",
    ({ nesting }) =>
      nesting <= LIMITS.nesting ? undefined : `blocks ${nesting} deep, at most ${LIMITS.nesting}`,
  ),
  fileRule("handler rows", handlerRows),
  fileRule(
    "no any",
    (source) =>
      words(source, "any").filter(({ before, behind }) => before !== "." && behind !== ":").map((
        { line },
      ) => ({ subject: "any", text: `line ${line}: any` })),
  ),
  fileRule("casts", (source) => source.isLib && !CODECS.test(source.path) ? casts(source) : []),
  fileRule(
    "no default exports",
    (source) =>
      words(source, "default").filter(({ before }) => before === "export").map(({ line }) => ({
        subject: "",
        text: `line ${line}: a default export`,
      })),
  ),
  fileRule(
    "no TODO",
    (source) =>
      source.tokens.flatMap(({ kind, text, line }) =>
        kind === "comment" && /\b(TODO|FIXME|HACK)\b/.test(text)
          ? [{ subject: "", text: `line ${line}: do it or make an issue of it` }]
          : []
      ),
  ),
  fileRule("no sleeps in tests", (source) => {
    if (!source.isTest) return [];
    return ["setTimeout", "setInterval", "sleep", "sleepSync"].flatMap((word) =>
      words(source, word).map(({ line }) => ({
        subject: word,
        text: `line ${line}: ${word}; turn a virtual clock instead`,
      }))
    );
  }),
  fileRule("file names", (source) => {
    const file = source.path.split("/").at(-1) ?? "";
    if (source.isTest && /_test\.ts$/.test(file) && /^[a-z0-9_]+\.ts$/.test(file)) return [];
    if (!/^[a-z0-9_]+\.ts$/.test(file)) return [{ subject: "", text: "not in snake_case" }];
    return bannedIn(file.replace(".ts", "")).map((word) => ({
      subject: word,
      text: `${word} says nothing: name the thing`,
    }));
  }),
  fileRule("names", names),
  fileRule(
    "private by #",
    (source) =>
      ["private", "protected"].flatMap((word) =>
        words(source, word)
          .filter(({ before, kind }) =>
            kind === "word" && ["{", "}", ";", "(", ","].includes(before)
          )
          .filter(({ behind }) => /^[\w#$]+$/.test(behind) && behind !== "constructor")
          .map(({ line }) => ({ subject: word, text: `line ${line}: ${word}; say it with #` }))
      ),
  ),
  { name: "documented exports of mod.ts", check: undocumented },
];

function functionRule(name: string, judge: (found: FoundFunction) => string | undefined): Rule {
  return fileRule(name, (source) => {
    if (source.isTest || source.room === "bench") return [];
    return findFunctions(source.code).flatMap((found) => {
      const text = judge(found);
      return text === undefined
        ? []
        : [{ subject: found.name, text: `line ${found.line}: ${found.name} has ${text}` }];
    });
  });
}

/** Every use of a word, with its neighbours. */
function words(source: Source, word: string) {
  return source.code.flatMap(({ kind, text, line }, at) =>
    kind === "word" && text === word
      ? [{
        kind,
        line,
        before: source.code[at - 1]?.text ?? "",
        behind: source.code[at + 1]?.text ?? "",
      }]
      : []
  );
}

function median(sources: readonly Source[]): Finding[] {
  const lengths = sources.filter(({ isLib }) => isLib).map(({ text }) =>
    text.split("\n").length - 1
  );
  const middle = lengths.sort((one, other) => one - other)[Math.floor(lengths.length / 2)] ?? 0;
  if (middle < LIMITS.median) return [];
  return [{ path: "lib", subject: "", text: `the median is ${middle}, it must be below 120` }];
}

/** `row(` … `)` of a handler file: one request must stay a screenful. */
function handlerRows(source: Source): Omit<Finding, "path">[] {
  if (!source.path.startsWith("lib/remoting/handlers/")) return [];
  return source.code.flatMap((token, at) => {
    const isRow = token.text === "row" && source.code[at + 1]?.text === "(";
    if (!isRow || source.code[at - 1]?.text === "function") return [];
    let [depth, end] = [0, at + 1];
    do {
      if (source.code[end].text === "(") depth++;
      if (source.code[end].text === ")") depth--;
      end++;
    } while (depth > 0 && end < source.code.length);
    const lines = source.code[end - 1].line - token.line + 1;
    const text = `line ${token.line}: a row of ${lines} lines, at most ${LIMITS.row}`;
    return lines <= LIMITS.row ? [] : [{ subject: "row", text }];
  });
}

function casts(source: Source): Omit<Finding, "path">[] {
  const found: Omit<Finding, "path">[] = [];
  let isStatement = false;
  for (const [at, { kind, text, line }] of source.code.entries()) {
    const [before, behind] = [source.code[at - 1]?.text ?? "", source.code[at + 1]?.text ?? ""];
    if (text === "import" || (text === "export" && /^[{*]$|^type$/.test(behind))) {
      isStatement = true;
    } else if (text === "from" || text === ";") isStatement = false;
    const isCast = kind === "word" && text === "as" && before !== "." && behind !== "const" &&
      behind !== ":" && behind !== "(" && before !== "," && before !== "{";
    if (isCast && !isStatement) {
      found.push({ subject: behind, text: `line ${line}: a cast outside codecs and port` });
    }
  }
  return found;
}

function names(source: Source): Omit<Finding, "path">[] {
  if (!source.isLib) return [];
  return source.code.flatMap(({ kind, text, line }, at) => {
    const before = source.code[at - 1]?.text ?? "";
    const isMember = text.startsWith("#") && before !== ".";
    const isImported = before === "type" && /^[{,]$/.test(source.code[at - 2]?.text ?? "");
    if (kind !== "word" || isImported || !(DECLARES.has(before) || isMember)) return [];
    return bannedIn(text).map((word) => ({
      subject: text,
      text: `line ${line}: ${text}: ${word} says nothing, name the thing`,
    }));
  });
}

/**
 * Banned words that a name is made of: parts of camelCase and snake_case, but not a whole small
 * name.
 */
function bannedIn(name: string): string[] {
  const parts = name.replace(/^#/, "").split(/_|(?<=[a-z0-9])(?=[A-Z])/);
  const isAlone = parts.length === 1 && /^[a-z]/.test(parts[0]);
  if (isAlone) return [];
  return parts.map((part) => part.charAt(0).toUpperCase() + part.slice(1)).filter((part) =>
    BANNED.has(part)
  );
}

function undocumented(sources: readonly Source[]): Finding[] {
  const mod = sources.find(({ path }) => path === "mod.ts");
  if (mod === undefined) return [];
  const pattern = /export\s+(?:type\s+)?\{([^}]*)\}\s+from\s+"\.\/([^"]+)"/g;
  return [...mod.text.matchAll(pattern)].flatMap(([, list, path]) => {
    const source = sources.find((one) => one.path === path);
    const exported = list.split(",").map((one) => one.trim().replace(/^type\s+/, ""));
    return exported.map((one) => one.split(/\s+as\s+/)[0]).filter((one) => one !== "").flatMap(
      (one) => {
        const kinds = "(?:abstract |async )*(?:class|function\\*?|interface|type|const)";
        const declared = new RegExp(`\\*/\\nexport ${kinds} ${one}\\b`);
        if (source && declared.test(source.text)) return [];
        return [{ path: "mod.ts", subject: one, text: `${one} of ${path} has no description` }];
      },
    );
  });
}
