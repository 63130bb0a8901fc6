import { formatJson, type Json, type JsonObject, parseLooseJson } from "./loose_json.ts";
import { Refusal } from "./refusal.ts";

/** Reading 16 MiB of JSON would hold up everyone else for a second; real bodies have some KiB. */
const BODY_MAX_BYTES = 1024 * 1024;
const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * A JSON object that a peer wrote, read the way fastjson fills a Java bean: fields that are missing
 * or null take their default, numbers may come as text, other fields are passed over.
 */
export class Bean {
  readonly #fields: JsonObject;

  constructor(fields: JsonObject) {
    this.#fields = fields;
  }

  /** @throws {Refusal} `request-illegal`: it is no JSON object; `parameter-invalid`: over 1 MiB. */
  static read(body: Uint8Array): Bean {
    if (body.length > BODY_MAX_BYTES) {
      throw new Refusal(
        "parameter-invalid",
        `The JSON body has ${body.length} bytes, ${BODY_MAX_BYTES} are the most. Send less.`,
      );
    }
    const json = readJson(body);
    if (json instanceof Map) return new Bean(json);
    throw new Refusal(
      "request-illegal",
      `Cannot read the body of ${body.length} bytes: it is no JSON object.`,
    );
  }

  text(name: string, fallback = ""): string {
    const value = this.#fields.get(name);
    return typeof value === "string" || typeof value === "number" || typeof value === "boolean"
      ? String(value)
      : fallback;
  }

  /** A whole number of 53 bits. @throws {Refusal} `request-illegal` for anything else. */
  whole(name: string, fallback: number): number {
    const value = this.#fields.get(name);
    if (value === undefined || value === null || value === "") return fallback;
    const number = typeof value === "number" || typeof value === "string" ? Number(value) : NaN;
    if (Number.isInteger(number)) return number;
    const shown = formatJson(value).slice(0, 40);
    throw new Refusal(
      "request-illegal",
      `The body's field ${name} is ${shown}; expected a whole number.`,
    );
  }

  flag(name: string, fallback: boolean): boolean {
    const value = this.#fields.get(name);
    if (typeof value === "boolean") return value;
    return value === "true" || (value === "false" ? false : fallback);
  }

  /** The objects in a list; everything else in it is passed over. */
  objects(name: string): JsonObject[] {
    return this.#list(name).filter((item) => item instanceof Map);
  }

  /** The same, as beans. */
  beans(name: string): Bean[] {
    return this.objects(name).map((item) => new Bean(item));
  }

  /** The object of that name, undefined where there is none. */
  bean(name: string): Bean | undefined {
    const value = this.#fields.get(name);
    return value instanceof Map ? new Bean(value) : undefined;
  }

  texts(name: string): string[] {
    return this.#list(name).filter((item) => typeof item === "string");
  }

  wholes(name: string): number[] {
    return this.#list(name).map(Number).filter(Number.isInteger);
  }

  /** An object's texts, by name. */
  table(name: string): Map<string, string> {
    const value = this.#fields.get(name);
    const table = new Map<string, string>();
    if (!(value instanceof Map)) return table;
    for (const [key, held] of value as JsonObject) {
      if (typeof held === "string") table.set(key, held);
    }
    return table;
  }

  /** An object's whole numbers, by name. */
  wholeTable(name: string): Map<string, number> {
    const value = this.#fields.get(name);
    const table = new Map<string, number>();
    if (!(value instanceof Map)) return table;
    for (const [key, held] of value as JsonObject) {
      const number = typeof held === "number" || typeof held === "string" ? Number(held) : NaN;
      if (Number.isInteger(number)) table.set(key, number);
    }
    return table;
  }

  /** What is written there, as it is: compact JSON text; `fallback` where nothing or null is. */
  json(name: string, fallback: string): string {
    const value = this.#fields.get(name);
    return value === undefined || value === null ? fallback : formatJson(value);
  }

  #list(name: string): readonly Json[] {
    const value = this.#fields.get(name);
    return Array.isArray(value) ? value : [];
  }
}

function readJson(body: Uint8Array): Json {
  try {
    return parseLooseJson(utf8.decode(body));
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
    const why = error instanceof SyntaxError ? error.message : "it is no UTF-8";
    throw new Refusal("request-illegal", `Cannot read the body of ${body.length} bytes: ${why}.`);
  }
}
