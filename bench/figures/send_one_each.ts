import type { Figure } from "../figure.ts";
import { startBare } from "../programs.ts";
import { rowOf } from "../row.ts";

export const sendOneEach: Figure = {
  number: 1,
  name: "send, 64 connections with one open request each",
  async *measure(lab) {
    const options = ["send", "-c", "64"];
    const goal = "≥ 3 × Apache, ≥ 0.60 of echod, CPU ≤ ⅓";
    const json = await lab.compare({ options, bare: startBare });
    yield rowOf("send, 64 connections, JSON header", json, { goal });
    const binary = await lab.compare({ options: [...options, "-H", "rmq"], bare: startBare });
    yield rowOf("the same, ROCKETMQ header", binary, { goal });
  },
};
