import { AbortFile } from "../log/abort_file.ts";
import { Catalogue } from "../meta/catalogue.ts";
import { makeDurableDirectory } from "../port/durable_directory.ts";
import { SqliteBusy } from "../port/sqlite.ts";
import type { Ports } from "./ports.ts";
import { StartError } from "./start_error.ts";

/**
 * Takes the data directory for this process and opens the catalogue, whose lock is the directory's.
 * @throws {StartError} `held`, with the pid where it can be told.
 */
export async function takeDirectory(directory: string, ports: Ports): Promise<Catalogue> {
  const { disk, clock, lines, machine, openSqlite } = ports;
  makeDurableDirectory(disk, directory);
  const apache = machine.lockHolder(`${directory}/lock`);
  if (apache !== undefined && apache !== machine.processId) {
    throw held(directory, `RocketMQ's broker, process ${apache}`);
  }
  const sqlite = await openSqlite(`${directory}/catalogue.db`).catch((fault) => {
    throw fault instanceof SqliteBusy ? held(directory, holder(directory, ports)) : fault;
  });
  try {
    return await Catalogue.open({ sqlite, disk, clock, lines, directory });
  } catch (fault) {
    await sqlite.close();
    throw fault;
  }
}

function held(directory: string, by: string): StartError {
  return new StartError(
    "held",
    `Cannot start on ${directory}: ${by} holds it. Stop that one, or name another directory with ` +
      "--data.",
  );
}

/** Who runs here: by the lock itself, else by the pid that a running broker leaves in `abort`. */
function holder(directory: string, { disk, machine }: Ports): string {
  const byLock = machine.lockHolder(`${directory}/catalogue.db`);
  const left = new AbortFile(disk, directory).processId();
  const processId = byLock ?? (left !== undefined && machine.isAlive(left) ? left : undefined);
  return processId === undefined ? "another process" : `process ${processId}`;
}
