import type { DataVersion } from "./data_version.ts";
import { type Json, type JsonObject, jsonObject } from "./loose_json.ts";

/** `DataVersion` as Java writes it. */
export function versionToJson(version: DataVersion): JsonObject {
  return jsonObject({
    counter: version.counter,
    stateVersion: version.stateVersion,
    timestamp: version.timestamp,
  });
}

/** Reads a `DataVersion`; what is missing or no number counts as 0. */
export function versionFromJson(json: Json | undefined): DataVersion {
  const fields: JsonObject = json instanceof Map ? json : new Map();
  const whole = (name: string) => {
    const value = Number(fields.get(name) ?? 0);
    return Number.isFinite(value) ? Math.trunc(value) : 0;
  };
  return {
    stateVersion: whole("stateVersion"),
    timestamp: whole("timestamp"),
    counter: whole("counter"),
  };
}
