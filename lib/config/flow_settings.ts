import { setting, whole } from "./kinds.ts";

/** How much waits before more is refused. */
export const FLOW_SETTINGS = {
  osPageCacheBusyTimeOutMills: setting(whole(1, 86_400_000, "milliseconds"), 1000, {
    about: "Where messages wait so long for the disk to confirm them, no more are taken.",
  }),
} as const;
