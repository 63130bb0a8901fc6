import { DELAY_LEVELS, DELAY_LEVELS_PATTERN } from "../model/delay_levels.ts";
import { flag, setting, text, whole } from "./kinds.ts";

/** Messages that are delivered later. */
export const DELAY_SETTINGS = {
  messageDelayLevel: setting(text("times like 1s 5m 2h 1d", DELAY_LEVELS_PATTERN), DELAY_LEVELS, {
    about: "Delays of the levels 1, 2, …: numbers with s, m, h or d, one blank between them.",
  }),
  timerWheelEnable: setting(flag, true, { about: "Are delivery times of messages heard?" }),
  timerMaxDelaySec: setting(whole(1, 10 * 366 * 86_400, "seconds"), 259_200, {
    about: "The longest time until a message's delivery.",
  }),
  timerPrecisionMs: setting(whole(1, 1000, "milliseconds"), 1, {
    about: "Delivery times are rounded up to a multiple of it; RocketMQ's own is 1000.",
  }),
  timerRollWindowSlot: setting(whole(2, 10 * 366 * 86_400, "seconds"), 172_800, {
    about: "Messages that wait longer are stored anew now and then, so that no file holds them.",
  }),
  timersMax: setting(whole(1, 1_000_000_000), 100_000_000, {
    about: "Messages that wait for their delivery time: more are refused.",
  }),
  timerCongestNumEachSlot: setting(whole(0, 2 ** 31 - 1), 2 ** 31 - 1, {
    about: "Messages that wait for one second: more are refused.",
  }),
  recallMessageEnable: setting(flag, false, {
    about: "May a message be taken back before its delivery time?",
  }),
} as const;
