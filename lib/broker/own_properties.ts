import { brokerProperties } from "./stamp.ts";

/** What the broker adds behind the properties of a message, as text and as the record's bytes. */
export class OwnProperties {
  readonly text: string;
  readonly bytes: Uint8Array;

  constructor(identity: Parameters<typeof brokerProperties>[0]) {
    this.text = brokerProperties(identity);
    this.bytes = new TextEncoder().encode(this.text);
  }
}
