import type { DataVersion } from "../../model/data_version.ts";
import {
  formatJson,
  type Json,
  type JsonObject,
  jsonObject,
  parseLooseJson,
} from "../../model/loose_json.ts";
import { Refusal } from "../../model/refusal.ts";
import type { Topic } from "../../model/topic.ts";
import type { TopicRoute } from "../../nameserver/registration.ts";
import { deflateZlib, inflateZlib } from "../../port/inflate.ts";
import { topicFromJson, topicToJson } from "../../model/topic_json.ts";
import { versionFromJson, versionToJson } from "../../model/version_json.ts";

/** What a registering broker says in the body of 103 (`RegisterBrokerBody`). */
export interface RegistrationBody {
  readonly version: DataVersion;
  readonly topics: readonly TopicRoute[];
  /** `TopicQueueMappingInfo` by topic, as JSON text. */
  readonly mappings: ReadonlyMap<string, string>;
  readonly filterServers: readonly string[];
}

const encoder = new TextEncoder();
const NO_VERSION: DataVersion = { stateVersion: 0, timestamp: 0, counter: 0 };
const EMPTY: JsonObject = new Map();
const ZLIB_MARK = 0x78;
const SEVERAL_MAX = 1_000_000;
const NOTHING: RegistrationBody = {
  version: NO_VERSION,
  topics: [],
  mappings: new Map(),
  filterServers: [],
};

/**
 * Reads the body in either form: JSON, or packed and deflated, which its first byte tells (a 5.x
 * broker with compressedRegister=true sends `compressed=false` all the same). An empty body says
 * nothing.
 * @throws {Refusal} `failed` where it does not read or inflates to more than `inflateMaxBytes`.
 */
export function readRegistration(body: Uint8Array, inflateMaxBytes: number): RegistrationBody {
  if (body.length === 0) return NOTHING;
  try {
    return body[0] === ZLIB_MARK
      ? readPacked(inflateZlib(body, inflateMaxBytes))
      : readJson(parseLooseJson(new TextDecoder().decode(body)));
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new Refusal("failed", `Failed to decode RegisterBrokerBody: ${error.message}`);
  }
}

/** Above so many topics the JSON form would come near a frame's 16 MiB; deflated it is a tenth. */
const JSON_TOPICS_MAX = 20_000;

/** Writes the body with all topics of a broker: JSON, packed where they are very many. */
export function writeRegistration(
  topics: readonly Topic[],
  version: DataVersion,
): { bytes: Uint8Array; isPacked: boolean } {
  return topics.length > JSON_TOPICS_MAX
    ? { bytes: writePacked(topics, version), isPacked: true }
    : { bytes: encoder.encode(formatBody(topics, version)), isPacked: false };
}

function formatBody(topics: readonly Topic[], version: DataVersion): string {
  return formatJson(jsonObject({
    filterServerList: [],
    topicConfigSerializeWrapper: jsonObject({
      dataVersion: versionToJson(version),
      mappingDataVersion: versionToJson(NO_VERSION),
      topicConfigTable: new Map(topics.map((topic) => [topic.name, topicToJson(topic)])),
      topicQueueMappingDetailMap: EMPTY,
      topicQueueMappingInfoMap: EMPTY,
    }),
  }));
}

function writePacked(topics: readonly Topic[], version: DataVersion): Uint8Array {
  const texts = [
    formatJson(versionToJson(version)),
    ...topics.map((topic) =>
      `${topic.name} ${topic.readQueues} ${topic.writeQueues} ${topic.perm} ${topic.filterType} ` +
      formatJson(topic.attributes)
    ),
    "[]",
  ].map((text) => encoder.encode(text));
  const bytes = new Uint8Array(texts.reduce((sum, text) => sum + 4 + text.length, 8));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [index, text] of texts.entries()) {
    view.setInt32(at, text.length);
    bytes.set(text, at + 4);
    at += 4 + text.length;
    if (index > 0) continue;
    view.setInt32(at, topics.length);
    at += 4;
  }
  return deflateZlib(bytes);
}

/** Brokers before 3.0.11 sent what is inside the outer object alone. */
function readJson(json: Json): RegistrationBody {
  const outer = object(json);
  const inner = outer.has("topicConfigSerializeWrapper")
    ? object(outer.get("topicConfigSerializeWrapper"))
    : outer;
  const topics = [...object(inner.get("topicConfigTable"))].map(([name, topic]) =>
    topicFromJson(topic, name)
  );
  const mappings = [...object(inner.get("topicQueueMappingInfoMap"))].map((
    [topic, mapping],
  ) => [topic, formatJson(object(mapping))] as const);
  return {
    version: versionFromJson(inner.get("dataVersion")),
    topics,
    mappings: new Map(mappings),
    filterServers: strings(outer.get("filterServerList")),
  };
}

/**
 * The packed form: version as JSON, count and text lines of topics, filter servers as JSON, and
 * from 5.0 on count and JSON of queue mappings; each text with its length in bytes before it.
 */
function readPacked(bytes: Uint8Array): RegistrationBody {
  const reader = new PackedReader(bytes);
  const version = versionFromJson(parseLooseJson(reader.text()));
  const topics = reader.several(readTopicLine);
  const filterServers = strings(parseLooseJson(reader.text()));
  const mappings = new Map<string, string>();
  if (!reader.isAtEnd) {
    for (const mapping of reader.several((text) => object(parseLooseJson(text)))) {
      mappings.set(String(mapping.get("topic") ?? ""), formatJson(mapping));
    }
  }
  return { version, topics, mappings, filterServers };
}

/**
 * `name readQueues writeQueues perm filterType attributes`; attributes are not of interest here.
 */
function readTopicLine(line: string): TopicRoute {
  const [name, readQueues, writeQueues, perm, filterType] = line.split(" ", 5);
  if (filterType === undefined) {
    throw new SyntaxError(`a topic as ${JSON.stringify(line.slice(0, 80))}`);
  }
  return {
    name,
    readQueues: whole(Number(readQueues), 16),
    writeQueues: whole(Number(writeQueues), 16),
    perm: whole(Number(perm), 6),
    sysFlag: 0,
  };
}

class PackedReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  text(): string {
    const length = this.#int();
    if (length < 0 || length > this.#bytes.length - this.#at) {
      const left = this.#bytes.length - this.#at;
      throw new SyntaxError(`a text of ${length} bytes at ${this.#at}, where ${left} are left`);
    }
    this.#at += length;
    return new TextDecoder().decode(this.#bytes.subarray(this.#at - length, this.#at));
  }

  several<T>(read: (text: string) => T): T[] {
    const items: T[] = [];
    const count = this.#int();
    if (count > SEVERAL_MAX) throw new SyntaxError(`${count} entries, at most ${SEVERAL_MAX}`);
    while (items.length < count) items.push(read(this.text()));
    return items;
  }

  #int(): number {
    if (this.#at + 4 > this.#bytes.length) throw new SyntaxError(`it ends at byte ${this.#at}`);
    this.#at += 4;
    return this.#view.getInt32(this.#at - 4);
  }
}

function object(json: Json | undefined): JsonObject {
  return json instanceof Map ? json : EMPTY;
}

function strings(json: Json | undefined): string[] {
  return Array.isArray(json) ? json.filter((item) => typeof item === "string") : [];
}

function whole(json: Json | undefined, fallback: number): number {
  return typeof json === "number" && Number.isInteger(json) ? json : fallback;
}
