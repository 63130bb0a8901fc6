import type { Lab } from "./lab.ts";
import type { Row } from "./row.ts";

/** One figure of the table: a file each. */
export interface Figure {
  readonly number: number;
  readonly name: string;
  /** Row by row, so that one that fails leaves those before it. */
  measure(lab: Lab): AsyncIterable<Row>;
}
