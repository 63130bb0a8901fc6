import type { PopAsk, PopResult } from "../../lib/broker/pop.ts";
import type { HeldMessage } from "../../lib/broker/receipts.ts";
import { getProperty, Property } from "../../lib/model/properties.ts";
import { formatReceipt, parseReceipt, realTopic } from "../../lib/model/receipt.ts";
import type { FakeLink } from "./fake_link.ts";
import { incoming, properties, recordsOf, sendAsk, within, type World } from "./world.ts";

export function popAsk(topic: string, changes: Partial<PopAsk> = {}): PopAsk {
  return {
    group: "g",
    topic,
    queueId: -1,
    maxMessages: 32,
    invisibleMs: 30_000,
    pollMs: 0,
    bornMs: 0,
    from: "first",
    expression: "",
    expressionType: "TAG",
    order: false,
    attemptId: undefined,
    ...changes,
  };
}

/** A popped message as its consumer sees it. */
export interface Got extends HeldMessage {
  readonly body: string;
  readonly tries: number;
  readonly shownTopic: string;
}

/** What an answer gives, each with its receipt, as Java's client puts it together. */
export function gotOf(ask: PopAsk, result: PopResult): Got[] {
  const records = recordsOf(result.records);
  let at = 0;
  return result.queues.flatMap(({ retry, queueId, start, offsets }) =>
    offsets.map((offset) => {
      const record = records[at++];
      const place = { retry, brokerName: "broker-a", queueId, offset };
      const made = formatReceipt({ start, ...result }, place);
      const receipt = parseReceipt(getProperty(record.properties, Property.popReceipt) ?? made);
      if (receipt === undefined) throw new Error(`no receipt: ${made}`);
      return {
        group: ask.group,
        topic: realTopic(ask.topic, ask.group, String(retry)),
        queueId,
        offset,
        receipt,
        body: new TextDecoder().decode(record.body),
        tries: record.reconsumeTimes,
        shownTopic: record.topic,
      };
    })
  );
}

/** Pops and waits until the answer may go out. */
export async function pop(
  world: World,
  link: FakeLink,
  topic: string,
  changes: Partial<PopAsk> = {},
): Promise<Got[]> {
  const ask = popAsk(topic, changes);
  const result = await within(world, 100, world.broker.pop.pop(ask, link));
  await within(world, 10, result.after);
  return gotOf(ask, result);
}

/** Sends so many messages `<name>0`, `<name>1`, … to queue 0. */
export async function send(
  world: World,
  topic: string,
  count: number,
  options: { readonly name?: string; readonly tags?: string; readonly queueId?: number } = {},
): Promise<void> {
  const { name = "m", tags, queueId = 0 } = options;
  for (let at = 0; at < count; at++) {
    const message = incoming(topic, {
      queueId,
      body: new TextEncoder().encode(`${name}${at}`),
      properties: tags === undefined ? "" : properties({ TAGS: tags }),
    });
    await within(world, 30, world.broker.intake.send(message, sendAsk()));
  }
  await world.clock.advance(20);
}

export async function acknowledge(world: World, got: HeldMessage): Promise<void> {
  await within(world, 10, world.broker.receipts.acknowledge(got));
}

export const bodiesOf = (got: readonly Got[]): string[] => got.map(({ body }) => body);
