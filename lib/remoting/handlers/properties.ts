import { javaPropertiesMap, PropertiesError } from "../../model/java_properties.ts";
import { Refusal } from "../../model/refusal.ts";

/** Reads a body of properties text. @throws {Refusal} `parameter-invalid` with line and column. */
export function readProperties(body: Uint8Array): Map<string, string> {
  try {
    return javaPropertiesMap(new TextDecoder().decode(body));
  } catch (error) {
    if (error instanceof PropertiesError) throw new Refusal("parameter-invalid", error.message);
    throw error;
  }
}
