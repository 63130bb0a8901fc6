import { Refusal } from "../model/refusal.ts";
import { RETRY_PREFIX } from "../model/topic.ts";
import type { Lines } from "../port/lines.ts";
import type { ConsumerGroup, Member } from "./consumer_group.ts";
import { isTagType } from "./filters.ts";
import type { ConsumerGroups } from "./consumer_groups.ts";
import type { Difference, Side } from "./difference.ts";
import type { GroupSettings } from "./group_settings.ts";
import type { Heartbeat, HeartbeatConsumer, Subscription } from "./heartbeat.ts";
import type { Link } from "./link.ts";

/** Longer ones are cut and told by their length. */
const WANTS_MAX = 1000;

/** What a consumer wants: the same text for the same wishes, whatever their order. */
function wantsOf({ model, subscriptions }: HeartbeatConsumer): string {
  const own = subscriptions.filter(({ topic }) => !topic.startsWith(RETRY_PREFIX));
  const text = `${model} ${own.map(wishOf).sort().join(", ")}`;
  return text.length <= WANTS_MAX ? text : `${text.slice(0, WANTS_MAX)}… (${text.length} in all)`;
}

/** Both sides in a sentence. */
export function describeDifference({ group, one, other }: Difference): string {
  return `The clients of the group ${group} do not subscribe to the same: ${one.clientId} wants ` +
    `${one.wants}; ${other.clientId} wants ${other.wants}. Each takes messages from the other, ` +
    `and they are lost; give all of a group the same subscriptions, or each its own group.`;
}

/** What the agreement works with. */
export interface AgreementParts {
  readonly consumers: ConsumerGroups;
  readonly settings: Pick<GroupSettings, "refuseDifferentSubscriptions">;
  readonly lines: Lines;
}

/** Whether the clients of each group want the same; upstream loses messages without a word. */
export class Agreement {
  readonly #parts: AgreementParts;

  constructor(parts: AgreementParts) {
    this.#parts = parts;
  }

  /**
   * Refuses a client that wants something else than its group, where that is set.
   * @throws {Refusal} `subscription-invalid` with both sides.
   */
  check({ clientId, consumers, withoutSubscriptions }: Heartbeat): void {
    if (withoutSubscriptions || !this.#parts.settings.refuseDifferentSubscriptions) return;
    for (const consumer of consumers) {
      const group = this.#parts.consumers.get(consumer.group);
      const found = group && differenceTo(group, { clientId, wants: wantsOf(consumer) });
      if (found === undefined) continue;
      throw new Refusal(
        "subscription-invalid",
        `${
          describeDifference(found)
        } ${clientId} is refused: refuseDifferentSubscriptions is true.`,
      );
    }
  }

  /** Notes what a member wants, and tells where two differ now. */
  heard(group: ConsumerGroup, consumer: HeartbeatConsumer, link: Link): void {
    const member = group.members.get(link.id);
    const wants = wantsOf(consumer);
    if (member === undefined || member.wants === wants) return;
    member.wants = wants;
    this.#tell(group, differenceTo(group, { clientId: member.clientId, wants }));
  }

  /** A member is gone. */
  left(group: ConsumerGroup): void {
    if (group.difference !== undefined) this.#tell(group, undefined);
  }

  /** The groups whose clients differ, each with two of them. */
  differences(): Difference[] {
    const found: Difference[] = [];
    for (const { difference } of this.#parts.consumers.all()) {
      if (difference !== undefined) found.push(difference);
    }
    return found;
  }

  #tell(group: ConsumerGroup, newest: Difference | undefined): void {
    const before = group.difference;
    const found = newest ?? anyDifference(group);
    group.difference = found;
    if (found === undefined) {
      if (before === undefined) return;
      this.#parts.lines.info(`The clients of the group ${group.name} subscribe to the same now.`);
    } else if (before === undefined || describeDifference(before) !== describeDifference(found)) {
      this.#parts.lines.warn(describeDifference(found));
    }
  }
}

/** The first member that wants something else than this client. */
function differenceTo(group: ConsumerGroup, one: Side): Difference | undefined {
  for (const { clientId, wants } of group.members.values()) {
    if (wants === undefined || wants === one.wants || clientId === one.clientId) continue;
    return { group: group.name, one, other: { clientId, wants } };
  }
  return undefined;
}

function anyDifference(group: ConsumerGroup): Difference | undefined {
  const first = [...group.members.values()].find(hasSaid);
  return first && differenceTo(group, { clientId: first.clientId, wants: first.wants });
}

function hasSaid(member: Member): member is Member & Side {
  return member.wants !== undefined;
}

function wishOf({ topic, expression, type }: Subscription): string {
  if (!isTagType(type)) return `${topic} ${type} ${expression}`;
  const words = expression.split("||").map((tag) => tag.trim());
  const tags = new Set(words.filter((tag) => tag !== ""));
  return `${topic} ${tags.size === 0 ? "*" : [...tags].sort().join(" || ")}`;
}
