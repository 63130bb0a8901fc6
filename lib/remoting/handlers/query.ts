import type { Broker } from "../../broker/broker.ts";
import { type Row, row } from "../row.ts";
import { flag, int, long, text } from "../shape.ts";

/** Finding messages by key or place. */
export function queryRows({ lookup }: Broker): Row[] {
  return [
    row({ code: 12, name: "QUERY_MESSAGE", access: "read" }, {
      topic: text("topic"),
      key: text("key"),
      max: int("maxNum", 32),
      beginMs: long("beginTimestamp", 0),
      endMs: long("endTimestamp", Number.MAX_SAFE_INTEGER),
      unique: flag("_UNIQUE_KEY_QUERY", false),
    }, (ask) => {
      const { records, lastUpdateMs, lastUpdatePosition } = lookup.byKey(ask);
      const header = {
        indexLastUpdateTimestamp: lastUpdateMs,
        indexLastUpdatePhyoffset: lastUpdatePosition,
      };
      return { header, body: records };
    }),
    row(
      { code: 33, name: "VIEW_MESSAGE_BY_ID", access: "read" },
      { position: long("offset") },
      ({ position }) => ({ body: lookup.byPosition(position) }),
    ),
  ];
}
