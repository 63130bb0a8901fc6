import { pause } from "./pause.ts";
import { ACK, CHANGE, type Fields, heldIn, POP } from "./popped.ts";
import { createGroup, send } from "./requests.ts";
import { same } from "./scenario.ts";
import { Wire } from "./wire.ts";
import { withTried, type World } from "./world.ts";

const TOPIC = "Edges";
const GROUP = "edges";
const NOTIFICATION = 200054;
const POLLING = 200055;
const BATCH_ACK = 200151;
const DAY_MS = 86_400_000;

/** What is tried, the fields that are unusual (null: missing), and the code that answers it. */
type Case = readonly [
  what: string,
  fields: Readonly<Record<string, Fields[string] | null>>,
  code: number,
];

const POPS: Case[] = [
  ["without group", { consumerGroup: null }, 1],
  ["without topic", { topic: null }, 1],
  ["33 messages", { maxMsgNums: 33 }, 29],
  ["queue -2, which is all", { queueId: -2 }, 0],
  ["queue 8 of 8", { queueId: 8 }, 29],
  ["an unknown topic", { topic: "None" }, 17],
  ["an empty topic", { topic: "" }, 17],
  ["a new group", { consumerGroup: "edges_new" }, 0],
  ["an empty group", { consumerGroup: "" }, 26],
  ["a new group from the end", { consumerGroup: "edges_max", initMode: 1 }, 0],
  ["an unknown initMode", { consumerGroup: "edges_seven", initMode: 7 }, 0],
  ["invisible for no time", { consumerGroup: "edges_0", invisibleTime: 0 }, 0],
  ["invisible for 3 days", { consumerGroup: "edges_3", invisibleTime: 3 * DAY_MS }, 0],
  ["invisible for 30 days", { consumerGroup: "edges_30", invisibleTime: 30 * DAY_MS }, 0],
  ["born at 0", { consumerGroup: "edges_born", bornTime: 0 }, 0],
  ["born long ago", { consumerGroup: "edges_old", bornTime: 1000 }, 210],
  ["polling for -1", { queueId: 5, pollTime: -1 }, 210],
  ["an unknown type of filter", { expType: "XX", exp: "a" }, 23],
  ["a wrong condition", { expType: "SQL92", exp: "a >" }, 23],
  ["a condition", { consumerGroup: "edges_sql", expType: "SQL92", exp: "a > 1" }, 210],
  ["empty tags", { consumerGroup: "edges_tags", exp: "" }, 0],
  ["tags without a tag", { consumerGroup: "edges_bars", exp: "||" }, 23],
  ["in order", { consumerGroup: "edges_o", order: "true", queueId: 0, attemptId: "x" }, 0],
  ["in order again", { consumerGroup: "edges_o", order: "true", queueId: 0, attemptId: "x" }, 0],
  ["another order", { consumerGroup: "edges_o", order: "true", queueId: 0, attemptId: "y" }, 210],
  ["in order of all queues", { consumerGroup: "edges_all", order: "true" }, 0],
];

/** Of acknowledgements and changes alike. */
const RECEIPTS: Case[] = [
  ["without topic", { topic: null }, 1],
  ["without queue", { queueId: null }, 1],
  ["without receipt", { extraInfo: null }, 1],
  ["without offset", { offset: null }, 1],
  ["an empty receipt", { extraInfo: "" }, 1],
  ["a short receipt", { extraInfo: "1 2 3" }, 1],
  ["a receipt of letters", { extraInfo: "a b c d e f g h" }, 1],
  ["an unknown topic", { topic: "None" }, 17],
  ["queue 99", { queueId: 99 }, 13],
  ["queue -1", { queueId: -1 }, 13],
  ["an offset beyond the end", { offset: 99_999 }, 208],
  ["offset -1", { offset: -1 }, 208],
];

const ACKS: Case[] = [
  ...RECEIPTS,
  ["a receipt whose time is over", { extraInfo: "0 1700000000000 1000 0 0 broker-a 0 0" }, 0],
  ["an unknown revive queue", { extraInfo: "0 1700000000000 1000 99 0 broker-a 0 0" }, 0],
  ["another broker's", { extraInfo: "0 1700000000000 1000 0 0 broker-z 0 0" }, 0],
  ["an order that is none", { extraInfo: "0 1700000000000 1000 999 0 broker-a 0 0" }, 0],
  ["an unknown group", { consumerGroup: "nobody" }, 0],
  ["what is held", {}, 0],
  ["what is acknowledged", {}, 0],
];

