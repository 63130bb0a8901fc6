import { formatHost, type Host, parseHost } from "./host.ts";

/** Under which address this process's broker is reached, as each peer sees it. */
export class OwnAddress {
  readonly #asked: string;
  #advertised: string | undefined;
  #advertisedHost: Host | undefined;
  /** What the advertised name stands for. */
  #ip: string | undefined;
  #port = 0;

  /** `advertised` is `HOST` or `HOST:PORT` (`brokerIP1`, `--advertise`); a port of its own wins. */
  constructor(options: { readonly advertised?: string; readonly brokerPort: number }) {
    this.#asked = options.advertised ?? "";
    this.listensOn(options.brokerPort);
  }

  /** The port in use, which is known late where a free one was asked for. */
  listensOn(port: number): void {
    this.#port = port;
    if (this.#asked === "") return;
    const advertised = splitAddress(this.#asked, port);
    this.#advertisedHost = parseHost(this.#ip ?? advertised.host, advertised.port);
    this.#advertised = this.#advertisedHost && this.#ip === undefined
      ? formatHost(this.#advertisedHost)
      : `${advertised.host}:${advertised.port}`;
  }

  /** The advertised host where it is a name, not an address. */
  get name(): string | undefined {
    if (this.#asked === "") return undefined;
    const { host } = splitAddress(this.#asked, 0);
    return parseHost(host, 0) === undefined ? host : undefined;
  }

  /** Says which address the advertised name stands for. */
  standsFor(ip: string): void {
    this.#ip = ip;
    this.listensOn(this.#port);
  }

  /**
   * `ip:port` for a peer whose connection ends at `local`: the advertised one, else that very
   * address.
   */
  textFor(local: Host): string {
    return this.#advertised ?? formatHost({ ip: local.ip, port: this.#port });
  }

  /** The same as bytes, for store hosts and offset ids. */
  hostFor(local: Host): Host {
    return this.#advertisedHost ?? { ip: local.ip, port: this.#port };
  }
}

/** Splits `host:port`, `[v6]:port`, `host`; `port` stands in where none is written. */
export function splitAddress(address: string, port: number): { host: string; port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(address.trim());
  if (match === null) return { host: address.trim(), port };
  return { host: match[1] ?? match[2], port: match[3] === undefined ? port : Number(match[3]) };
}
