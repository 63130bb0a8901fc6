/** One header field: its wire name, how its text is read, and what stands in where it is absent. */
export interface Field<T> {
  readonly wire: string;
  readonly kind: "text" | "int" | "long" | "flag" | "decimal";
  /** undefined: the field is required. */
  readonly fallback: T | undefined;
}
