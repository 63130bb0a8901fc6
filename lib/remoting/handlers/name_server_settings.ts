import { formatJavaProperties } from "../../model/java_properties.ts";
import type { NameServerSettings } from "../../nameserver/settings.ts";
import { type Row, row } from "../row.ts";
import { readProperties } from "./properties.ts";

/** The name server's settings, as properties text. */
export function nameServerSettingsRows(settings: NameServerSettings): Row[] {
  return [
    row(
      { code: 318, name: "UPDATE_NAMESRV_CONFIG", access: "change" },
      {},
      async (_header, call) => {
        await settings.change(readProperties(call.body));
        return {};
      },
    ),
    row({ code: 319, name: "GET_NAMESRV_CONFIG", access: "read" }, {}, () => {
      return { body: new TextEncoder().encode(formatJavaProperties(settings.current())) };
    }),
  ];
}
