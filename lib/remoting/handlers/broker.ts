import type { Broker } from "../../broker/broker.ts";
import { formatJavaProperties } from "../../model/java_properties.ts";
import { formatJson, jsonObject } from "../../model/loose_json.ts";
import { formatAllConsumeStats } from "../bodies/consume_stats.ts";
import { producerToJson } from "../bodies/connections.ts";
import { jsonAnswer, textAnswer } from "../bodies/answers.ts";
import { versionToJson } from "../../model/version_json.ts";
import { type Row, row } from "../row.ts";
import { flag, text } from "../shape.ts";
import { readProperties } from "./properties.ts";

/** The broker itself: its settings, figures and housekeeping. */
export function brokerItselfRows(broker: Broker): Row[] {
  return [...settingsAndRuntime(broker), ...figures(broker), ...housekeeping(broker)];
}

/** What tools show of a minute, an hour, a day: what one call brought is not counted. */
function figures({ stats, groups, clients, identity }: Broker): Row[] {
  const { brokerName, address } = identity;
  return [
    row({ code: 315, name: "VIEW_BROKER_STATS_DATA", access: "read" }, {
      name: text("statsName"),
      key: text("statsKey"),
    }, ({ name, key }) => {
      const [minute, hour, day] = stats.view(name, key).map(({ sum, perSecond }) =>
        jsonObject({ avgpt: 0, sum, tps: perSecond })
      );
      return jsonAnswer({ statsDay: day, statsHour: hour, statsMinute: minute });
    }),
    row(
      { code: 317, name: "GET_BROKER_CONSUME_STATS", access: "read" },
      { isOrdered: flag("isOrder", false) },
      ({ isOrdered }, { local }) => {
        const all = groups.allConsumeStats(isOrdered);
        return textAnswer(formatAllConsumeStats(all, brokerName, address.textFor(local)));
      },
    ),
    row({ code: 328, name: "GET_ALL_PRODUCER_INFO", access: "read" }, {}, () => {
      const groups = [...clients.allProducers()].map(([group, list]) => {
        return [group, list.map(producerToJson)] as const;
      });
      return jsonAnswer({ data: new Map(groups) });
    }),
  ];
}

/** It is done all the time anyway; tools can ask for it now. */
function housekeeping({ upkeep }: Broker): Row[] {
  const task = (code: number, name: string, run: () => void) =>
    row({ code, name, access: "change" }, {}, () => {
      run();
      return {};
    });
  return [
    task(306, "CLEAN_EXPIRED_CONSUMEQUEUE", () => upkeep.removeExpiredEntries()),
    task(316, "CLEAN_UNUSED_TOPIC", () => upkeep.removeUnusedTopics()),
    task(329, "DELETE_EXPIRED_COMMITLOG", () => upkeep.removeExpiredSegments()),
  ];
}

function settingsAndRuntime({ tuning, stats, identity }: Broker): Row[] {
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
