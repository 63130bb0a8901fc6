import type { Broker } from "../../broker/broker.ts";
import type { KeyAsk } from "../../broker/lookup.ts";
import { Refusal } from "../../model/refusal.ts";
import { type Row, row } from "../row.ts";
import { int, long, text } from "../shape.ts";

/** `MessageConst.INDEX_…_TYPE`; `lastKey` beside it serves only an index in RocksDB. */
const KINDS: ReadonlyMap<string, KeyAsk["kind"]> = new Map([
  ["", "key"],
  ["K", "key"],
  ["U", "unique"],
  ["T", "tag"],
]);

/** Finding messages by key or place. */
export function queryRows({ lookup }: Broker): Row[] {
  return [
    row({ code: 12, name: "QUERY_MESSAGE", access: "read" }, {
      topic: text("topic"),
      key: text("key"),
      max: int("maxNum", 32),
      beginMs: long("beginTimestamp", 0),
      endMs: long("endTimestamp", Number.MAX_SAFE_INTEGER),
      unique: text("_UNIQUE_KEY_QUERY", ""),
      indexType: text("indexType", ""),
    }, async ({ unique, indexType, ...ask }) => {
      const kind = unique.toLowerCase() === "true" ? "unique" : kindOf(indexType);
      const { records, lastUpdateMs, lastUpdatePosition } = await lookup.byKey({ ...ask, kind });
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

function kindOf(indexType: string): KeyAsk["kind"] {
  const kind = KINDS.get(indexType);
  if (kind !== undefined) return kind;
  throw new Refusal(
    "parameter-invalid",
    `The header field indexType is ${
      JSON.stringify(indexType.slice(0, 40))
    }; expected K (a key), ` +
      `U (the unique key) or T (tags).`,
  );
}
