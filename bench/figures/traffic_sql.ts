import type { Figure } from "../figure.ts";
import { filteredRows } from "../traffic.ts";

export const sqlTraffic: Figure = {
  number: 18,
  name: "SQL-filtered traffic",
  measure(lab) {
    return filteredRows(lab, {
      goal: "≥ 2 × Apache",
      count: lab.scaled(4_000_000, 2_000_000),
      tags: 100,
      send: ["-p", "20", "-k", "true"],
      runs: {
        "pull, 1 in 100 matches by SQL, by its tag too: messages passed": [
          "-f",
          "sql92",
          "-e",
          "TAGS = 'tag7' AND prop0 IS NOT NULL",
        ],
        "the same, by other properties alone: messages looked at": [
          "-f",
          "sql92",
          "-e",
          "KEYS ENDSWITH '07' AND prop0 IS NOT NULL",
        ],
      },
    });
  },
};
