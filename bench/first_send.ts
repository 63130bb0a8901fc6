import { connect } from "node:net";
import { jsonFrame } from "../tests/remoting/bytes.ts";

const GIVE_UP_MS = 60_000;

/** Sends one message of 1 KB to a broker that may not listen yet; resolves when it is accepted. */
export async function firstSend(port: number): Promise<void> {
  const beganMs = performance.now();
  while (!await accepted(port)) {
    if (performance.now() - beganMs > GIVE_UP_MS) throw new Error("No send was accepted in 60 s.");
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

function accepted(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(sendFrame()));
    socket.setNoDelay(true);
    socket.on("error", () => resolve(false));
    socket.on("data", (answer) => {
      socket.destroy();
      const text = answer.toString("latin1");
      if (!/"code":0[,}]/.test(text)) throw new Error(`The first send was refused: ${text}`);
      resolve(true);
    });
  });
}

/** SEND_MESSAGE_V2 to a topic that every broker is born with. */
function sendFrame(): Uint8Array {
  const fields = {
    ...{
      a: "bench",
      b: "BenchmarkTest",
      c: "TBW102",
      d: "4",
      e: "0",
      f: "0",
      g: String(Date.now()),
    },
    ...{ h: "0", i: "", j: "0", k: "false", m: "false" },
  };
  const header = JSON.stringify({
    ...{ code: 310, flag: 0, language: "JAVA", opaque: 1, version: 477 },
    ...{ serializeTypeCurrentRPC: "JSON", extFields: fields },
  });
  return jsonFrame(header, new Uint8Array(1024).fill(97));
}
