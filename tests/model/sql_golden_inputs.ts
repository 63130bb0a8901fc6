/** Writes what SqlGolden.java reads: `sql_golden_inputs.ts EXPRESSIONS-FILE SETS-FILE`. */
import { writeFileSync } from "node:fs";
import { argv } from "node:process";
import { propertySets, sqlExpressions } from "./sql_expressions.ts";

const [expressionsFile, setsFile] = argv.slice(2);
const encode = encodeURIComponent;
writeFileSync(expressionsFile, sqlExpressions().map((text) => `${encode(text)}\n`).join(""));
const sets = propertySets().map((set) =>
  [...set].map(([name, value]) => `${encode(name)}=${encode(value)}`).join("&")
);
writeFileSync(setsFile, sets.map((line) => `${line}\n`).join(""));
