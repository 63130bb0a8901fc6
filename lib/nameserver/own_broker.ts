import { type DataVersion, sameVersion } from "../model/data_version.ts";
import type { OwnAddress } from "../model/own_address.ts";
import { Perm, type Topic } from "../model/topic.ts";
import type { TopicRoute } from "./registration.ts";

/** The broker of this process: read live at every question, it never registers. */
export interface OwnBroker {
  readonly clusterName: string;
  readonly brokerName: string;
  readonly brokerId: number;
  readonly address: OwnAddress;
  topics(): Iterable<Topic>;
  topic(name: string): Topic | undefined;
  version(): DataVersion;
  /** `brokerPermission`, {@linkcode Perm} bits; read and write where absent. */
  permission?(): number;
  /** Hears which topics have an order configuration in a name server. */
  ordered?(topics: readonly string[]): void;
}

/** As often as brokers register: so long a topic stays removed that its broker still has. */
const HIDDEN_MS = 30_000;
const READ_WRITE = Perm.read | Perm.write;

/**
 * The own broker's topics as routes show them. A topic removed here only (216), which the broker
 * still has, is gone until the broker's topics change or 30 s passed, as with one that
 * registers.
 */
export class OwnTopics {
  readonly #broker: OwnBroker;
  readonly #hiddenUntil = new Map<string, number>();
  #hiddenAt: DataVersion | undefined;

  constructor(broker: OwnBroker) {
    this.#broker = broker;
  }

  /** The route of one topic at `now` (monotonic ms). */
  get(name: string, now: number): TopicRoute | undefined {
    const topic = this.#broker.topic(name);
    if (topic === undefined || this.#isHidden(name, now)) return undefined;
    const permission = this.#broker.permission?.() ?? READ_WRITE;
    if ((permission & READ_WRITE) === READ_WRITE) return topic;
    return { ...topic, perm: topic.perm & permission };
  }

  *names(now: number): Iterable<string> {
    for (const topic of this.#broker.topics()) {
      if (!this.#isHidden(topic.name, now)) yield topic.name;
    }
  }

  hide(name: string, now: number): void {
    if (this.#broker.topic(name) === undefined) return;
    this.#forgetStale();
    this.#hiddenAt = this.#broker.version();
    this.#hiddenUntil.set(name, now + HIDDEN_MS);
  }

  #isHidden(name: string, now: number): boolean {
    if (this.#hiddenUntil.size === 0) return false;
    this.#forgetStale();
    return (this.#hiddenUntil.get(name) ?? now) > now;
  }

  #forgetStale(): void {
    const at = this.#hiddenAt;
    if (at !== undefined && !sameVersion(at, this.#broker.version())) this.#hiddenUntil.clear();
  }
}
