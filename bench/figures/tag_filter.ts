import type { Figure } from "../figure.ts";
import { filteredRows } from "../traffic.ts";

export const tagFilter: Figure = {
  number: 12,
  name: "tag-filtered pull, 1 in 1,000 matches",
  measure(lab) {
    return filteredRows(lab, {
      goal: "≥ 3 × Apache",
      count: lab.scaled(10_000_000, 4_000_000),
      tags: 1000,
      runs: { "pull, 1 in 1,000 matches the tag: messages looked at": ["-e", "tag7"] },
    });
  },
};
