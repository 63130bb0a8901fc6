import { parseOffsetId } from "../../lib/model/ids.ts";
import { decodeRecord, type StoredRecord } from "../../lib/model/record.ts";
import { SysFlag } from "../../lib/model/message.ts";
import { FakeLink } from "./fake_link.ts";
import { incoming, properties, sendAsk, within, type World } from "./world.ts";

/** Where a half is, as its producer hears it. */
export interface Place {
  readonly offset: number;
  readonly position: number;
}

/** Sends a half, its key as its body too; its producer's group is `pg`. */
export async function sendHalf(
  world: World,
  key: string,
  more: Record<string, string> = {},
): Promise<Place> {
  const message = incoming("T", {
    queueId: 2,
    flag: 7,
    sysFlag: SysFlag.prepared,
    bornTimestamp: world.clock.now(),
    properties: properties({ UNIQ_KEY: key, TRAN_MSG: "true", PGROUP: "pg", TAGS: "t", ...more }),
    body: new TextEncoder().encode(key),
  });
  const receipt = await within(world, 20, world.broker.intake.send(message, sendAsk()));
  const position = parseOffsetId(receipt.ids)?.position ?? -1;
  return { offset: receipt.offset, position };
}

/** Ends a transaction. */
export async function end(
  world: World,
  place: Place,
  outcome: "commit" | "rollback",
  changes: { readonly wasAsked?: boolean; readonly producerGroup?: string } = {},
): Promise<void> {
  const { offset, position } = place;
  const all = { producerGroup: "pg", offset, position, outcome, wasAsked: false, ...changes };
  await within(world, 20, world.broker.transactions.end(all));
}

/** A client of the producers' group. */
export function producer(world: World, clientId: string, group = "pg"): FakeLink {
  const link = new FakeLink();
  beat(world, clientId, link, group);
  return link;
}

/** Its next heartbeat. */
export function beat(world: World, clientId: string, link: FakeLink, group = "pg"): void {
  const about = { clientId, language: "JAVA", version: 513, fingerprint: 0 };
  const groups = { producers: [group], consumers: [], withoutSubscriptions: false };
  world.broker.clients.heartbeat({ ...about, ...groups }, link);
}

/** The records of a queue. */
export function stored(world: World, topic: string, queueId = 0): StoredRecord[] {
  const records: StoredRecord[] = [];
  world.log.queue(topic, queueId).scan(0, 1_000_000, (_, position, size) => {
    const bytes = world.log.read(position, size);
    if (bytes !== undefined) records.push(decodeRecord(bytes));
    return true;
  });
  return records;
}

/** The bodies of a queue, the one that halves are meant for where none is named. */
export function texts(world: World, topic = "T", queueId = 2): string[] {
  return stored(world, topic, queueId).map(({ body }) => new TextDecoder().decode(body));
}
