import type { Figure } from "../figure.ts";
import { rowOf } from "../row.ts";

export const sendBatches: Figure = {
  number: 3,
  name: "send, batches of 50 messages of 50 bytes",
  async *measure(lab) {
    const options = ["send", "-c", "64", "-s", "50", "-b", "50"];
    const goal = "≥ 2.5 × Apache; 3.5 wanted";
    const json = await lab.compare({ options });
    yield rowOf("send, batches of 50 × 50 bytes, JSON header", json, { goal });
    const binary = await lab.compare({ options: [...options, "-H", "rmq"] });
    yield rowOf("the same, ROCKETMQ header", binary, { goal });
  },
};
