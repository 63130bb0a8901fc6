import type { Figure } from "../figure.ts";
import { type Measure, measureOf, ran, trafficRows } from "../traffic.ts";

const ALL = "ordered: send by key, pull from locked queues, commit";
const SENT = "of that, the sends";
const PULLED = "of that, the pulls";

export const orderTraffic: Figure = {
  number: 14,
  name: "ordered traffic",
  measure(lab) {
    const count = String(lab.scaled(400_000, 120_000));
    const goals = { [ALL]: "≥ 2 × Apache", [SENT]: "", [PULLED]: "" };
    return trafficRows(lab, goals, async (place) => {
      const sends = await ran(place, "send", "--ordered", "-q", count, "-s", "1024");
      const sent = measureOf(sends, sends.report.sent);
      const pulls = await ran(place, "receive", "--ordered", "-q", count);
      const pulled = measureOf(pulls, pulls.report.received);
      return { [ALL]: both(sent, pulled), [SENT]: sent, [PULLED]: pulled };
    });
  },
};

/** One after the other. */
function both(one: Measure, other: Measure): Measure {
  return {
    perSecond: 1 / (1 / one.perSecond + 1 / other.perSecond),
    cpu: one.cpu + other.cpu,
    tool: Math.max(one.tool, other.tool),
  };
}
