import { createServer, type Socket } from "node:net";
import { jsonFrame, readJsonFrame, takeFrames } from "../tests/remoting/bytes.ts";

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

createServer({ noDelay: true }, (socket) => {
  let held: Uint8Array = new Uint8Array(0);
  socket.on("error", () => {});
  socket.on("data", (chunk: Uint8Array) => {
    held = takeFrames(held, chunk, (frame) => answer(socket, readJsonFrame(frame).header));
  });
}).listen({ port: Number(process.argv[2]), host: "127.0.0.1" });

function answer(socket: Socket, { opaque, extFields }: { opaque: number; extFields: Ask }): void {
  const offset = Number(extFields.queueOffset);
  const isOver = offset * 8 >= MESSAGES;
  const header = JSON.stringify({
    code: isOver ? 19 : 0,
    extFields: {
      ...{ maxOffset: "1000000", minOffset: "0", nextBeginOffset: String(offset + PER_PULL) },
      suggestWhichBrokerId: "0",
    },
    ...{ flag: 1, language: "JAVA", opaque, serializeTypeCurrentRPC: "JSON", version: 513 },
  });
  const body = isOver ? new Uint8Array(0) : records;
  socket.write(jsonFrame(header, body));
}

interface Ask {
  readonly queueOffset: string;
}
