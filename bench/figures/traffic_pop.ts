import type { Figure } from "../figure.ts";
import { measureOf, ran, trafficRows } from "../traffic.ts";

const RUN = "POP: pop up to 32, acknowledge each";

export const popTraffic: Figure = {
  number: 17,
  name: "POP traffic",
  measure(lab) {
    const count = String(lab.scaled(300_000, 80_000));
    return trafficRows(lab, { [RUN]: "≥ 2 × Apache" }, async (place) => {
      await ran(place, "send", "-q", count, "-s", "1024");
      const run = await ran(place, "pop", "-q", count);
      return { [RUN]: measureOf(run, run.report.acked) };
    });
  },
};
