import type { OutgoingMessage } from "../lib/client/outgoing_message.ts";
import type { CallError, Command, RemoteBroker } from "../lib/client/remote_broker.ts";

/** What is sent: how many messages, and how many of them may wait for their answers. */
export interface Many {
  readonly count: number;
  readonly open: number;
  readonly topic: string;
  /** The `at`th message. */
  readonly message: (at: number) => Pick<OutgoingMessage, "queueId" | "body" | "properties">;
}

/** Sends them as fast as they are taken. Rejects where one is refused or gets no answer. */
export function sendMany(broker: RemoteBroker, many: Many): Promise<void> {
  const { count, topic, message } = many;
  let [next, open] = [0, 0];
  return new Promise<void>((resolve, reject) => {
    const send = () => {
      if (next >= count) return open === 0 ? resolve() : undefined;
      open++;
      const head = { topic, producerGroup: "bench", bornTimestamp: Date.now() };
      broker.startSend({ ...head, ...message(next++) }, {
        failed: (reason: CallError) => reject(reason),
        answered: ({ code, remark }: Command) => {
          open--;
          if (code !== 0) reject(new Error(`A send was refused: ${code} ${remark}`));
          else send();
        },
      });
    };
    for (let at = 0; at < Math.min(many.open, Math.max(1, count)); at++) send();
  });
}
