import type { NameServer } from "../../nameserver/name_server.ts";
import type { Row } from "../row.ts";
import { kvRows } from "./kv.ts";
import { laterNameServerRows } from "./later.ts";
import { nameServerSettingsRows } from "./name_server_settings.ts";
import { registrationRows } from "./registration.ts";
import { routeRows } from "./route.ts";

/**
 * All that a name server answers. A registration's packed body may inflate to `inflateMaxBytes`.
 */
export function nameServerRows(
  nameServer: NameServer,
  options: { readonly inflateMaxBytes: number } = { inflateMaxBytes: 64 * 1024 * 1024 },
): Row[] {
  return [
    ...routeRows(nameServer),
    ...registrationRows(nameServer, options.inflateMaxBytes),
    ...kvRows(nameServer.kv),
    ...nameServerSettingsRows(nameServer.settings),
    ...laterNameServerRows(),
  ];
}
