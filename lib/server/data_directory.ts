import { Catalogue } from "../meta/catalogue.ts";
import { SqliteBusy } from "../port/sqlite.ts";
import type { Ports } from "./ports.ts";
import { StartError } from "./start_error.ts";

/**
 * Takes the data directory for this process and opens the catalogue, whose lock is the directory's.
 * @throws {StartError} `held`, with the pid where it can be told.
 */
export async function takeDirectory(directory: string, ports: Ports): Promise<Catalogue> {
  const { disk, clock, lines, machine, openSqlite } = ports;
  disk.makeDirectory(directory);
  const apache = machine.lockHolder(`${directory}/lock`);
  if (apache !== undefined && apache !== machine.processId) {
    throw held(directory, `RocketMQ's broker, process ${apache}`);
  }
  try {
    const sqlite = await openSqlite(`${directory}/catalogue.db`);
    return await Catalogue.open({ sqlite, disk, clock, lines, directory });
  } catch (fault) {
    if (fault instanceof SqliteBusy) throw held(directory, holder(directory, ports));
    throw fault;
  }
}

function held(directory: string, by: string): StartError {
  return new StartError(
    "held",
    `Cannot start on ${directory}: ${by} holds it. Stop that one, or name another directory with --data.`,
  );
}

/** Who runs here, by the pid that a running broker leaves in `abort`. */
function holder(directory: string, { disk, machine }: Ports): string {
  const path = `${directory}/abort`;
  const byLock = machine.lockHolder(`${directory}/catalogue.db`);
  if (byLock !== undefined) return `process ${byLock}`;
  if (!disk.exists(path)) return "another process";
  const file = disk.open(path, "read");
  const bytes = new Uint8Array(Math.min(file.size(), 20));
  file.read(bytes, 0);
  file.close();
  const processId = Number(new TextDecoder().decode(bytes).trim());
  const isKnown = Number.isInteger(processId) && processId > 0 && machine.isAlive(processId);
  return isKnown ? `process ${processId}` : "another process";
}
