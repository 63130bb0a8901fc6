import type { Broker } from "../../broker/broker.ts";
import { formatJavaProperties } from "../../model/java_properties.ts";
import { formatJson } from "../../model/loose_json.ts";
import { jsonAnswer, textAnswer } from "../bodies/answers.ts";
import { versionToJson } from "../../model/version_json.ts";
import { type Row, row } from "../row.ts";
import { readProperties } from "./properties.ts";

/** The broker itself: its settings and figures. */
export function brokerItselfRows({ tuning, stats, identity }: Broker): Row[] {
  return [
    row(
      { code: 25, name: "UPDATE_BROKER_CONFIG", access: "change" },
      {},
      async (_header, { body }) => {
        await tuning.change(readProperties(body));
        return {};
      },
    ),
    row({ code: 26, name: "GET_BROKER_CONFIG", access: "read" }, {}, () => {
      const version = { stateVersion: 0, timestamp: identity.startedMs, counter: 0 };
      const body = textAnswer(formatJavaProperties(tuning.current()));
      return { ...body, header: { version: formatJson(versionToJson(version)) } };
    }),
    row(
      { code: 28, name: "GET_BROKER_RUNTIME_INFO", access: "read" },
      {},
      () => jsonAnswer({ table: stats.runtime() }),
    ),
  ];
}
