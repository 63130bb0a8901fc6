// Stands in for lib/log and lib/meta until they are here; goes then.
import type { DataVersion } from "../model/data_version.ts";
import type { Group } from "../model/group.ts";
import type { Message, Stored } from "../model/message.ts";
import type { Topic } from "../model/topic.ts";
import type { Job } from "../port/job.ts";

export interface Queue {
  readonly topic: string;
  readonly queueId: number;
  readonly offsetMin: number;
  readonly offsetMax: number;
  scan(
    from: number,
    most: number,
    visit: (offset: number, position: number, size: number, tagsCode: number) => boolean,
  ): void;
  storeTimestampAt(offset: number): number;
  offsetByTime(timestamp: number, boundary: "lower" | "upper"): number;
}
export interface Log {
  append(message: Message): Stored;
  appendBatch(messages: readonly Message[]): Stored[];
  settled(end: number): Promise<void>;
  read(position: number, size: number): Uint8Array | undefined;
  recordAt(position: number): Uint8Array | undefined;
  queue(topic: string, queueId: number): Queue;
  removeTopic(topic: string): void;
  readonly keys: {
    find(
      ask: { topic: string; key: string; max: number; beginMs: number; endMs: number },
    ): { positions: number[]; lastUpdateMs: number; lastUpdatePosition: number };
  };
  onArrival(
    listener: (
      topic: string,
      queueId: number,
      offset: number,
      tagsCode: number,
      storeTimestamp: number,
    ) => void,
  ): void;
  readonly positionMin: number;
  readonly positionMax: number;
  jobs(): Job[];
}
export interface TopicTable {
  readonly version: DataVersion;
  get(name: string): Topic | undefined;
  has(name: string): boolean;
  all(): Iterable<Topic>;
  readonly size: number;
  put(topics: readonly Topic[]): Promise<void>;
  remove(name: string): Promise<boolean>;
  onChange(listener: () => void): void;
}
export interface GroupTable {
  readonly version: DataVersion;
  get(name: string): Group | undefined;
  has(name: string): boolean;
  all(): Iterable<Group>;
  readonly size: number;
  put(groups: readonly Group[]): Promise<void>;
  remove(name: string): Promise<boolean>;
}
export interface ProgressTable {
  get(group: string, topic: string, queueId: number): number | undefined;
  set(group: string, topic: string, queueId: number, offset: number): void;
  settled(): Promise<void>;
  topicsOf(group: string): string[];
  groupsOf(topic: string): string[];
  removeGroup(group: string): Promise<void>;
  removeTopic(topic: string): Promise<void>;
}
export interface SettingsTable {
  put(entries: ReadonlyMap<string, string>): Promise<void>;
}
