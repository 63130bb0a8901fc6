import type { Broker } from "../../broker/broker.ts";
import { type Row, row } from "../row.ts";
import { text } from "../shape.ts";

/** Messages that come later: taking them back, and how far the delay levels are. */
export function delayRows({ recall, delays, identity }: Broker): Row[] {
  const { region } = identity;
  return [
    row(
      { code: 370, name: "RECALL_MESSAGE", access: "produce" },
      {
        producerGroup: text("producerGroup", ""),
        topic: text("topic"),
        handle: text("recallHandle"),
      },
      async (header, { local, remote }) => {
        const msgId = await recall.recall({ ...header, local, remote });
        return { header: { msgId, MSG_REGION: region } };
      },
    ),
    row(
      { code: 45, name: "GET_ALL_DELAY_OFFSET", access: "read" },
      {},
      () => ({ body: new TextEncoder().encode(offsetsJson(delays.progress())) }),
    ),
  ];
}

/** As fastjson writes it: numbers as keys stand without quotes. */
function offsetsJson({ version, offsets }: ReturnType<Broker["delays"]["progress"]>): string {
  const { counter, stateVersion, timestamp } = version;
  const entries = [...offsets].map(([level, offset]) => `${level}:${offset}`);
  const howNew = JSON.stringify({ counter, stateVersion, timestamp });
  return `{"dataVersion":${howNew},"offsetTable":{${entries.join(",")}}}`;
}
