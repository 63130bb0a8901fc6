import type { Figure } from "../figure.ts";
import { measureOf, ran, trafficRows } from "../traffic.ts";

const RUN = "transactions: half sent, then committed";

export const transactionTraffic: Figure = {
  number: 16,
  name: "transactional traffic",
  measure(lab) {
    const options = ["-q", String(lab.scaled(300_000, 80_000)), "-s", "1024"];
    return trafficRows(lab, { [RUN]: "≥ 2 × Apache" }, async (place) => {
      const run = await ran(place, "transaction", ...options);
      return { [RUN]: measureOf(run, run.report.sent) };
    });
  },
};
