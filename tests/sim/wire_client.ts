import type { Connection } from "../../lib/port/tcp.ts";

/** An answer as it came over the wire. */
export interface Reply {
  readonly code: number;
  readonly remark: string;
  readonly fields: { readonly [name: string]: string };
  readonly body: Uint8Array;
}

/**
 * RocketMQ's wire from a client's side, written apart from `lib/remoting` so that both cannot be
 * wrong alike. JSON headers only.
 */
export class WireClient {
  readonly #connection: Connection;
  readonly #pending = new Map<number, (reply: Reply | undefined) => void>();
  #rest = new Uint8Array(0);
  #opaque = 0;
  isClosed = false;

  constructor(connection: Connection) {
    this.#connection = connection;
    connection.serve({
      data: (bytes) => this.#take(bytes),
      drained: () => {},
      closed: () => this.#lose(),
    });
  }

  /** Sends a request; the answer is undefined where the connection ended first. */
  call(
    code: number,
    fields: { readonly [name: string]: string },
    body: Uint8Array = new Uint8Array(0),
  ): Promise<Reply | undefined> {
    if (this.isClosed) return Promise.resolve(undefined);
    const opaque = ++this.#opaque;
    this.#send({ code, fields, opaque, flag: 0 }, body);
    return new Promise((resolve) => this.#pending.set(opaque, resolve));
  }

  /** Sends a request that has no answer. */
  tell(code: number, fields: { readonly [name: string]: string }): void {
    if (!this.isClosed) {
      this.#send({ code, fields, opaque: ++this.#opaque, flag: 2 }, new Uint8Array(0));
    }
  }

  close(): void {
    this.#connection.destroy();
    this.#lose();
  }

  #send(
    head: { code: number; fields: object; opaque: number; flag: number },
    body: Uint8Array,
  ): void {
    const header = new TextEncoder().encode(JSON.stringify({
      code: head.code,
      extFields: head.fields,
      flag: head.flag,
      language: "JAVA",
      opaque: head.opaque,
      serializeTypeCurrentRPC: "JSON",
      version: 477,
    }));
    const frame = new Uint8Array(8 + header.length + body.length);
    const view = new DataView(frame.buffer);
    view.setInt32(0, frame.length - 4);
    view.setInt32(4, header.length);
    frame.set(header, 8);
    frame.set(body, 8 + header.length);
    this.#connection.write(frame);
  }

  #take(bytes: Uint8Array): void {
    const all = new Uint8Array(this.#rest.length + bytes.length);
    all.set(this.#rest);
    all.set(bytes, this.#rest.length);
    const view = new DataView(all.buffer);
    let at = 0;
    while (all.length - at >= 4 && all.length - at >= 4 + view.getInt32(at)) {
      const size = 4 + view.getInt32(at);
      this.#frame(all.subarray(at, at + size));
      at += size;
    }
    this.#rest = all.slice(at);
  }

  #frame(frame: Uint8Array): void {
    const headerLength = new DataView(frame.buffer, frame.byteOffset).getInt32(4) & 0xffffff;
    const header = JSON.parse(new TextDecoder().decode(frame.subarray(8, 8 + headerLength)));
    if ((header.flag & 1) === 0) return;
    const resolve = this.#pending.get(header.opaque);
    this.#pending.delete(header.opaque);
    resolve?.({
      code: header.code,
      remark: header.remark ?? "",
      fields: header.extFields ?? {},
      body: frame.slice(8 + headerLength),
    });
  }

  #lose(): void {
    this.isClosed = true;
    for (const resolve of this.#pending.values()) resolve(undefined);
    this.#pending.clear();
  }
}
