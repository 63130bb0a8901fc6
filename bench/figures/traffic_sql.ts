import type { Figure } from "../figure.ts";
import { filteredRows } from "../traffic.ts";

export const sqlTraffic: Figure = {
  number: 18,
  name: "SQL-filtered traffic",
  measure(lab) {
    return filteredRows(lab, {
      run: "pull, 1 in 100 matches the SQL condition: messages looked at",
      goal: "≥ 2 × Apache",
      count: lab.scaled(4_000_000, 2_000_000),
      tags: 100,
      send: ["-p", "20"],
      receive: ["-f", "sql92", "-e", "TAGS = 'tag7' AND prop0 IS NOT NULL"],
    });
  },
};
