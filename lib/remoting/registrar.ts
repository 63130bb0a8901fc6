import { isLoopback, parseHost } from "../model/host.ts";
import { splitAddress } from "../model/own_address.ts";
import type { Clock } from "../port/clock.ts";
import type { Job } from "../port/job.ts";
import {
  localOnlySentence,
  NAME_SERVER_PORT,
  RemoteNameServer,
  type RemoteOptions,
} from "./remote_name_server.ts";

/**
 * Why a broker that listens on `bound`, a loopback address, cannot register with one of
 * `nameServers`; undefined where it can. A host name is decided later, when it is reached.
 */
export function whyOutOfReach(nameServers: readonly string[], bound: string): string | undefined {
  const far = nameServers.find((address) => {
    const { host, port } = splitAddress(address, NAME_SERVER_PORT);
    const parsed = parseHost(host, port);
    return parsed !== undefined && !isLoopback(parsed);
  });
  return far === undefined ? undefined : localOnlySentence(far, bound);
}

/**
 * Keeps this process's broker registered with other processes' name servers: with all its topics at
 * the start, at every change and every 30 s (103); takes leave at the stop (104).
 */
export class Registrar {
  readonly #remotes: readonly RemoteNameServer[];
  readonly #clock: Clock;
  #isTold = false;

  /** `nameServers`: `host` or `host:port` each. */
  constructor(nameServers: readonly string[], options: RemoteOptions) {
    this.#clock = options.clock;
    this.#remotes = nameServers.map((address) => new RemoteNameServer(address, options));
  }

  /** Registers again at once: topics or permissions changed. One turn makes one request. */
  changed(): void {
    for (const remote of this.#remotes) remote.changed();
    if (this.#isTold) return;
    this.#isTold = true;
    this.#clock.soon(() => {
      this.#isTold = false;
      for (const remote of this.#remotes) remote.run(this.#clock.monotonic());
    });
  }

  /**
   * Where a topic is (the answer to 105), from the first name server that can tell; undefined:
   * there is no such topic. Rejects where none is reached.
   */
  async route(topic: string): Promise<Uint8Array | undefined> {
    let why: unknown;
    for (const remote of this.#remotes) {
      try {
        return await remote.route(topic);
      } catch (fault) {
        why = fault;
      }
    }
    throw why;
  }

  jobs(): Job[] {
    return this.#remotes.map((remote) => ({
      name: `register with ${remote.address}`,
      run: (now) => remote.run(now),
    }));
  }

  /** Takes leave of all name servers that are reached, and closes. Never rejects. */
  async stop(): Promise<void> {
    await Promise.all(this.#remotes.map((remote) => remote.stop()));
  }
}
