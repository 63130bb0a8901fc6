/** Stops here when the code itself is wrong. For a peer's mistakes there is `Refusal`. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`Assertion failed: ${message}`);
}
