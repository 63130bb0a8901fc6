import type { Connection } from "../../lib/port/tcp.ts";
import { jsonFrame, readJsonFrame, takeFrames } from "../remoting/bytes.ts";

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
    const header = JSON.stringify({
      code: head.code,
      extFields: head.fields,
      flag: head.flag,
      language: "JAVA",
      opaque: head.opaque,
      serializeTypeCurrentRPC: "JSON",
      version: 477,
    });
    this.#connection.write(jsonFrame(header, body));
  }

  #take(bytes: Uint8Array): void {
    this.#rest = takeFrames(this.#rest, bytes, (frame) => this.#frame(frame));
  }

  #frame(frame: Uint8Array): void {
    const { header, body } = readJsonFrame(frame);
    if ((header.flag & 1) === 0) return;
    const resolve = this.#pending.get(header.opaque);
    this.#pending.delete(header.opaque);
    resolve?.({
      code: header.code,
      remark: header.remark ?? "",
      fields: header.extFields ?? {},
      body: body.slice(),
    });
  }

  #lose(): void {
    this.isClosed = true;
    for (const resolve of this.#pending.values()) resolve(undefined);
    this.#pending.clear();
  }
}
