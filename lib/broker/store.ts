// Stands in for lib/log and lib/meta until they are here; goes then.
import type { DataVersion } from "../model/data_version.ts";
import type { Group } from "../model/group.ts";
import type { Topic } from "../model/topic.ts";

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
