import { formatJson, jsonObject } from "../../model/loose_json.ts";
import { Refusal } from "../../model/refusal.ts";
import type { KeyValues } from "../../nameserver/key_values.ts";
import { type Row, row } from "../row.ts";
import { text } from "../shape.ts";

/** The name server's configuration table. */
export function kvRows(values: KeyValues): Row[] {
  const entry = { namespace: text("namespace"), key: text("key") };
  return [
    row(
      { code: 100, name: "PUT_KV_CONFIG", access: "change" },
      { ...entry, value: text("value") },
      async ({ namespace, key, value }) => {
        await values.put(namespace, key, value);
        return {};
      },
    ),
    row({ code: 101, name: "GET_KV_CONFIG", access: "open" }, entry, ({ namespace, key }) => {
      const value = values.get(namespace, key);
      if (value !== undefined) return { header: { value } };
      throw new Refusal("not-found", `No config item, Namespace: ${namespace} Key: ${key}`);
    }),
    row(
      { code: 102, name: "DELETE_KV_CONFIG", access: "change" },
      entry,
      async ({ namespace, key }) => {
        await values.remove(namespace, key);
        return {};
      },
    ),
    row(
      { code: 219, name: "GET_KVLIST_BY_NAMESPACE", access: "read" },
      { namespace: text("namespace") },
      ({ namespace }) => {
        const body = kvTable(values, namespace);
        if (body) return { body };
        throw new Refusal("not-found", `No config item, Namespace: ${namespace}`);
      },
    ),
  ];
}

/** A namespace's entries as `KVTable`; undefined where it has none. */
export function kvTable(values: KeyValues, namespace: string): Uint8Array | undefined {
  const table = values.ofNamespace(namespace);
  if (table.size === 0) return undefined;
  return new TextEncoder().encode(formatJson(jsonObject({ table })));
}
