import { compileSql, type SqlFilter } from "../model/sql_filter.ts";
import { Refusal } from "../model/refusal.ts";
import type { Lines } from "../port/lines.ts";
import type { Subscription } from "./heartbeat.ts";
import type { BrokerSettings } from "./settings.ts";

/** Is the filter of that type one by tags? */
export function isTagType(type: string): boolean {
  return type === "" || type === "TAG";
}

/** The expressions by which consumers filter, each compiled once and kept while it is in use. */
export class Filters {
  readonly #settings: BrokerSettings;
  readonly #lines: Lines;
  /** By expression; of a wrong one what is wrong with it. */
  readonly #compiled = new Map<string, SqlFilter | Refusal>();

  constructor(parts: { readonly settings: BrokerSettings; readonly lines: Lines }) {
    this.#settings = parts.settings;
    this.#lines = parts.lines;
  }

  /**
   * The filter of an expression that is no tag one.
   * @throws {Refusal} `failed` for a type that is not filtered by here, `subscription-invalid` with
   *   the place where the expression is wrong.
   */
  of(type: string, expression: string): SqlFilter {
    this.#checkType(type);
    const filter = this.#compiled.get(expression) ?? this.#compile(expression);
    if (filter instanceof Refusal) throw filter;
    if (filter.rest !== undefined && this.#settings.refuseFilterTails) {
      return compileSql(expression, { whole: true });
    }
    return filter;
  }

  /** Says whether a consumer may subscribe so. @throws {Refusal} as {@linkcode Filters.of} */
  check(subscription: Pick<Subscription, "type" | "expression">): void {
    const { type, expression } = subscription;
    if (!isTagType(type)) this.of(type, expression);
  }

  /** Tells in the log of a subscription whose filter is wrong, or of which not all is heeded. */
  heard(group: string, subscription: Subscription): void {
    const { topic, type, expression } = subscription;
    if (isTagType(type)) return;
    const who = `The group ${group} subscribes to ${topic} with a filter`;
    try {
      const { rest } = this.of(type, expression);
      if (rest === undefined) return;
      this.#lines.warn(
        `${who} in which ${JSON.stringify(rest.slice(0, 80))} follows a whole condition: it is ` +
          `passed over, as RocketMQ does. Join it by AND or OR; refuseFilterTails refuses such.`,
      );
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      this.#lines.warn(`${who} that cannot be read, its pulls are refused. ${refusal.message}`);
    }
  }

  #checkType(type: string): void {
    const cannot = `The broker does not support consumer to filter message by ${type.slice(0, 40)}`;
    if (type !== "SQL92") throw new Refusal("failed", `${cannot}. Filter by TAG or SQL92.`);
    if (this.#settings.propertyFilter) return;
    throw new Refusal("failed", `${cannot}: enablePropertyFilter is false. Filter by tags.`);
  }

  #compile(expression: string): SqlFilter | Refusal {
    let filter: SqlFilter | Refusal;
    try {
      filter = compileSql(expression);
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      filter = refusal;
    }
    while (this.#compiled.size >= this.#settings.compiledFiltersMax) {
      const [oldest] = this.#compiled.keys();
      this.#compiled.delete(oldest);
    }
    this.#compiled.set(expression, filter);
    return filter;
  }
}
