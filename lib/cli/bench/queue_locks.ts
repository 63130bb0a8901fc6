import type { Client } from "../../client/client.ts";
import { ClientError } from "../../client/client_error.ts";
import type { RouteQueue } from "../../client/topic_route.ts";
import type { Ports } from "../../server/ports.ts";

/** Whose locks, on what. */
export interface LockParts {
  readonly client: Client;
  readonly clock: Ports["clock"];
  readonly clientId: string;
  readonly group: string;
  readonly topic: string;
  readonly queues: readonly RouteQueue[];
  /** Hears of locks that could not be kept. */
  readonly failed: (error: ClientError) => void;
}

/** As RocketMQ's clients renew them. */
const RENEW_MS = 20_000;

/** The locks that a consumer in order holds on its queues, renewed until the client closes. */
export class QueueLocks {
  readonly #parts: LockParts;

  constructor(parts: LockParts) {
    this.#parts = parts;
  }

  /** Takes all. @throws {ClientError} where somebody else has one. */
  async take(): Promise<void> {
    const { client, clientId, group, topic, queues } = this.#parts;
    for (const [address, ofBroker] of Map.groupBy(queues, (queue) => queue.address)) {
      const [{ brokerName }] = ofBroker;
      const queueIds = ofBroker.map(({ queueId }) => queueId);
      const broker = await client.broker(address);
      const locked = await broker.lock({ group, clientId, topic, brokerName, queueIds });
      const open = queueIds.filter((queueId) => !locked.includes(queueId));
      if (open.length === 0) continue;
      const which = `${open.map((queueId) => `${brokerName}/${queueId}`).join(", ")} of ${topic}`;
      const why = `another client of ${group} has them. Stop it, or wait a minute.`;
      throw new ClientError("refused", `Cannot lock ${which}: ${why}`);
    }
    this.#parts.clock.after(RENEW_MS, () => this.#renew());
  }

  #renew(): void {
    this.take().catch((fault) => {
      if (!(fault instanceof ClientError)) throw fault;
      this.#parts.failed(fault);
    });
  }
}
