import { Bean } from "../model/bean.ts";
import type { Group } from "../model/group.ts";
import { groupFromBean, groupToJson } from "../model/group_json.ts";
import type { Clock } from "../port/clock.ts";
import type { Sqlite } from "../port/sqlite.ts";
import { NamedTable } from "./named_table.ts";
import type { Versions } from "./versions.ts";

/** The consumer groups of this broker. */
export class GroupTable extends NamedTable<Group> {
  constructor(parts: { sqlite: Sqlite; clock: Clock; versions: Versions }) {
    super({
      ...parts,
      table: "consumer_group",
      rows: "groups",
      toJson: groupToJson,
      fromJson: (json) => groupFromBean(new Bean(json instanceof Map ? json : new Map())),
    });
  }
}
