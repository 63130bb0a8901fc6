import { tagsCode } from "./filter.ts";
import type { PropertyView } from "./property_view.ts";
import { Refusal } from "./refusal.ts";
import { parseSql } from "./sql_parser.ts";
import { Truth } from "./sql_terms.ts";
import { wrongAt } from "./sql_tokens.ts";

/** Characters of an expression; it is kept for each group and read for each message. */
const CHARACTERS_MAX = 16_384;

/** A SQL92 expression, ready to be asked about messages. */
export interface SqlFilter {
  readonly expression: string;
  /** What follows the condition and is passed over, as upstream; undefined: nothing. */
  readonly rest: string | undefined;
  /** What queue entries of matching messages carry (`filter.ts`); undefined: anything. */
  readonly codes: ReadonlySet<number> | undefined;
  /** Does the message want to be taken? Unknown and failing ones are not. */
  matches(message: PropertyView): boolean;
}

/**
 * Reads a SQL92 expression (`FilterFactory.compile`).
 * @throws {Refusal} `subscription-invalid`: where it is wrong, and why; with `whole` also where
 *   something follows a whole condition, which upstream passes over in silence.
 */
export function compileSql(expression: string, options: { whole?: boolean } = {}): SqlFilter {
  if (expression.length > CHARACTERS_MAX) {
    throw new Refusal(
      "subscription-invalid",
      `Invalid MessageSelector. It has ${expression.length} characters, at most ` +
        `${CHARACTERS_MAX} are taken. Write it shorter, or mark the messages with a tag.`,
    );
  }
  const { test, tags, rest } = parseSql(expression);
  if (options.whole === true && rest.kind !== "end") {
    throw wrongAt(expression, rest.at, "the condition is whole before this: AND or OR is missing");
  }
  return {
    expression,
    codes: tags && new Set([...tags].map(tagsCode)),
    rest: rest.kind === "end" ? undefined : expression.slice(rest.at),
    matches: (message) => test(message) === Truth.yes,
  };
}
