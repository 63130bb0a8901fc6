import type { Topic } from "../model/topic.ts";
import { topicFromJson, topicToJson } from "../model/topic_json.ts";
import type { Clock } from "../port/clock.ts";
import type { Sqlite } from "../port/sqlite.ts";
import { NamedTable } from "./named_table.ts";
import type { Versions } from "./versions.ts";

/** The topics of this broker. */
export class TopicTable extends NamedTable<Topic> {
  constructor(parts: { sqlite: Sqlite; clock: Clock; versions: Versions }) {
    super({
      ...parts,
      table: "topic",
      rows: "topics",
      toJson: topicToJson,
      fromJson: topicFromJson,
    });
  }
}
