import { Refusal } from "../model/refusal.ts";
import { Perm } from "../model/topic.ts";
import type { Clock } from "../port/clock.ts";
import type { Job } from "../port/job.ts";
import { readRoute } from "./bodies/route_reader.ts";

/** One queue that can be read, somewhere in the cluster. */
export interface ClusterQueue {
  readonly topic: string;
  readonly brokerName: string;
  readonly queueId: number;
}

/** What the cluster's queues are learned with. */
export interface ClusterQueuesParts {
  readonly clock: Clock;
  /** A name server's answer to 105; undefined: it knows no such topic. Rejects: none is reached. */
  readonly ask: (topic: string) => Promise<Uint8Array | undefined>;
  /** Makes the job of this name due now. */
  readonly wake: (job: string) => void;
  /** Topics that are remembered at the most. */
  readonly topicsMax: number;
}

interface Known {
  /** Undefined: no name server can tell. */
  queues: readonly ClusterQueue[] | undefined;
  isAsked: boolean;
  /** Monotonic ms. */
  dueMs: number;
  wantedMs: number;
}

/** Upstream's loadBalancePollNameServerInterval. */
const EVERY_MS = 30_000;
const AFTER_FAILURE_MS = 2000;
const ROUND_MS = 1000;
/** What nobody asked for so long is forgotten. */
const KEPT_MS = 600_000;
/** Questions under way at the most. */
const OPEN_MAX = 16;
/** In one queue table; a peer's numbers are not believed beyond. */
const QUEUES_MAX = 65_536;

/**
 * The queues of topics on all brokers, as other processes' name servers know them: remembered, and
 * asked for again every 30 s (upstream's `TopicRouteInfoManager`), so that no request waits for a
 * name server.
 */
export class ClusterQueues implements Job {
  static readonly jobName = "cluster queues";
  readonly name = ClusterQueues.jobName;
  readonly #parts: ClusterQueuesParts;
  readonly #topics = new Map<string, Known>();
  #open = 0;

  constructor(parts: ClusterQueuesParts) {
    this.#parts = parts;
  }

  /** `asked`: not known yet, but soon. Undefined: nobody but the own broker can tell. */
  of(topic: string): readonly ClusterQueue[] | "asked" | undefined {
    const now = this.#parts.clock.monotonic();
    const known = this.#topics.get(topic);
    if (known === undefined) {
      if (this.#topics.size >= this.#parts.topicsMax) return undefined;
      this.#topics.set(topic, {
        ...{ queues: undefined, isAsked: false, dueMs: now, wantedMs: now },
      });
      this.#parts.wake(this.name);
      return "asked";
    }
    known.wantedMs = now;
    return known.isAsked ? known.queues : "asked";
  }

  run(now: number): number {
    for (const [topic, known] of this.#topics) {
      if (now - known.wantedMs >= KEPT_MS) this.#topics.delete(topic);
      else if (known.dueMs <= now && this.#open < OPEN_MAX) this.#ask(topic, known, now);
    }
    return this.#topics.size === 0 ? Infinity : now + ROUND_MS;
  }

  #ask(topic: string, known: Known, now: number): void {
    known.dueMs = now + EVERY_MS;
    this.#open++;
    const soon = () => known.dueMs = this.#parts.clock.monotonic() + AFTER_FAILURE_MS;
    this.#parts.ask(topic).then((body) => {
      known.queues = body && queuesOf(topic, readRoute(body).queues);
      // The own broker has it: it will be registered soon.
      if (body === undefined) soon();
    }).catch(() => {
      // What was known stays: a name server that is gone takes no broker with it.
      soon();
    }).finally(() => {
      known.isAsked = true;
      this.#open--;
    });
  }
}

/** The queues that can be read, of as many brokers as a route has. @throws {Refusal} */
export function queuesOf(
  topic: string,
  brokers: readonly {
    readonly brokerName: string;
    readonly readQueues: number;
    readonly perm: number;
  }[],
): ClusterQueue[] {
  const readable = brokers.filter(({ perm }) => (perm & Perm.read) !== 0);
  const count = readable.reduce((sum, { readQueues }) => sum + Math.max(0, readQueues), 0);
  if (count > QUEUES_MAX) {
    throw new Refusal("parameter-invalid", `${topic} has ${count} queues, more than ${QUEUES_MAX}`);
  }
  return readable.flatMap(({ brokerName, readQueues }) =>
    Array.from(
      { length: Math.max(0, readQueues) },
      (_, queueId) => ({ topic, brokerName, queueId }),
    )
  );
}
