import type { DataVersion } from "../model/data_version.ts";
import type { JsonObject } from "../model/loose_json.ts";
import { versionToJson } from "../model/version_json.ts";
import type { DelayTable } from "./delays.ts";
import type { GroupTable } from "./groups.ts";
import type { KvTable } from "./kv.ts";
import type { Plan } from "./named_table.ts";
import { type Field, prettyEntries } from "./pretty_json.ts";
import type { ProgressTable } from "./progress.ts";
import type { TopicTable } from "./topics.ts";
import {
  groupEntry,
  groupTopicsEntry,
  modesToJson,
  ordersEntry,
  progressEntry,
  readGroups,
  readModes,
  readNumbers,
  readOrders,
  readProgress,
  readTopics,
  topicEntry,
} from "./upstream_json.ts";

/** The tables that RocketMQ keeps in files of its own. */
export interface UpstreamTables {
  readonly topics: TopicTable;
  readonly groups: GroupTable;
  readonly progress: ProgressTable;
  readonly delays: DelayTable;
  readonly requestModes: KvTable;
  readonly popOrders: KvTable;
}

/** What a file brings. */
export interface Incoming {
  readonly count: number;
  /** Takes it in the place of the table. */
  replacement(version: DataVersion): Plan;
  /** Takes what the table has lost. */
  completion(): Plan & { readonly count: number };
}

/** One of RocketMQ's files in `config`, and the table that it stands for. */
export interface UpstreamFile {
  readonly name: string;
  /** By its name in the catalogue. */
  readonly table: string;
  /** What is in it, for sentences. */
  readonly what: string;
  /** Is it to be written at all? */
  isWanted(): boolean;
  version(): DataVersion;
  /** Those of its fields that are kept as they came. */
  readonly kept: readonly string[];
  /** Its fields, by name; those that are kept are empty here. */
  fields(): Map<string, Field>;
  /** @throws {Refusal} where it makes no sense */
  read(json: JsonObject): Incoming;
  /** Directory syncs stop the event loop: so many exports share one. */
  readonly syncEvery: number;
  /** Resolves when all that `fields` has given so far is committed. */
  settled(): Promise<void>;
}

/** The files of a broker that we read and write. */
export function upstreamFiles(tables: UpstreamTables): UpstreamFile[] {
  const files = [topicsFile, groupsFile, progressFile, delaysFile, modesFile, ordersFile];
  return files.map((file) => file(tables));
}

function topicsFile({ topics }: UpstreamTables): UpstreamFile {
  return {
    name: "topics.json",
    table: "topics",
    what: "topics",
    kept: [],
    syncEvery: 1,
    isWanted: () => topics.version.counter > 0,
    version: () => topics.version,
    settled: done,
    fields: () =>
      fieldsOf({
        dataVersion: versionToJson(topics.version),
        topicConfigTable: () => prettyEntries(topics.all(), topicEntry),
      }),
    read: (json) => {
      const values = readTopics(json.get("topicConfigTable"));
      return incoming(topics, values, values.length);
    },
  };
}

function groupsFile({ groups }: UpstreamTables): UpstreamFile {
  return {
    name: "subscriptionGroup.json",
    table: "groups",
    what: "groups",
    kept: ["forbiddenTable"],
    syncEvery: 1,
    isWanted: () => groups.version.counter > 0,
    version: () => groups.version,
    settled: done,
    fields: () =>
      fieldsOf({
        dataVersion: versionToJson(groups.version),
        forbiddenTable: new Map(),
        subscriptionGroupTable: () => prettyEntries(groups.all(), groupEntry),
      }),
    read: (json) => {
      const values = readGroups(json.get("subscriptionGroupTable"));
      return incoming(groups, values, values.length);
    },
  };
}

function progressFile({ progress }: UpstreamTables): UpstreamFile {
  const topicsOf = (group: string) => groupTopicsEntry(group, progress.topicsOf(group));
  return {
    name: "consumerOffset.json",
    table: "progress",
    what: "places of groups in topics",
    kept: ["pullOffsetTable"],
    syncEvery: 30,
    isWanted: () => progress.version.counter > 0,
    version: () => progress.version,
    settled: () => progress.settled(),
    fields: () =>
      fieldsOf({
        dataVersion: versionToJson(progress.version),
        groupTopicMap: () => prettyEntries(progress.groups(), topicsOf),
        offsetTable: () => prettyEntries(progress.rows(), progressEntry),
        pullOffsetTable: new Map(),
      }),
    read: (json) => {
      const list = readProgress(json.get("offsetTable"));
      return incoming(progress, list, list.length);
    },
  };
}

function delaysFile({ topics, delays }: UpstreamTables): UpstreamFile {
  const entry = ([level, offset]: [number, number]) => `${level}:${offset}`;
  return {
    name: "delayOffset.json",
    table: "delays",
    what: "delay levels",
    kept: [],
    syncEvery: 1,
    // There from the start, as long as there is a broker.
    isWanted: () => topics.version.counter > 0,
    version: () => delays.version,
    settled: done,
    fields: () =>
      fieldsOf({
        dataVersion: versionToJson(delays.version),
        offsetTable: () => prettyEntries(delays.all(), entry),
      }),
    read: (json) => {
      const offsets = readNumbers(json.get("offsetTable"));
      return incoming(delays, offsets, offsets.size);
    },
  };
}

function modesFile({ requestModes }: UpstreamTables): UpstreamFile {
  return {
    name: "messageRequestMode.json",
    table: "request_modes",
    what: "request modes of groups",
    kept: [],
    syncEvery: 1,
    isWanted: () => requestModes.version.counter > 0,
    version: () => requestModes.version,
    settled: done,
    fields: () => fieldsOf({ messageRequestModeMap: modesToJson(requestModes.all()) }),
    read: (json) => {
      const entries = readModes(json.get("messageRequestModeMap"));
      return incoming(requestModes, entries, entries.length);
    },
  };
}

/** Changes with every pop: it is as of the last stop. */
function ordersFile({ popOrders }: UpstreamTables): UpstreamFile {
  return {
    name: "consumerOrderInfo.json",
    table: "pop_orders",
    what: "states of ordered queues",
    kept: [],
    syncEvery: 1,
    isWanted: () => popOrders.version.counter > 0,
    version: () => popOrders.version,
    settled: done,
    fields: () =>
      fieldsOf({
        orderInfoCount: popOrders.size,
        orderedConsumptionLevel: "QUEUE",
        table: () => prettyEntries(Map.groupBy(popOrders.all(), ([place]) => place), ordersEntry),
      }),
    read: (json) => {
      const entries = readOrders(json.get("table"));
      return incoming(popOrders, entries, entries.length);
    },
  };
}

function incoming<Values>(
  table: {
    replacement(values: Values, version: DataVersion): Plan;
    completion(values: Values): Plan & { readonly count: number };
  },
  values: Values,
  count: number,
): Incoming {
  return {
    count,
    replacement: (version) => table.replacement(values, version),
    completion: () => table.completion(values),
  };
}

function fieldsOf(fields: Record<string, Field>): Map<string, Field> {
  return new Map(Object.entries(fields));
}

function done(): Promise<void> {
  return Promise.resolve();
}
