import { connect, type Socket } from "node:net";
import { jsonFrame, readJsonFrame, takeFrames } from "../remoting/bytes.ts";

/** RocketMQ's remoting protocol as far as these tests ask it, written from the protocol alone. */
export interface Answer {
  readonly code: number;
  readonly remark: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** What is asked. */
export interface Ask {
  readonly code: number;
  readonly fields?: Readonly<Record<string, string | number | boolean>>;
  readonly body?: Uint8Array;
}

/** The connection is over, and with it what was asked by it. */
export class Cut extends Error {}

interface Pending {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (reason: Error) => void;
}

/** One connection, with any number of requests under way. */
export class Wire {
  readonly #socket: Socket;
  readonly #pending = new Map<number, Pending>();
  #received = new Uint8Array(0);
  #opaque = 0;
  #isClosed = false;
  /** Hears what the broker asks of its own, such as 39. */
  asked: ((request: Omit<Answer, "remark">) => void) | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (bytes) => this.#take(bytes));
    socket.on("error", () => {});
    socket.on("close", () => this.#end());
  }

  static connect(port: number): Promise<Wire> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: "127.0.0.1" });
      socket.once("error", reject);
      socket.once("connect", () => resolve(new Wire(socket)));
    });
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Rejects with a {@linkcode Cut} when the connection ends before the answer. */
  call(ask: Ask): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) return reject(new Cut("the connection is closed"));
      const opaque = ++this.#opaque;
      this.#pending.set(opaque, { resolve, reject });
      this.#socket.write(frame(ask, opaque));
    });
  }

  close(): void {
    this.#socket.destroy();
    this.#end();
  }

  #end(): void {
    this.#isClosed = true;
    for (const { reject } of this.#pending.values()) {
      reject(new Cut("the connection ended before the answer"));
    }
    this.#pending.clear();
  }

  #take(bytes: Uint8Array): void {
    this.#received = takeFrames(this.#received, bytes, (frame) => this.#answer(frame));
  }

  #answer(bytes: Uint8Array): void {
    const { header, body } = readJsonFrame(bytes);
    const fields = header.extFields ?? {};
    if ((header.flag & 1) === 0) return this.asked?.({ code: header.code, fields, body });
    const pending = this.#pending.get(header.opaque);
    this.#pending.delete(header.opaque);
    pending?.resolve({
      code: header.code,
      remark: header.remark ?? "",
      fields,
      body,
    });
  }
}

function frame({ code, fields = {}, body = new Uint8Array(0) }: Ask, opaque: number): Uint8Array {
  const extFields = Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [key, String(value)]),
  );
  const header = JSON.stringify({
    ...{ code, extFields, flag: 0, language: "JAVA", opaque },
    ...{ serializeTypeCurrentRPC: "JSON", version: 513 },
  });
  return jsonFrame(header, body);
}

/** Asks once on a connection of its own. */
export async function askOnce(port: number, ask: Ask): Promise<Answer> {
  const wire = await Wire.connect(port);
  try {
    return await wire.call(ask);
  } finally {
    wire.close();
  }
}

/** Asks and expects code 0. */
export async function askWell(port: number, ask: Ask): Promise<Answer> {
  const answer = await askOnce(port, ask);
  if (answer.code === 0) return answer;
  throw new Error(`request ${ask.code} was answered ${answer.code}: ${answer.remark}`);
}
