import { Bean } from "../model/bean.ts";
import type { Group } from "../model/group.ts";
import { groupFromBean, groupToJson } from "../model/group_json.ts";
import { formatJson, type Json, parseLooseJson } from "../model/loose_json.ts";
import { type Codec, NamedTable, type TableParts } from "./named_table.ts";

const codec: Codec<Group> = {
  format: (group) => formatJson(groupToJson(group)),
  parse: (text, name) => readGroup(parseLooseJson(text), name),
};

/** The consumer groups. */
export class GroupTable extends NamedTable<Group> {
  constructor(parts: TableParts) {
    super(parts, codec);
  }
}

/** Reads a group; `name` stands in where none is written. @throws {Refusal} */
export function readGroup(json: Json, name: string): Group {
  const fields: Iterable<[string, Json]> = json instanceof Map ? json : [];
  return groupFromBean(new Bean(new Map([["groupName", name], ...fields])));
}
