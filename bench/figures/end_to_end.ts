import type { Figure } from "../figure.ts";
import { rowOf } from "../row.ts";

export const endToEnd: Figure = {
  number: 6,
  name: "send, long poll, receipt at 5,000 a second",
  async *measure(lab) {
    const options = ["e2e", "-r", "5000", "-q", "4", "-c", "8"];
    const goal = "p50 ≤ 0.4, p99 ≤ 2, p99.9 ≤ 5 ms; p99.9 ≤ 0.10 of Apache";
    const json = await lab.compare({ options });
    yield rowOf("end to end, 5,000/s, JSON header", json, { goal });
    const binary = await lab.compare({ options: [...options, "-H", "rmq"] });
    yield rowOf("the same, ROCKETMQ header", binary, { goal });
  },
};
