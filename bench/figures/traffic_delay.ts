import type { Figure } from "../figure.ts";
import { measureOf, ran, type Run, trafficRows } from "../traffic.ts";

const LEVEL = "delayed by level 1: send, wait a second, receive";
const TIME = "delayed by 1,000 ms: send, wait a second, receive";
const WAIT_SECONDS = 1;

export const delayTraffic: Figure = {
  number: 15,
  name: "delayed traffic",
  measure(lab) {
    const options = ["-q", String(lab.scaled(200_000, 80_000)), "-s", "1024"];
    return trafficRows(lab, { [LEVEL]: "≥ 2 × Apache", [TIME]: "≥ 2 × Apache" }, async (place) => {
      const byLevel = await ran(place, "delay", "--level", "1", ...options);
      const byTime = await ran(place, "delay", "--delay", "1000", ...options);
      return { [LEVEL]: delayed(byLevel), [TIME]: delayed(byTime) };
    });
  },
};

/** From the first send to the last receipt, but the wait; the times tell how late. */
function delayed(run: Run) {
  const { received } = run.report;
  return measureOf(run, { ...received, seconds: received.seconds - WAIT_SECONDS });
}
