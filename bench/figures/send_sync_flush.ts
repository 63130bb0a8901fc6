import type { Figure } from "../figure.ts";
import { rowOf } from "../row.ts";

export const sendSyncFlush: Figure = {
  number: 4,
  name: "send under SYNC_FLUSH, 64 connections",
  async *measure(lab) {
    const options = ["send", "-c", "64"];
    const settings = ["flushDiskType=SYNC_FLUSH"];
    const goal = "≥ 4 × Apache, ≥ half of 1, p99 ≤ 5 ms";
    const json = await lab.compare({ options, settings });
    yield rowOf("send, 64 connections, SYNC_FLUSH, JSON header", json, { goal });
    const binary = await lab.compare({ options: [...options, "-H", "rmq"], settings });
    yield rowOf("the same, ROCKETMQ header", binary, { goal });
  },
};
