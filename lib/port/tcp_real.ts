import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { clearTimeout, setTimeout } from "node:timers";
import { type Host, parseHost } from "../model/host.ts";
import type { Connection, ConnectionHandler, Tcp, TcpListener } from "./tcp.ts";
import {
  type BunConnect,
  bunConnect,
  type BunListen,
  bunListen,
  connectOnBun,
  listenOnBun,
} from "./tcp_bun.ts";
import { codeOf, lingerMs, reasonOf } from "./tcp_ends.ts";

/** The machine's TCP. */
export class RealTcp implements Tcp {
  readonly #bunListen: BunListen | undefined;
  readonly #bunConnect: BunConnect | undefined;

  /** Bun's own sockets where they are, else, or where left out, `node:net`. */
  constructor(
    options: { readonly bunListen?: BunListen; readonly bunConnect?: BunConnect } = {
      bunListen: bunListen(),
      bunConnect: bunConnect(),
    },
  ) {
    this.#bunListen = options.bunListen;
    this.#bunConnect = options.bunConnect;
  }

  listen(
    address: { readonly host: string; readonly port: number },
    accept: (connection: Connection) => void,
  ): Promise<TcpListener> {
    const onBun = this.#bunListen;
    if (onBun !== undefined) {
      return Promise.try(() => listenOnBun(onBun, address, accept)).catch((fault) => {
        throw refusal(`listen on ${written(address)}`, fault);
      });
    }
    const options = { allowHalfOpen: false, noDelay: true, pauseOnConnect: true };
    const server = createServer(options, (socket) => {
      const connection = RealConnection.over(socket);
      if (connection !== undefined) accept(connection);
    });
    return new Promise((resolve, reject) => {
      const fail = (error: Error) => reject(refusal(`listen on ${written(address)}`, error));
      server.once("error", fail);
      server.listen({ host: address.host, port: address.port, backlog: 1_024 }, () => {
        server.off("error", fail);
        // An accept that fails (too many open files) is the connecting side's loss alone.
        server.on("error", () => {});
        resolve(new RealListener(server));
      });
    });
  }

  connect(
    address: { readonly host: string; readonly port: number; readonly timeoutMs: number },
  ): Promise<Connection> {
    const { host, port, timeoutMs } = address;
    const what = `connect to ${written(address)}`;
    const onBun = this.#bunConnect;
    if (onBun !== undefined) {
      return connectOnBun(onBun, address).catch((fault) => {
        throw refusal(what, fault);
      });
    }
    return new Promise((resolve, reject) => {
      const socket = connect({ host, port, noDelay: true, allowHalfOpen: false });
      const fail = (error: Error) => {
        clearTimeout(timer);
        socket.on("error", () => {});
        socket.destroy();
        reject(refusal(what, error));
      };
      const timer = setTimeout(
        () => fail(new Error(`no answer within ${timeoutMs} ms`)),
        timeoutMs,
      );
      socket.once("error", fail);
      socket.once("connect", () => {
        clearTimeout(timer);
        socket.off("error", fail);
        socket.pause();
        const connection = RealConnection.over(socket);
        if (connection === undefined) reject(new Error(`Cannot ${what}: closed at once`));
        else resolve(connection);
      });
    });
  }
}

class RealListener implements TcpListener {
  readonly host: string;
  readonly port: number;
  readonly #server: Server;

  constructor(server: Server) {
    const { address, port } = server.address() as AddressInfo;
    this.host = address;
    this.port = port;
    this.#server = server;
  }

  /** The runtimes' own callback would wait for the connections to end. */
  close(): Promise<void> {
    if (this.#server.listening) this.#server.close();
    return Promise.resolve();
  }
}

class RealConnection implements Connection {
  readonly local: Host;
  readonly remote: Host;
  readonly #socket: Socket;
  #handler: ConnectionHandler | undefined;
  /** Were there bytes that the kernel did not take at once? */
  #isBehind = false;
  #isEnding = false;
  /** Why it closes, as soon as that is known. */
  #reason: string | undefined;
  #isClosed = false;
  #linger: ReturnType<typeof setTimeout> | undefined;

  constructor(socket: Socket, local: Host, remote: Host) {
    this.local = local;
    this.remote = remote;
    this.#socket = socket;
    socket.on("error", (error) => this.#reason ??= reasonOf(error));
    socket.on("end", () => this.#reason ??= "ended");
    socket.on("close", () => this.#closed());
  }

  /** Undefined, and the socket destroyed, where the peer is gone already. */
  static over(socket: Socket): RealConnection | undefined {
    const local = parseHost(socket.localAddress ?? "", socket.localPort ?? 0);
    const remote = parseHost(socket.remoteAddress ?? "", socket.remotePort ?? 0);
    if (local !== undefined && remote !== undefined) {
      return new RealConnection(socket, local, remote);
    }
    socket.on("error", () => {});
    socket.destroy();
    return undefined;
  }

  get unsentBytes(): number {
    return this.#isClosed ? 0 : this.#socket.writableLength;
  }

  serve(handler: ConnectionHandler): void {
    this.#handler = handler;
    if (this.#isClosed) {
      queueMicrotask(() => handler.closed(this.#reason ?? "ended"));
      return;
    }
    this.#socket.on("data", (chunk: Uint8Array) => {
      if (this.#isEnding) return;
      handler.data(chunk);
    });
    this.#socket.resume();
  }

  write(bytes: Uint8Array): void {
    if (this.#isEnding || this.#isClosed || !this.#socket.writable) return;
    this.#socket.write(bytes, this.#taken);
    if (this.#socket.writableLength > 0) this.#isBehind = true;
  }

  lend(bytes: Uint8Array, from: number, to: number): void {
    this.write(bytes.slice(from, to));
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    if (this.#handler !== undefined) this.#socket.resume();
  }

  /** Goes on reading, and forgets what comes: unread bytes would reset the peer at the close. */
  end(): void {
    if (this.#isEnding || this.#isClosed) return;
    this.#isEnding = true;
    this.#linger = setTimeout(() => this.#socket.destroy(), lingerMs);
    this.#linger.unref();
    this.#reason ??= "ended";
    this.#socket.end();
    this.#socket.resume();
  }

  destroy(): void {
    this.#reason ??= "destroyed";
    this.#socket.destroy();
  }

  readonly #taken = (): void => {
    if (!this.#isBehind || this.#isClosed || this.#socket.writableLength > 0) return;
    this.#isBehind = false;
    this.#handler?.drained();
  };

  #closed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#linger);
    this.#reason ??= "ended";
    this.#handler?.closed(this.#reason);
  }
}

function written({ host, port }: { readonly host: string; readonly port: number }): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** What the usual codes mean, as the end of a sentence. */
const meanings: ReadonlyMap<string, string> = new Map([
  ["EADDRINUSE", "another process already listens there"],
  ["EADDRNOTAVAIL", "no network card of this machine has that address"],
  // One runtime's word for the same.
  ["EINVAL", "no network card of this machine has that address"],
  ["EACCES", "this user may not use that port (below 1024 it needs privileges)"],
  ["ECONNREFUSED", "refused, for nothing listens there"],
  ["ENOTFOUND", "there is no host of that name"],
  ["EAI_AGAIN", "the name cannot be looked up now"],
  ["ENETUNREACH", "there is no way to that network"],
  ["EHOSTUNREACH", "there is no way to that host"],
  ["ETIMEDOUT", "no answer"],
]);

function refusal(what: string, error: Error): Error {
  const reason = meanings.get(codeOf(error)) ?? error.message;
  return new Error(`Cannot ${what}: ${reason}`, { cause: error });
}
