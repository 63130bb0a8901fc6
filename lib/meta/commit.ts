import { Refusal } from "../model/refusal.ts";
import type { Sqlite, SqlWrite } from "../port/sqlite.ts";

/** Commits, and says in the broker's words when it cannot. @throws {Refusal} `unavailable` */
export async function commit(
  sqlite: Sqlite,
  what: string,
  writes: readonly SqlWrite[],
): Promise<void> {
  try {
    await sqlite.commit(writes);
  } catch (fault) {
    const why = fault instanceof Error ? fault.message : String(fault);
    throw new Refusal(
      "unavailable",
      `The catalogue did not take ${what}: ${why}. Nothing was changed; see to the disk.`,
    );
  }
}
