/** A broker that was registered here and is no more. */
interface Absence {
  readonly why: string;
  /** Monotonic ms. */
  readonly atMs: number;
  /** What it had; undefined: more than is kept. */
  readonly topics: ReadonlySet<string> | undefined;
}

/** How many brokers, and topics of each, are kept in mind. */
const BROKERS_MAX = 16;
const TOPICS_MAX = 10_000;
/** Broker names that a sentence tells. */
const TOLD_MAX = 5;

/** Remembers brokers that went, so that a client whose topic went with one can be told. */
export class Absences {
  readonly #gone = new Map<string, Absence>();

  left(brokerName: string, said: { why: string; atMs: number; topics: Iterable<string> }): void {
    const { why, atMs } = said;
    const topics = new Set<string>();
    for (const topic of said.topics) if (topics.size <= TOPICS_MAX) topics.add(topic);
    this.#gone.delete(brokerName);
    this.#gone.set(brokerName, {
      why,
      atMs,
      topics: topics.size > TOPICS_MAX ? undefined : topics,
    });
    if (this.#gone.size <= BROKERS_MAX) return;
    for (const oldest of this.#gone.keys()) {
      this.#gone.delete(oldest);
      break;
    }
  }

  came(brokerName: string): void {
    this.#gone.delete(brokerName);
  }

  /** Why no broker has the topic, and what helps; `now` is monotonic ms. */
  reason(topic: string, brokerNames: readonly string[], now: number): string {
    for (const [name, { why, atMs, topics }] of this.#gone) {
      const had = topics === undefined ? "may have had" : topics.has(topic) ? "had" : undefined;
      if (had === undefined) continue;
      return `${name}, which ${had} it, left ${Math.round(now - atMs)} ms ago: ${why}. Start it ` +
        `again, or see why it does not register here.`;
    }
    if (brokerNames.length === 0) {
      return "No broker is registered here: start one with this name server's address as its " +
        "namesrvAddr, or ask the name server that the brokers know.";
    }
    const told = brokerNames.slice(0, TOLD_MAX).join(", ");
    const more = brokerNames.length > TOLD_MAX ? ", …" : "";
    return `None of the brokers that are registered here (${told}${more}) has it: ` +
      `create it (mqadmin updateTopic), send to it where autoCreateTopicEnable is true, or see ` +
      `whether it is another name server's.`;
  }
}
