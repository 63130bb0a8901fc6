import { Refusal } from "../model/refusal.ts";

/** Where key-value entries are kept; the catalogue's table is one. */
export interface KeyValueStore {
  /** All entries of all namespaces. */
  readonly size: number;
  get(namespace: string, key: string): string | undefined;
  /** Resolves when the entry would survive a power cut. */
  put(namespace: string, key: string, value: string): Promise<void>;
  remove(namespace: string, key: string): Promise<void>;
  ofNamespace(namespace: string): ReadonlyMap<string, string>;
}

/** The namespace in which order configurations lie, by topic. */
export const ORDER_NAMESPACE = "ORDER_TOPIC_CONFIG";

const NAME_MAX = 255;

/** The name server's configuration table (100–102, 219), within limits; `stored` hears of puts. */
export class KeyValues {
  readonly #store: KeyValueStore;
  readonly #limits: { readonly entries: number; readonly valueBytes: number };
  readonly #stored: (namespace: string, key: string) => void;
  /** Puts that are not stored yet. */
  #underWay = 0;

  constructor(
    store: KeyValueStore,
    limits: { readonly entries: number; readonly valueBytes: number },
    stored: (namespace: string, key: string) => void = () => {},
  ) {
    this.#stored = stored;
    this.#store = store;
    this.#limits = limits;
  }

  get(namespace: string, key: string): string | undefined {
    return this.#store.get(namespace, key);
  }

  /** @throws {Refusal} `parameter-invalid` for what is too long, `busy` where the table is full. */
  async put(namespace: string, key: string, value: string): Promise<void> {
    checkName("namespace", namespace);
    checkName("key", key);
    const { entries, valueBytes } = this.#limits;
    if (value.length > valueBytes) {
      throw new Refusal(
        "parameter-invalid",
        `Cannot keep ${namespace}/${key}: its value has ${value.length} characters, at most ` +
          `${valueBytes} are taken (namesrvKvValueBytes).`,
      );
    }
    const count = this.#store.size + this.#underWay;
    if (count >= entries && this.get(namespace, key) === undefined) {
      throw new Refusal(
        "busy",
        `Cannot keep ${namespace}/${key}: the name server already keeps ${count} ` +
          `entries, at most ${entries} (namesrvKvEntries). Delete some or raise the limit.`,
      );
    }
    this.#underWay++;
    await this.#store.put(namespace, key, value).finally(() => this.#underWay--);
    this.#stored(namespace, key);
  }

  async remove(namespace: string, key: string): Promise<void> {
    await this.#store.remove(namespace, key);
  }

  ofNamespace(namespace: string): ReadonlyMap<string, string> {
    return this.#store.ofNamespace(namespace);
  }
}

function checkName(what: string, name: string): void {
  if (name !== "" && name.length <= NAME_MAX) return;
  const wrong = name === "" ? "is empty" : `has ${name.length} characters, at most ${NAME_MAX}`;
  throw new Refusal("parameter-invalid", `Cannot keep the entry: its ${what} ${wrong}.`);
}
