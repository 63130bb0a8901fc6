import { clearTimeout, setTimeout } from "node:timers";
import { type Host, parseHost } from "../model/host.ts";
import { Arrivals, type Taker } from "./arrivals.ts";
import type { Connection, ConnectionHandler, TcpListener } from "./tcp.ts";
import { lingerMs, reasonOf } from "./tcp_ends.ts";

/** One loop, one order: all connections of the process. */
const arrivals = new Arrivals();

/** What of Bun's sockets is used (`Bun.listen`). */
interface BunSocket {
  data: BunConnection | undefined;
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** Bytes that the kernel took; -1 where the socket is closed. */
  write(bytes: Uint8Array, from: number, count: number): number;
  /** FIN, behind what was written. */
  shutdown(): void;
  /** Closes at once; what was written before still goes out. */
  close(): void;
  pause(): void;
  resume(): void;
  setNoDelay(isOn: boolean): void;
}

interface BunHandlers {
  readonly binaryType: "uint8array";
  open(socket: BunSocket): void;
  data(socket: BunSocket, bytes: Uint8Array): void;
  drain(socket: BunSocket): void;
  end(socket: BunSocket): void;
  close(socket: BunSocket, error?: Error): void;
  error(socket: BunSocket, error: Error): void;
}

interface BunListening {
  readonly hostname: string;
  readonly port: number;
  stop(): void;
}

/** `Bun.listen`, on Bun. */
export type BunListen = (options: {
  readonly hostname: string;
  readonly port: number;
  readonly allowHalfOpen: boolean;
  readonly socket: BunHandlers;
}) => BunListening;

/** `Bun.listen`; undefined on another runtime. */
export function bunListen(): BunListen | undefined {
  const runtime = globalThis as { readonly Bun?: { readonly listen: BunListen } };
  return runtime.Bun?.listen;
}

/** `Bun.connect`, on Bun. */
export type BunConnect = (options: {
  readonly hostname: string;
  readonly port: number;
  readonly allowHalfOpen: boolean;
  readonly socket: BunHandlers & { connectError(): void };
}) => Promise<unknown>;

/** `Bun.connect`; undefined on another runtime. */
export function bunConnect(): BunConnect | undefined {
  const runtime = globalThis as { readonly Bun?: { readonly connect: BunConnect } };
  return runtime.Bun?.connect;
}

/** Listens with Bun's own sockets: `node:net` over them costs a stream for each connection. */
export function listenOnBun(
  listen: BunListen,
  address: { readonly host: string; readonly port: number },
  accept: (connection: Connection) => void,
): TcpListener {
  const listening = listen({
    hostname: address.host,
    port: address.port,
    allowHalfOpen: true,
    socket: handlersOf((socket) => void BunConnection.over(socket, accept)),
  });
  let isOpen = true;
  return {
    host: address.host,
    port: listening.port,
    close: () => {
      if (isOpen) listening.stop();
      isOpen = false;
      return Promise.resolve();
    },
  };
}

/** Connects with them. Rejects with the runtime's error, or `no answer within …`. */
export function connectOnBun(
  connect: BunConnect,
  address: { readonly host: string; readonly port: number; readonly timeoutMs: number },
): Promise<Connection> {
  const { host, port, timeoutMs } = address;
  return new Promise((resolve, reject) => {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      reject(new Error(`no answer within ${timeoutMs} ms`));
    }, timeoutMs);
    const open = (socket: BunSocket) => {
      clearTimeout(timer);
      if (isLate) socket.close();
      else if (!BunConnection.over(socket, resolve)) reject(new Error("closed at once"));
    };
    const socket = { ...handlersOf(open), connectError: () => {} };
    connect({ hostname: host, port, allowHalfOpen: true, socket }).catch((error) => {
      clearTimeout(timer);
      reject(error);
    });
  });
}

function handlersOf(open: (socket: BunSocket) => void): BunHandlers {
  return {
    binaryType: "uint8array",
    open,
    data: (socket, bytes) => {
      if (socket.data !== undefined) arrivals.came(socket.data, bytes);
    },
    drain: (socket) => socket.data?.writable(),
    end: (socket) => {
      arrivals.settle();
      socket.data?.peerEnded();
    },
    close: (socket, error) => {
      arrivals.settle();
      socket.data?.closed(error);
    },
    error: (socket, error) => socket.data?.failed(error),
  };
}

