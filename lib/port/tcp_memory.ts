import { assert } from "../model/assert.ts";
import { formatIp, type Host, isLoopback, parseHost } from "../model/host.ts";
import type { Clock } from "./clock.ts";
import { type MemoryConnection, MemoryPair } from "./memory_connection.ts";
import type { MemoryNetwork } from "./memory_pipe.ts";
import type { Random } from "./random.ts";
import type { Connection, Tcp, TcpListener } from "./tcp.ts";

/** How the network behaves. */
export interface MemoryTcpOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** One way, for each piece of bytes anew; none by default. */
  readonly delayMs?: () => number;
  /** Bytes of one direction that the kernels hold; 64 KiB by default. */
  readonly windowBytes?: number;
}

interface Listening {
  readonly host: Host;
  readonly accept: (connection: Connection) => void;
}

/** What the hosts of one network share. */
interface Shared extends MemoryNetwork {
  readonly hosts: Map<string, MemoryTcp>;
  readonly pairs: Set<MemoryPair>;
  /** Ends at machines that are gone, by address. */
  readonly lost: Map<string, MemoryConnection[]>;
  portNext: number;
}

const loopback = "127.0.0.1";

/**
 * TCP inside the process: the host 127.0.0.1 of a network of its own, and with
 * {@linkcode MemoryTcp.at} more of them. Bytes take time, come in other pieces than they were sent,
 * wait for slow readers; connections break, or die without a word, when the test says so.
 */
export class MemoryTcp implements Tcp {
  readonly #shared: Shared;
  readonly #ip: string;
  readonly #listening = new Map<number, Listening>();
  readonly #ends = new Set<MemoryConnection>();
  #isDead = false;

  constructor(
    options: MemoryTcpOptions,
    joined?: { readonly shared: Shared; readonly ip: string },
  ) {
    this.#shared = joined?.shared ?? {
      clock: options.clock,
      random: options.random,
      delayMs: options.delayMs ?? (() => 0),
      windowBytes: options.windowBytes ?? 65_536,
      hosts: new Map(),
      pairs: new Set(),
      lost: new Map(),
      portNext: 40_000,
    };
    this.#ip = joined?.ip ?? loopback;
    this.#shared.hosts.set(this.#ip, this);
    for (const end of this.#shared.lost.get(this.#ip) ?? []) end.forget();
    this.#shared.lost.delete(this.#ip);
  }

  /** The connections of the whole network that are not over, oldest first. */
  get pairs(): readonly MemoryPair[] {
    return [...this.#shared.pairs];
  }

  /** A host of the same network; again for the same address, its next process. */
  at(ip: string): MemoryTcp {
    return new MemoryTcp(this.#shared, { shared: this.#shared, ip });
  }

  /**
   * The process at this host dies: it hears nothing more and can do nothing more. Its peers are
   * reset; with `silently` (the machine is gone) they are told nothing, until it is up again
   * and they send.
   */
  kill(how: "reset" | "silently" = "reset"): void {
    this.#isDead = true;
    this.#listening.clear();
    if (how === "silently") this.#shared.lost.set(this.#ip, [...this.#ends]);
    for (const end of this.#ends) end.die(how === "reset");
    this.#ends.clear();
    if (this.#shared.hosts.get(this.#ip) !== this) return;
    if (how === "silently") this.#shared.hosts.delete(this.#ip);
  }

  listen(
    address: { readonly host: string; readonly port: number },
    accept: (connection: Connection) => void,
  ): Promise<TcpListener> {
    const fail = (why: string) => {
      return Promise.reject(new Error(`Cannot listen on ${address.host}:${address.port}: ${why}`));
    };
    if (this.#isDead) return fail("the process has ended");
    const host = parseHost(named(address.host), 0);
    if (host === undefined) return fail("there is no host of that name");
    const ip = formatIp(host.ip);
    if (!isAny(ip) && !isLoopback(host) && ip !== this.#ip) {
      return fail("no network card of this machine has that address");
    }
    const port = address.port === 0 ? this.#shared.portNext++ : address.port;
    if (this.#listening.has(port)) return fail("another process already listens there");
    const listening = { host, accept };
    this.#listening.set(port, listening);
    const close = () => {
      if (this.#listening.get(port) === listening) this.#listening.delete(port);
      return Promise.resolve();
    };
    return Promise.resolve({ host: ip, port, close });
  }

  connect(
    address: { readonly host: string; readonly port: number; readonly timeoutMs: number },
  ): Promise<Connection> {
    const what = `Cannot connect to ${address.host}:${address.port}`;
    if (this.#isDead) return Promise.reject(new Error(`${what}: the process has ended`));
    const to = parseHost(named(address.host), address.port);
    if (to === undefined) {
      return Promise.reject(new Error(`${what}: there is no host of that name`));
    }
    const { clock, delayMs } = this.#shared;
    return new Promise((resolve, reject) => {
      const timeout = clock.after(address.timeoutMs, () => {
        reject(new Error(`${what}: no answer within ${address.timeoutMs} ms`));
      });
      clock.after(delayMs(), () => {
        const peer = isLoopback(to) ? this : this.#shared.hosts.get(formatIp(to.ip));
        if (peer === undefined || this.#isDead) return;
        const pair = peer.#take(this, to);
        clock.after(delayMs(), () => {
          timeout.cancel();
          if (pair === undefined) reject(new Error(`${what}: refused, for nothing listens there`));
          else if (!this.#isDead) resolve(pair.dialled);
        });
      });
    });
  }

  /** Accepts a connection of `from` to this host at `to`, if somebody listens there. */
  #take(from: MemoryTcp, to: Host): MemoryPair | undefined {
    const listening = this.#listening.get(to.port);
    if (listening === undefined) return undefined;
    const ip = formatIp(listening.host.ip);
    if (!isAny(ip) && ip !== formatIp(to.ip)) return undefined;
    const own = parseHost(isLoopback(to) ? formatIp(to.ip) : from.#ip, this.#shared.portNext++);
    assert(own !== undefined, `${from.#ip} is an address`);
    const pair = new MemoryPair(this.#shared, { from: own, to });
    this.#shared.pairs.add(pair);
    from.#own(pair.dialled, pair);
    this.#own(pair.accepted, pair);
    listening.accept(pair.accepted);
    return pair;
  }

  #own(end: MemoryConnection, pair: MemoryPair): void {
    this.#ends.add(end);
    end.gone = () => {
      this.#ends.delete(end);
      if (pair.isOver) this.#shared.pairs.delete(pair);
    };
  }
}

function named(host: string): string {
  return host === "localhost" ? loopback : host;
}

function isAny(ip: string): boolean {
  return ip === "0.0.0.0" || ip === "::";
}
