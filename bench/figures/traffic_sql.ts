import type { Figure } from "../figure.ts";
import { measureOf, ran, trafficRows } from "../traffic.ts";

/** One message of so many is asked for. */
const TAGS = 100;
const RUN = `pull, 1 in ${TAGS} matches the SQL condition: messages looked at`;
const CONDITION = "TAGS = 'tag7' AND prop0 IS NOT NULL";
const TOLERANCE = 0.05;

export const sqlTraffic: Figure = {
  number: 18,
  name: "SQL-filtered traffic",
  measure(lab) {
    const count = lab.scaled(2_000_000, 500_000);
    return trafficRows(lab, { [RUN]: "≥ 2 × Apache" }, async (place) => {
      const made = ["-l", String(TAGS), "-p", "20", "-s", "100", "-b", "100", "-w", "8"];
      await ran(place, "send", "-q", String(count), ...made);
      const run = await ran(place, "receive", "-f", "sql92", "-e", CONDITION);
      const { messages } = run.report.received;
      // Messages that were refused at first come with another tag.
      if (Math.abs(messages - count / TAGS) > TOLERANCE * count / TAGS) {
        throw new Error(`${messages} of about ${count / TAGS} messages came`);
      }
      return { [RUN]: measureOf(run, run.report.received, count) };
    });
  },
};
