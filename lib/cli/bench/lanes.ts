import type { Client } from "../../client/client.ts";
import { ClientError } from "../../client/client_error.ts";
import type { Presence, RemoteBroker } from "../../client/remote_broker.ts";
import type { Ports } from "../../server/ports.ts";

/** What lanes are made of. */
export interface LaneParts {
  readonly client: Client;
  readonly clock: Ports["clock"];
  /** Said on each connection, now and then. */
  readonly presence: Presence;
  /** Connections to each broker. */
  readonly connections: number;
  /** Hears of each connection that does not come about, and of heartbeats refused. */
  readonly failed: (error: ClientError) => void;
}

const HEARTBEAT_MS = 30_000;
const RETRY_MS = 1000;

/** The connections of a bench: several to each broker, made again where they are lost. */
export class Lanes {
  readonly #parts: LaneParts;
  readonly #lanes = new Map<string, Lane[]>();
  #isClosed = false;

  constructor(parts: LaneParts) {
    this.#parts = parts;
  }

  /** Opens all connections to these brokers. @throws {ClientError} where one is not reached */
  async open(addresses: Iterable<string>): Promise<void> {
    for (const address of new Set(addresses)) {
      const { connections } = this.#parts;
      const lanes = Array.from({ length: connections }, (_, index) => ({ address, index }));
      this.#lanes.set(address, await Promise.all(lanes.map((lane) => this.#first(lane))));
    }
    this.#keepAlive();
  }

  /** The `turn`th connection to a broker that {@linkcode Lanes.open} knows of. */
  at(address: string, turn: number): RemoteBroker | undefined {
    const lane = this.#lane(address, turn);
    if (lane === undefined || lane.broker.isClosed) return undefined;
    return lane.broker;
  }

  /** Runs `run` when that connection is open again. */
  whenOpen(address: string, turn: number, run: () => void): void {
    const lane = this.#lane(address, turn);
    if (lane === undefined || this.#isClosed) return;
    lane.waiting.push(run);
    if (lane.waiting.length === 1) this.#reopen(lane);
  }

  close(): void {
    this.#isClosed = true;
  }

  #lane(address: string, turn: number): Lane | undefined {
    const lanes = this.#lanes.get(address);
    return lanes?.[turn % lanes.length];
  }

  async #first({ address, index }: { address: string; index: number }): Promise<Lane> {
    return { address, index, broker: await this.#connect(address, index), waiting: [] };
  }

  async #connect(address: string, index: number): Promise<RemoteBroker> {
    const broker = await this.#parts.client.broker(address, index);
    await broker.heartbeat(this.#parts.presence);
    return broker;
  }

  #reopen(lane: Lane): void {
    if (this.#isClosed) return;
    this.#connect(lane.address, lane.index).then((broker) => {
      lane.broker = broker;
      for (const run of lane.waiting.splice(0)) run();
    }, (fault) => {
      this.#hear(fault);
      this.#parts.clock.after(RETRY_MS, () => this.#reopen(lane));
    });
  }

  #keepAlive(): void {
    this.#parts.clock.after(HEARTBEAT_MS, () => {
      if (this.#isClosed) return;
      for (const { broker } of [...this.#lanes.values()].flat()) {
        if (broker.isClosed) continue;
        broker.heartbeat(this.#parts.presence).catch((fault) => this.#hear(fault));
      }
      this.#keepAlive();
    });
  }

  #hear(fault: unknown): void {
    if (!(fault instanceof ClientError)) throw fault;
    if (!this.#isClosed) this.#parts.failed(fault);
  }
}

interface Lane {
  readonly address: string;
  readonly index: number;
  broker: RemoteBroker;
  readonly waiting: (() => void)[];
}
