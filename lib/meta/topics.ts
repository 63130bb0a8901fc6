import { formatJson, parseLooseJson } from "../model/loose_json.ts";
import type { Topic } from "../model/topic.ts";
import { topicFromJson, topicToJson } from "../model/topic_json.ts";
import { type Codec, NamedTable, type TableParts } from "./named_table.ts";

const codec: Codec<Topic> = {
  format: (topic) => formatJson(topicToJson(topic)),
  parse: (text, name) => topicFromJson(parseLooseJson(text), name),
};

/** The topics. */
export class TopicTable extends NamedTable<Topic> {
  constructor(parts: TableParts) {
    super(parts, codec);
  }
}
