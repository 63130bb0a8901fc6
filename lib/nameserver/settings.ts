import { Refusal } from "../model/refusal.ts";

/**
 * What of RocketMQ's `NamesrvConfig` is real here, with its defaults. All can change while it runs.
 */
const DEFAULTS = {
  /** Does a route name the topic's order configuration? */
  orderMessageEnable: false,
  /** Does a registering broker get all order configurations? */
  returnOrderTopicConfigToBroker: true,
  /** Does a registration remove the broker's topics that it does not name? */
  deleteTopicWithBrokerRegistration: false,
  /** May all topics be listed (206)? */
  enableAllTopicList: true,
  /** May the topics of a cluster be listed (224, 311–313)? */
  enableTopicList: true,
  /** How often silent brokers are looked for, ms. */
  scanNotActiveBrokerInterval: 5000,
};

/** A setting by RocketMQ's name. */
export type NameServerSetting = keyof typeof DEFAULTS;

/** Where changed settings are kept, by name; the catalogue's table is one. */
export interface SettingsStore {
  /** Resolves when the entries would survive a power cut. */
  put(entries: ReadonlyMap<string, string>): Promise<void>;
}

/** Changes over the network that upstream refuses too: they move files away under the process. */
const FIXED: ReadonlySet<string> = new Set([
  "configBlackList",
  "configStorePath",
  "kvConfigPath",
  "rocketmqHome",
]);
const SCAN_MIN_MS = 100;
const SCAN_MAX_MS = 3_600_000;

/** The name server's settings as 318 changes and 319 shows them. Changed ones are stored. */
export class NameServerSettings {
  readonly #values = new Map<string, boolean | number>(Object.entries(DEFAULTS));
  readonly #store: SettingsStore | undefined;
  readonly #shown: ReadonlyMap<string, string>;

  /**
   * `initial`: from the configuration with what was stored, by name; `shown`: what else 319 tells,
   * which cannot change.
   */
  constructor(options: {
    readonly store?: SettingsStore;
    readonly initial?: ReadonlyMap<string, string>;
    readonly shown?: ReadonlyMap<string, string>;
  }) {
    this.#store = options.store;
    this.#shown = options.shown ?? new Map();
    for (const name of Object.keys(DEFAULTS)) {
      const text = options.initial?.get(name);
      if (text !== undefined) this.#values.set(name, parse(name, text));
    }
  }

  isOn(name: Exclude<NameServerSetting, "scanNotActiveBrokerInterval">): boolean {
    return this.#values.get(name) === true;
  }

  get scanIntervalMs(): number {
    return Number(this.#values.get("scanNotActiveBrokerInterval"));
  }

  /** All settings by name, sorted. */
  current(): Map<string, string> {
    const all = new Map(this.#shown);
    for (const [name, value] of this.#values) all.set(name, String(value));
    return new Map([...all].sort(([one], [other]) => one < other ? -1 : 1));
  }

  /**
   * Changes settings, all or none.
   * @throws {Refusal} `no-permission` for what cannot change, `parameter-invalid` for an unknown
   * name or a value that does not parse.
   */
  async change(entries: ReadonlyMap<string, string>): Promise<void> {
    const parsed = new Map<string, boolean | number>();
    for (const [name, text] of entries) {
      if (FIXED.has(name) || (this.#shown.has(name) && !this.#values.has(name))) {
        const cure = "Set it where the name server is started, then start it again.";
        throw new Refusal("no-permission", `Can not update config in black list: ${name}. ${cure}`);
      }
      parsed.set(name, parse(name, text));
    }
    await this.#store?.put(new Map([...parsed].map(([name, value]) => [name, String(value)])));
    for (const [name, value] of parsed) this.#values.set(name, value);
  }
}

function parse(name: string, text: string): boolean | number {
  const known = new Map<string, boolean | number>(Object.entries(DEFAULTS)).get(name);
  const shown = JSON.stringify(text.slice(0, 40));
  if (known === undefined) {
    const names = Object.keys(DEFAULTS).join(", ");
    throw new Refusal(
      "parameter-invalid",
      `The name server has no setting ${JSON.stringify(name.slice(0, 80))}. It has ${names}.`,
    );
  }
  const value = text.trim();
  if (typeof known === "boolean") {
    if (value === "true" || value === "false") return value === "true";
    throw new Refusal("parameter-invalid", `${name} is ${shown}; expected true or false.`);
  }
  const number = Number(value);
  if (Number.isInteger(number) && number >= SCAN_MIN_MS && number <= SCAN_MAX_MS) return number;
  const range = `a whole number of milliseconds from ${SCAN_MIN_MS} to ${SCAN_MAX_MS}`;
  throw new Refusal("parameter-invalid", `${name} is ${shown}; expected ${range}.`);
}