const CHANGES: Case[] = [
  ...RECEIPTS,
  ["a receipt whose time is over", { extraInfo: "0 1700000000000 1000 0 0 broker-a 0 0" }, 0],
  ["an unknown revive queue", { extraInfo: "0 1700000000000 1000 99 0 broker-a 0 0" }, 0],
  ["another broker's", { extraInfo: "0 1700000000000 1000 0 0 broker-z 0 0" }, 0],
  ["an order that is none", { extraInfo: "0 1700000000000 1000 999 0 broker-a 0 0" }, 0],
  ["an unknown group", { consumerGroup: "nobody" }, 0],
  ["what is held", {}, 0],
  ["what was changed", {}, 0],
];

const PLACES: Case[] = [
  ["a queue", {}, 0],
  ["without group", { consumerGroup: null }, 1],
  ["without topic", { topic: null }, 1],
  ["an unknown topic", { topic: "None" }, 17],
  ["queue 99", { queueId: 99 }, 29],
];

const BATCHES: readonly (readonly [body: string, code: number])[] = [
  ["", 208],
  ["{}", 208],
  [`{"brokerName":"broker-a","acks":[]}`, 208],
  [`{"acks":[{"c":"g","t":"None","r":"0","so":0,"q":0,"rq":0,"pt":1,"it":1,"b":"AQ=="}]}`, 0],
  [`{"acks":[{"c":"g","t":"${TOPIC}","r":"0","so":0,"q":99,"rq":0,"pt":1,"it":1,"b":"AQ=="}]}`, 0],
];

/** Requests at their edges have the codes that Apache's broker gives them. */
export function popEdges(world: World): Promise<void> {
  const settings = { enablePropertyFilter: "true", popReceiptsEnd: "false" };
  return withTried(world, [{ name: "pop-edges", settings }], async ([{ brokerPort }]) => {
    const wire = await Wire.connect(brokerPort);
    await createGroup(wire, GROUP);
    for (let at = 0; at < 6; at++) await send(wire, { topic: TOPIC, queueId: 0, body: `m${at}` });
    await pause(1000);
    const pop = {
      ...{ consumerGroup: GROUP, topic: TOPIC, queueId: -1, maxMsgNums: 1, invisibleTime: 60_000 },
      ...{ pollTime: 0, initMode: 0, expType: "TAG", exp: "*", order: "false" },
    };
    const first = await wire.call({ code: POP, fields: { ...pop, bornTime: 0, maxMsgNums: 3 } });
    const [one, two] = heldIn(first, TOPIC, GROUP);
    const place = { consumerGroup: GROUP, topic: TOPIC, queueId: -1, pollTime: 0 };
    const found = [
      ...await codesOf(wire, POP, () => ({ ...pop, bornTime: Date.now() }), POPS),
      ...await codesOf(wire, ACK, () => one.ack, ACKS),
      ...await codesOf(wire, CHANGE, () => ({ ...two.ack, invisibleTime: 60_000 }), CHANGES),
      ...await codesOf(wire, NOTIFICATION, () => ({ ...place, bornTime: Date.now() }), PLACES),
      ...await codesOf(wire, POLLING, () => place, PLACES),
    ];
    for (const [text, code] of BATCHES) {
      const answer = await wire.call({ code: BATCH_ACK, body: new TextEncoder().encode(text) });
      if (answer.code !== code) found.push(`batch ${text}: ${answer.code}, not ${code}`);
    }
    wire.close();
    same("codes that are others", [], found);
  });
}

/** Those that were answered otherwise. */
async function codesOf(
  wire: Wire,
  code: number,
  sound: () => Fields,
  cases: readonly Case[],
): Promise<string[]> {
  const others: string[] = [];
  for (const [what, changes, expected] of cases) {
    const fields: Record<string, string | number> = { ...sound() };
    for (const [name, value] of Object.entries(changes)) {
      if (value === null) delete fields[name];
      else fields[name] = value;
    }
    const answer = await wire.call({ code, fields });
    if (answer.code === expected) continue;
    others.push(`${code} ${what}: ${answer.code} ${answer.remark}, not ${expected}`);
  }
  return others;
}
