import { Refusal } from "../model/refusal.ts";
import type { Heartbeat, Subscription } from "./heartbeat.ts";
import type { BrokerSettings } from "./settings.ts";

/** The groups that one connection is in. */
export interface Attendance {
  readonly consumers: Set<string>;
  readonly producers: Set<string>;
}

const NAME_MAX = 255;
const CLIENT_ID_MAX = 1024;

/**
 * Says no to a heartbeat that would take more than its share, before anything of it is taken in.
 * @throws {Refusal} `busy` naming the limit, `parameter-invalid` for names.
 */
export function checkHeartbeat(heartbeat: Heartbeat, state: {
  readonly settings: BrokerSettings;
  readonly attendance: Attendance | undefined;
  readonly memberships: number;
}): void {
  const { settings, attendance, memberships } = state;
  const id = heartbeat.clientId;
  if (id === "" || id.length > CLIENT_ID_MAX) {
    throw new Refusal(
      "parameter-invalid",
      `The client id has ${id.length} characters; expected 1 to ${CLIENT_ID_MAX}.`,
    );
  }
  const long = heartbeat.producers.find((name) => name.length > NAME_MAX);
  if (long !== undefined) {
    throw new Refusal(
      "parameter-invalid",
      `The producer group ${
        long.slice(0, 40)
      }… has ${long.length} characters; at most ${NAME_MAX}.`,
    );
  }
  const consumers = newNames(heartbeat.consumers.map(({ group }) => group), attendance?.consumers);
  const producers = newNames(heartbeat.producers, attendance?.producers);
  const held = (attendance?.consumers.size ?? 0) + (attendance?.producers.size ?? 0);
  const added = consumers + producers;
  atMost(held + added, settings.groupsPerLinkMax, {
    what: `The client ${id} names groups`,
    limit: "groupsPerLinkMax",
  });
  if (added > 0) {
    atMost(memberships + added, settings.membersMax, {
      what: `With the client ${id} the broker would hold clients in groups`,
      limit: "membersMax",
    });
  }
  for (const consumer of heartbeat.consumers) {
    atMost(consumer.subscriptions.length, settings.subscriptionsPerGroupMax, {
      what: `The group ${consumer.group.slice(0, NAME_MAX)} subscribes to topics`,
      limit: "subscriptionsPerGroupMax",
    });
    for (const subscription of consumer.subscriptions) {
      atMost(charactersOf(subscription), settings.subscriptionCharactersMax, {
        what: `The subscription to ${subscription.topic.slice(0, NAME_MAX)} takes characters`,
        limit: "subscriptionCharactersMax",
      });
    }
  }
}

function atMost(
  count: number,
  most: number,
  said: { readonly what: string; readonly limit: string },
): void {
  if (count <= most) return;
  throw new Refusal(
    "busy",
    `${said.what}: ${count}, but ${said.limit} is ${most}. Use fewer or raise ${said.limit}.`,
  );
}

function newNames(names: readonly string[], held: ReadonlySet<string> | undefined): number {
  return new Set(names.filter((name) => held === undefined || !held.has(name))).size;
}

function charactersOf(subscription: Subscription): number {
  return subscription.tags.reduce((sum, tag) => sum + tag.length, 0) +
    subscription.expression.length + subscription.topic.length + 8 * subscription.codes.length +
    (subscription.filterSource?.length ?? 0);
}
