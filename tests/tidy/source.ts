import { type Token, tokenize } from "./tokens.ts";

/** One file of the project. */
export class Source {
  readonly path: string;
  readonly text: string;
  readonly tokens: readonly Token[];
  /** Without comments. */
  readonly code: readonly Token[];

  /** `path` from the project's root, `/` between its parts. */
  constructor(path: string, text: string) {
    this.path = path;
    this.text = text;
    this.tokens = tokenize(text);
    this.code = this.tokens.filter((token) => token.kind !== "comment");
  }

  /**
   * `model`, `port`, …; `server`, `main`, … for a file that is a room of its own; `tests`, `bench`.
   */
  get room(): string {
    const parts = this.path.split("/");
    const room = parts[0] === "lib" ? parts[1] : parts[0];
    return room.replace(/\.ts$/, "");
  }

  get isLib(): boolean {
    return this.path.startsWith("lib/");
  }

  get isTest(): boolean {
    return this.path.startsWith("tests/");
  }

  /** Everything that this file imports or passes on, types too. */
  imports(): Import[] {
    const found: Import[] = [];
    for (const [at, token] of this.code.entries()) {
      const isStatement = token.text === "from" || token.text === "import";
      const behind = this.code[at + 1]?.text === "(" ? at + 2 : at + 1;
      const next = this.code[behind];
      const isDirective = token.kind === "word" && isStatement && /^["']/.test(next?.text ?? "");
      if (!isDirective || this.code[at - 1]?.text === ".") continue;
      found.push({ specifier: next.text.slice(1, -1), line: next.line });
    }
    return found;
  }
}

/** One `from "…"`, `import "…"` or `import("…")`. */
export interface Import {
  readonly specifier: string;
  readonly line: number;
}

/** The path that a relative specifier means. */
export function resolve(from: string, specifier: string): string {
  const parts = from.split("/").slice(0, -1);
  for (const part of specifier.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== ".") parts.push(part);
  }
  return parts.join("/");
}