/** A connection over Bun's socket. */
class BunConnection implements Connection, Taker {
  readonly local: Host;
  readonly remote: Host;
  readonly #socket: BunSocket;
  #handler: ConnectionHandler | undefined;
  /** What the kernel has not taken, first in first out, and how much of the first it has. */
  #unsent: Uint8Array[] = [];
  #taken = 0;
  #unsentBytes = 0;
  #isEnding = false;
  #isShut = false;
  #isClosed = false;
  /** Why it closes, as soon as that is known. */
  #reason: string | undefined;
  #linger: ReturnType<typeof setTimeout> | undefined;

  private constructor(socket: BunSocket, local: Host, remote: Host) {
    this.#socket = socket;
    this.local = local;
    this.remote = remote;
  }

  /** False, and the socket closed, where the peer is gone already. */
  static over(socket: BunSocket, accept: (connection: Connection) => void): boolean {
    const local = parseHost(socket.localAddress, socket.localPort);
    const remote = parseHost(socket.remoteAddress, socket.remotePort);
    if (local === undefined || remote === undefined) {
      socket.close();
      return false;
    }
    const connection = new BunConnection(socket, local, remote);
    socket.data = connection;
    socket.setNoDelay(true);
    socket.pause();
    accept(connection);
    return true;
  }

  get unsentBytes(): number {
    return this.#unsentBytes;
  }

  serve(handler: ConnectionHandler): void {
    this.#handler = handler;
    if (this.#isClosed) {
      void Promise.resolve().then(() => handler.closed(this.#reason ?? "ended"));
    } else {
      this.#socket.resume();
    }
  }

  write(bytes: Uint8Array): void {
    if (this.#isEnding || this.#isClosed) return;
    const taken = this.#offer(bytes, 0, bytes.length);
    if (taken < bytes.length) this.#keep(taken === 0 ? bytes : bytes.subarray(taken));
  }

  lend(bytes: Uint8Array, from: number, to: number): void {
    if (this.#isEnding || this.#isClosed) return;
    const taken = this.#offer(bytes, from, to - from);
    if (from + taken < to) this.#keep(bytes.slice(from + taken, to));
  }

  pause(): void {
    if (!this.#isClosed) this.#socket.pause();
  }

  resume(): void {
    if (this.#handler !== undefined && !this.#isClosed) this.#socket.resume();
  }

  /** Goes on reading, and forgets what comes: unread bytes would reset the peer at the close. */
  end(): void {
    if (this.#isEnding || this.#isClosed) return;
    this.#isEnding = true;
    this.#linger = setTimeout(() => this.#socket.close(), lingerMs);
    this.#linger.unref();
    this.#reason ??= "ended";
    this.#socket.resume();
    if (this.#unsentBytes === 0) this.#shut();
  }

  destroy(): void {
    if (this.#isClosed) return;
    this.#reason ??= "destroyed";
    this.#socket.close();
  }

  take(bytes: Uint8Array): void {
    if (this.#isClosed) return;
    if (!this.#isEnding) this.#handler?.data(bytes);
  }

  /** The kernel takes bytes again. */
  writable(): void {
    if (this.#unsentBytes === 0) return;
    while (this.#unsent.length > 0) {
      const first = this.#unsent[0];
      const count = first.length - this.#taken;
      const taken = Math.max(0, this.#socket.write(first, this.#taken, count));
      this.#unsentBytes -= taken;
      this.#taken += taken;
      if (taken < count) return;
      this.#unsent.shift();
      this.#taken = 0;
    }
    if (this.#isEnding) this.#shut();
    else this.#handler?.drained();
  }

  /** The peer sends no more: it gets what waits, and nothing else. */
  peerEnded(): void {
    this.end();
  }

  failed(error: Error): void {
    this.#reason ??= reasonOf(error);
  }

  closed(error: Error | undefined): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#unsent = [];
    this.#unsentBytes = 0;
    clearTimeout(this.#linger);
    this.#reason ??= error === undefined ? "ended" : reasonOf(error);
    this.#handler?.closed(this.#reason);
  }

  /** How many bytes the kernel takes now: none before those that wait. */
  #offer(bytes: Uint8Array, from: number, count: number): number {
    return this.#unsentBytes > 0 ? 0 : Math.max(0, this.#socket.write(bytes, from, count));
  }

  #keep(bytes: Uint8Array): void {
    this.#unsent.push(bytes);
    this.#unsentBytes += bytes.length;
  }

  #shut(): void {
    if (this.#isShut) return;
    this.#isShut = true;
    this.#socket.shutdown();
  }
}
