import { createServer, type Socket } from "node:net";

/**
 * What JavaScript itself can do for figure 7: a server that answers every pull with the same bytes,
 * as many as a broker's answer has, and nothing else. `bun bare_pull.ts PORT`
 */
const MESSAGES = 1_000_000;
const PER_PULL = 32;
const RECORD_BYTES = 1024 + 91 + 13 + 120;

const records = new Uint8Array(PER_PULL * RECORD_BYTES);
const view = new DataView(records.buffer);
for (let at = 0; at < records.length; at += RECORD_BYTES) view.setInt32(at, RECORD_BYTES);
const utf8 = new TextEncoder();
const text = new TextDecoder();

createServer({ noDelay: true }, (socket) => {
  let held: Uint8Array = new Uint8Array(0);
  socket.on("error", () => {});
  socket.on("data", (chunk: Uint8Array) => {
    held = held.length === 0 ? new Uint8Array(chunk) : joined(held, chunk);
    let at = 0;
    while (held.length - at >= 8) {
      const frame = new DataView(held.buffer, held.byteOffset + at);
      const size = 4 + frame.getInt32(0);
      if (held.length - at < size) break;
      const header = held.subarray(at + 8, at + 8 + (frame.getInt32(4) & 0xffffff));
      answer(socket, JSON.parse(text.decode(header)));
      at += size;
    }
    held = held.slice(at);
  });
}).listen({ port: Number(process.argv[2]), host: "127.0.0.1" });

function answer(socket: Socket, { opaque, extFields }: { opaque: number; extFields: Ask }): void {
  const offset = Number(extFields.queueOffset);
  const isOver = offset * 8 >= MESSAGES;
  const header = utf8.encode(JSON.stringify({
    code: isOver ? 19 : 0,
    extFields: {
      ...{ maxOffset: "1000000", minOffset: "0", nextBeginOffset: String(offset + PER_PULL) },
      suggestWhichBrokerId: "0",
    },
    ...{ flag: 1, language: "JAVA", opaque, serializeTypeCurrentRPC: "JSON", version: 513 },
  }));
  const body = isOver ? new Uint8Array(0) : records;
  const bytes = new Uint8Array(8 + header.length + body.length);
  const head = new DataView(bytes.buffer);
  head.setInt32(0, bytes.length - 4);
  head.setInt32(4, header.length);
  bytes.set(header, 8);
  bytes.set(body, 8 + header.length);
  socket.write(bytes);
}

interface Ask {
  readonly queueOffset: string;
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}
