import { flag, setting, whole } from "./kinds.ts";

/** Messages that are popped: invisible for a while, then there again. */
export const POP_SETTINGS = {
  enableRetryTopicV2: setting(flag, false, {
    about: "Are retry topics of popped messages named %RETRY%group+topic, not %RETRY%group_topic?",
  }),
  popCkMaxBufferSize: setting(whole(1, 2 ** 31 - 1), 200_000, {
    about: "Pops whose messages are not all acknowledged, at a time.",
  }),
  popDeadLetterEnable: setting(flag, false, {
    about: "Does a popped message that failed retryMaxTimes go to %DLQ% by itself?",
  }),
  popReceiptsEnd: setting(flag, true, {
    about: "Is a message kept for longer only by a receipt whose time is not over? false: by any.",
  }),
} as const;
