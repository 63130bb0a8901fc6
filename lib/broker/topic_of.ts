import { Refusal } from "../model/refusal.ts";
import type { Topic } from "../model/topic.ts";

interface Table {
  get(name: string): Topic | undefined;
}

const HELP = "See https://rocketmq.apache.org/docs/bestPractice/06FAQ for further details.";

/** The topic of that name that somebody wants messages of. @throws {Refusal} `topic-unknown` */
export function topicOf(table: Table, name: string): Topic {
  const topic = table.get(name);
  if (topic !== undefined) return topic;
  const shown = name.slice(0, 255);
  throw new Refusal(
    "topic-unknown",
    `topic[${shown}] not exist, apply first please! It is not, or no more, on this broker; a ` +
      `route that leads here is old. ${HELP}`,
  );
}
