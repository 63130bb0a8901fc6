import type { GroupTable } from "../meta/groups.ts";
import type { ProgressTable } from "../meta/progress.ts";
import type { DataVersion } from "../model/data_version.ts";
import { type Group, isSystemGroup, makeGroup } from "../model/group.ts";
import { Refusal } from "../model/refusal.ts";
import { checkGroupName } from "../model/topic.ts";
import type { Lines } from "../port/lines.ts";
import { changeAttributes, GROUP_ATTRIBUTES } from "./attributes.ts";
import type { ConsumeStats, Consumption } from "./consumption.ts";
import type { FirstEnds } from "./first_ends.ts";
import type { PullOffsets } from "./pull_offsets.ts";
import type { Resets } from "./resets.ts";
import type { BrokerSettings } from "./settings.ts";

/** What the groups work with. */
export interface GroupParts {
  readonly groupTable: GroupTable;
  readonly progressTable: Pick<ProgressTable, "removeGroup">;
  readonly pullOffsets: PullOffsets;
  readonly firstEnds: Pick<FirstEnds, "forgetGroup">;
  readonly resets: Resets;
  readonly consumption: Consumption;
  readonly settings: BrokerSettings;
  readonly lines: Lines;
}

/** The consumer groups that this broker knows. */
export class Groups {
  readonly #parts: GroupParts;
  /** Made by themselves, not yet on disk. */
  readonly #pending = new Map<string, Group>();

  constructor(parts: GroupParts) {
    this.#parts = parts;
  }

  get version(): DataVersion {
    return this.#parts.groupTable.version;
  }

  /**
   * Makes or changes a group. Its attributes are changes, with signs: `+key` with a value, `-key`.
   * @throws {Refusal} `parameter-invalid` for the name, `failed` for an attribute.
   */
  async put(group: Group): Promise<void> {
    checkGroupName(group.name);
    const current = this.#parts.groupTable.get(group.name);
    const known = current?.attributes;
    const attributes = changeAttributes(GROUP_ATTRIBUTES, known, group.attributes);
    await this.#parts.groupTable.put([{ ...group, attributes }]);
    this.#parts.lines.info(`${current ? "Changed" : "Created"} the group ${group.name}.`);
  }

  /** Makes the group where that is allowed. @throws {Refusal} `group-unknown` */
  get(name: string): Group {
    const group = this.find(name);
    if (group !== undefined) return group;
    throw new Refusal(
      "group-unknown",
      `subscription group [${
        name.slice(0, 255)
      }] does not exist, and cannot be created by itself: ` +
        `${
          this.#whyNot(name)
        } See https://rocketmq.apache.org/docs/bestPractice/06FAQ for further details.`,
    );
  }

  /** As {@linkcode get}; undefined where there is none and none may be made. */
  find(name: string): Group | undefined {
    const there = this.#parts.groupTable.get(name) ?? this.#pending.get(name);
    if (there !== undefined || this.#whyNot(name) !== undefined) return there;
    const group = makeGroup(name);
    this.#pending.set(name, group);
    this.#parts.groupTable.put([group]).then(
      () => this.#parts.lines.info(`Created the group ${name}: a consumer asked for it.`),
      (fault) => this.#parts.lines.error(`Cannot create the group ${name}: ${fault}`),
    ).finally(() => this.#pending.delete(name));
    return group;
  }

  /** Is there such a group? Makes none. */
  has(name: string): boolean {
    return this.#parts.groupTable.has(name) || this.#pending.has(name);
  }

  /**
   * Removes a group, and its progress where asked; nothing happens where there is none. Clients
   * stay connected: the next heartbeat makes the group anew where groups make themselves.
   */
  async remove(name: string, options: { readonly cleanProgress: boolean }): Promise<void> {
    const { groupTable, progressTable, pullOffsets, firstEnds, resets, lines } = this.#parts;
    if (await groupTable.remove(name)) lines.info(`Deleted the group ${name}.`);
    if (!options.cleanProgress) return;
    resets.forgetGroup(name);
    await Promise.all([progressTable.removeGroup(name), firstEnds.forgetGroup(name)]);
    pullOffsets.forgetGroup(name);
  }

  all(): Iterable<Group> {
    return this.#parts.groupTable.all();
  }

  get size(): number {
    return this.#parts.groupTable.size;
  }

  /** Of these topics, or of all that the group has progress in and subscribes to. */
  consumeStats(group: string, topics?: readonly string[]): ConsumeStats {
    return this.#parts.consumption.of(group, topics);
  }

  /** Of every group, topic by topic; of ordered topics only where asked. */
  *allConsumeStats(
    isOrdered: boolean,
  ): Iterable<readonly [group: string, stats: readonly ConsumeStats[]]> {
    for (const { name } of this.all()) {
      yield [name, this.#parts.consumption.byTopic(name, isOrdered)];
    }
  }

  /** Groups that consume a topic, now or by their progress. */
  consuming(topic: string): string[] {
    return this.#parts.consumption.groupsOf(topic);
  }

  #whyNot(name: string): string | undefined {
    const { settings, groupTable } = this.#parts;
    if (!settings.autoCreateGroup && !isSystemGroup(name)) {
      return "autoCreateSubscriptionGroup is false.";
    }
    try {
      checkGroupName(name);
    } catch (fault) {
      return fault instanceof Refusal ? fault.message : String(fault);
    }
    if (groupTable.size + this.#pending.size < settings.groupsMax) return undefined;
    return `there are ${groupTable.size} groups, and groupsMax is ${settings.groupsMax}.`;
  }
}
