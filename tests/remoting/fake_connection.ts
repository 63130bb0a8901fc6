import { type Host, parseHost } from "../../lib/model/host.ts";
import type { CommandWriter } from "../../lib/remoting/encode.ts";
import type { Connection, ConnectionHandler, Tcp, TcpListener } from "../../lib/port/tcp.ts";

const host = (port: number): Host => {
  const parsed = parseHost("127.0.0.1", port);
  if (parsed === undefined) throw new Error("no address");
  return parsed;
};

/** One end of a connection that a test holds in its hand. */
export class FakeConnection implements Connection {
  readonly local = host(10911);
  readonly remote = host(50_000);
  readonly written: Uint8Array[] = [];
  unsentBytes = 0;
  isPaused = false;
  end_ = "";
  handler: ConnectionHandler | undefined;

  serve(handler: ConnectionHandler): void {
    this.handler = handler;
  }

  write(bytes: Uint8Array): void {
    this.written.push(bytes);
  }

  lend(bytes: Uint8Array, from: number, to: number): void {
    this.write(bytes.slice(from, to));
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  end(): void {
    this.end_ = "ended";
  }

  destroy(): void {
    this.end_ = "destroyed";
  }
}

/** What was written, in the pieces that went out. */
export function sent(writer: CommandWriter): readonly Uint8Array[] {
  const connection = new FakeConnection();
  writer.sendTo(connection);
  return connection.written;
}

/** A network with one port, on which a test appears as it likes. */
export class FakeTcp implements Tcp {
  accept: (connection: Connection) => void = () => {};

  listen(
    address: { readonly host: string; readonly port: number },
    accept: (connection: Connection) => void,
  ): Promise<TcpListener> {
    this.accept = accept;
    return Promise.resolve({ ...address, close: () => Promise.resolve() });
  }

  connect(): Promise<Connection> {
    return Promise.reject(new Error("nobody is there"));
  }
}
