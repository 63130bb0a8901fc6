import { brokerProperties, withUniqueKey } from "./stamp.ts";

const utf8 = new TextEncoder();
const KEY_AT = withUniqueKey("", "").length - 1;

/** What the broker adds behind the properties of a message, as the record's bytes. */
export class OwnProperties {
  readonly text: string;
  readonly bytes: Uint8Array;
  /** The same behind a unique key. */
  #keyed = new Uint8Array(0);

  constructor(identity: Parameters<typeof brokerProperties>[0]) {
    this.text = brokerProperties(identity);
    this.bytes = utf8.encode(this.text);
  }

  /** With this unique key, of ASCII, in front; good until the next call. */
  withKey(key: string): Uint8Array {
    if (this.#keyed.length !== KEY_AT + key.length + 1 + this.bytes.length) {
      this.#keyed = utf8.encode(withUniqueKey("", key) + this.text);
    }
    const keyed = this.#keyed;
    for (let at = 0; at < key.length; at++) keyed[KEY_AT + at] = key.charCodeAt(at);
    return keyed;
  }
}
