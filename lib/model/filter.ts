/** Java's `String.hashCode`: signed 32 bits. */
export function javaHash(text: string): number {
  let hash = 0;
  for (let at = 0; at < text.length; at++) hash = (Math.imul(31, hash) + text.charCodeAt(at)) | 0;
  return hash;
}

/** What the queue entry of a message with these tags carries; 0 for none. */
export function tagsCode(tags: string | undefined): number {
  return tags === undefined || tags === "" ? 0 : javaHash(tags);
}

/** May a message whose entry carries this be asked for? What is no hash says nothing. */
export function mayWant(codes: ReadonlySet<number> | undefined, code: number): boolean {
  return codes === undefined || codes.has(code) || code !== (code | 0);
}

/** Which entries of a queue a consumer asks for. */
export interface TagFilter {
  /** As the client wrote it: `*`, `TagA || TagB`. */
  readonly expression: string;
  /** undefined: everything. */
  readonly codes: ReadonlySet<number> | undefined;
  readonly tags: readonly string[];
}

/**
 * Reads a tag expression (`FilterAPI.buildSubscriptionData`): tags split by `||`; empty or `*`
 * takes all. Hashes can collide; the client compares the tags themselves again.
 */
export function parseTags(expression: string): TagFilter {
  const trimmed = expression.trim();
  if (trimmed === "" || trimmed === "*") return { expression: "*", codes: undefined, tags: [] };
  const tags = trimmed.split("||").map((tag) => tag.trim()).filter((tag) => tag !== "");
  return { expression, codes: new Set(tags.map(javaHash)), tags };
}
