import { Perm } from "../model/topic.ts";
import type { BrokerSettings } from "./settings.ts";

/** What the broker as a whole lets happen (`brokerPermission`). */
export class Access {
  readonly #settings: Pick<BrokerSettings, "brokerPermission">;

  constructor(settings: Pick<BrokerSettings, "brokerPermission">) {
    this.#settings = settings;
  }

  get isReadable(): boolean {
    return (this.#settings.brokerPermission & Perm.read) !== 0;
  }

  get isWritable(): boolean {
    return (this.#settings.brokerPermission & Perm.write) !== 0;
  }
}
