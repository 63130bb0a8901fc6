import { flag, setting } from "./kinds.ts";

/** Replies to requests that clients sent as messages. */
export const REPLY_SETTINGS = {
  storeReplyMessageEnable: setting(flag, true, {
    about: "Are replies kept in the log, beside being handed to who asked?",
  }),
} as const;
