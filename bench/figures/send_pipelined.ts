import type { Figure } from "../figure.ts";
import { startBare } from "../programs.ts";
import { rowOf } from "../row.ts";

export const sendPipelined: Figure = {
  number: 2,
  name: "send, 64 connections with 16 open requests each",
  async *measure(lab) {
    const options = ["send", "-c", "64", "-w", "16"];
    const goal = "≥ 5 × Apache";
    const json = await lab.compare({ options, bare: startBare });
    yield rowOf("send, 64 connections × 16 open, JSON header", json, { goal });
    const binary = await lab.compare({ options: [...options, "-H", "rmq"], bare: startBare });
    yield rowOf("the same, ROCKETMQ header", binary, { goal });
  },
};
