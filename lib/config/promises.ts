import type { Settings } from "../config.ts";
import { ConfigError, type Given } from "./given.ts";

/**
 * A key of RocketMQ that promises what is not real here yet, unless its value is a harmless one.
 */
interface Promised {
  readonly harmless: RegExp;
  /** Ends the sentence that stops the start. */
  readonly instead: string;
}

const NO_ACCESS_CONTROL =
  "access control is not real yet, and without it anybody may do anything. " +
  "Remove the setting to run open";
const NO_REPLICAS = "replicas are not real yet: every message has one copy, here";

const PROMISES: ReadonlyMap<string, Promised> = new Map(Object.entries({
  aclEnable: { harmless: /^false$/i, instead: NO_ACCESS_CONTROL },
  authenticationEnabled: { harmless: /^false$/i, instead: NO_ACCESS_CONTROL },
  authorizationEnabled: { harmless: /^false$/i, instead: NO_ACCESS_CONTROL },
  "tls.server.mode": {
    harmless: /^(disabled|permissive)$/i,
    instead: "TLS is not real yet, every connection is plain",
  },
  brokerRole: { harmless: /^ASYNC_MASTER$/, instead: `${NO_REPLICAS}. Only ASYNC_MASTER is` },
  brokerId: { harmless: /^[+]?0+$/, instead: `${NO_REPLICAS}. Only 0, the master, is` },
  enableControllerMode: { harmless: /^false$/i, instead: NO_REPLICAS },
  enableControllerInNamesrv: { harmless: /^false$/i, instead: NO_REPLICAS },
  enableDLegerCommitLog: { harmless: /^false$/i, instead: NO_REPLICAS },
  duplicationEnable: { harmless: /^false$/i, instead: NO_REPLICAS },
  inSyncReplicas: { harmless: /^[01]$/, instead: NO_REPLICAS },
  minInSyncReplicas: { harmless: /^[01]$/, instead: NO_REPLICAS },
  storeType: {
    harmless: /^default$/i,
    instead: "only the store of plain files is real. A store in RocksDB cannot be read",
  },
  configManagerVersion: {
    harmless: /^v1$/i,
    instead: "configuration in RocksDB cannot be read. Export it to JSON first",
  },
}));

/** @throws {ConfigError} for a value that promises safety or a role which is not real yet. */
export function checkPromise({ key, value, where }: Given): void {
  const row = PROMISES.get(key);
  if (row === undefined || row.harmless.test(value.trim())) return;
  throw new ConfigError(`${where}: cannot start with ${key}=${value}: ${row.instead}.`);
}

/** Room that a record needs beside its body: the fixed fields, the topic and the properties. */
const RECORD_OVERHEAD = 34_000;

/** @throws {ConfigError} for settings that do not go together. */
export function checkTogether(settings: Settings): void {
  const { mappedFileSizeCommitLog: file, maxMessageSize: message } = settings;
  if (file < message + RECORD_OVERHEAD) {
    throw new ConfigError(
      `Cannot start with mappedFileSizeCommitLog=${file} and maxMessageSize=${message}: a ` +
        `message must fit into one file of the log; make the file at least ${
          message + RECORD_OVERHEAD
        }.`,
    );
  }
}

/** @throws {ConfigError} for a log that would lie elsewhere than in the data directory. */
export function checkPlace({ key, value, where }: Given, settings: Settings): void {
  if (key !== "storePathCommitLog" || settings.memory) return;
  const place = `${settings.storePathRootDir.replace(/\/+$/, "")}/commitlog`;
  if (value.trim().replace(/\/+$/, "") === place) return;
  throw new ConfigError(
    `${where}: cannot start with storePathCommitLog=${value}: the log lies in ${place}. Move it ` +
      `there, or change storePathRootDir.`,
  );
}
