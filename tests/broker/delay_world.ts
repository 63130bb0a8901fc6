import { decodeRecord, type StoredRecord } from "../../lib/model/record.ts";
import { incoming, properties, sendAsk, within, type World } from "./world.ts";

/** Sends a message with these properties; its body is its unique key too. */
export function sendWith(
  world: World,
  text: string,
  wishes: Record<string, string>,
  topic = "T",
) {
  const all = properties({ ...wishes, UNIQ_KEY: text });
  const message = incoming(topic, { properties: all, body: new TextEncoder().encode(text) });
  return within(world, 20, world.broker.intake.send(message, sendAsk()));
}

/** The records of a queue. */
export function stored(world: Pick<World, "log">, topic: string, queueId = 0): StoredRecord[] {
  const records: StoredRecord[] = [];
  world.log.queue(topic, queueId).scan(0, 10_000_000, (...[, position, size]) => {
    const bytes = world.log.read(position, size);
    if (bytes !== undefined) records.push(decodeRecord(bytes));
    return true;
  });
  return records;
}

export function texts(world: Pick<World, "log">, topic = "T"): string[] {
  return stored(world, topic).map(({ body }) => new TextDecoder().decode(body));
}
