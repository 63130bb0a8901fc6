import { formatJson, type Json, jsonObject } from "../../model/loose_json.ts";
import type { Answer } from "../row.ts";

const utf8 = new TextEncoder();

/** An answer whose body is a JSON object; undefined values are left out. */
export function jsonAnswer(pairs: Record<string, Json | undefined>): Answer {
  return { body: utf8.encode(formatJson(jsonObject(pairs))) };
}

/** An answer whose body is this text. */
export function textAnswer(text: string): Answer {
  return { body: utf8.encode(text) };
}
