import type { Source } from "./source.ts";

/** One breach of a rule. */
export interface Finding {
  readonly path: string;
  /** What exceptions name: a function, a word, an import; empty where the file itself is meant. */
  readonly subject: string;
  /** One sentence with the place and what to do. */
  readonly text: string;
}

/** A rule as a function over the project's sources. */
export interface Rule {
  readonly name: string;
  check(sources: readonly Source[]): Finding[];
}

/**
 * A breach that is let be, by name, and why. An exception that nothing needs any more fails too.
 */
export interface Exception {
  readonly rule: string;
  readonly path: string;
  readonly subject: string;
  readonly reason: string;
}

/** A rule that looks at one file at a time. */
export function fileRule(
  name: string,
  check: (source: Source) => Omit<Finding, "path">[],
): Rule {
  return {
    name,
    check: (sources) =>
      sources.flatMap((source) =>
        check(source).map((finding) => ({ path: source.path, ...finding }))
      ),
  };
}
