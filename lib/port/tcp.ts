import type { Host } from "../model/host.ts";

/** TCP, as everything but `port` sees it. */
export interface Tcp {
  /**
   * Listens; `port` 0 takes a free one. Rejects with the reason (address in use, no such
   * address).
   */
  listen(
    address: { readonly host: string; readonly port: number },
    accept: (connection: Connection) => void,
  ): Promise<TcpListener>;
  /** Connects within `timeoutMs`, or rejects with the reason. */
  connect(
    address: { readonly host: string; readonly port: number; readonly timeoutMs: number },
  ): Promise<Connection>;
}

/** A listening port. */
export interface TcpListener {
  readonly host: string;
  /** The port in use, also where 0 was asked for. */
  readonly port: number;
  /** Stops listening; connections already made stay. */
  close(): Promise<void>;
}

/** One connection: TCP_NODELAY on, bytes in order, closed once. */
export interface Connection {
  /** This end. */
  readonly local: Host;
  /** The other end. */
  readonly remote: Host;
  /** Sets who hears of it. Until then nothing is read. */
  serve(handler: ConnectionHandler): void;
  /**
   * Sends `bytes`, which then belong to the connection. Bytes that the peer does not take are kept;
   * {@linkcode Connection.unsentBytes} says how many. After a close it does nothing.
   */
  write(bytes: Uint8Array): void;
  /** The same for bytes from `from` to `to` that stay the caller's: none is looked at later. */
  lend(bytes: Uint8Array, from: number, to: number): void;
  /** Bytes accepted by {@linkcode Connection.write} that the kernel has not taken yet. */
  readonly unsentBytes: number;
  /** Stops reading, for back-pressure. */
  pause(): void;
  /** Reads again. */
  resume(): void;
  /** Sends what is unsent, then closes. */
  end(): void;
  /** Closes at once. */
  destroy(): void;
}

/** What a connection tells its owner. */
export interface ConnectionHandler {
  /** Bytes that came; they belong to the receiver. */
  data(bytes: Uint8Array): void;
  /** Everything unsent was taken by the kernel. */
  drained(): void;
  /** Called once, with the reason: `ended`, `reset`, `destroyed` or an error's text. */
  closed(reason: string): void;
}
