import { connect, createServer } from "node:net";

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

let next = 20_000 + Math.floor(Math.random() * 9_000);

/**
 * A free port on loopback, below the range that the kernel gives to callers. Its neighbours are
 * free too: Apache's broker listens at port - 2 and port + 1 besides.
 */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 500; tries++) {
    next = next > 31_000 ? 20_000 : next + 5;
    const port = next;
    const isFree = await Promise.all([port - 2, port, port + 1].map(canListen));
    if (isFree.every(Boolean)) return port;
  }
  throw new Error("found no free port between 20000 and 31000 in 500 tries");
}

/** Does anybody listen there? */
export function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
  });
}
