import { DELAY_LEVELS, DELAY_LEVELS_PATTERN } from "../model/delay_levels.ts";
import { setting, text } from "./kinds.ts";

/** Messages that are delivered later. */
export const DELAY_SETTINGS = {
  messageDelayLevel: setting(text("times like 1s 5m 2h 1d", DELAY_LEVELS_PATTERN), DELAY_LEVELS, {
    about: "Delays of the levels 1, 2, …: numbers with s, m, h or d, one blank between them.",
  }),
} as const;
