import { flag, setting, whole } from "./kinds.ts";

/** Groups and their members: locks, where they begin, whether they agree. */
export const GROUP_SETTINGS = {
  lockMaxLiveTime: setting(whole(1000, 86_400_000, "milliseconds"), 60_000, {
    about: "A consumer that does not renew the lock of a queue for so long loses it.",
  }),
  queueLocksMax: setting(whole(1, 2 ** 31 - 1), 100_000, {
    about: "Queues that orderly consumers may have locked at a time.",
  }),
  keepFirstQueueEnds: setting(flag, true, {
    about: "Does a new group that starts at the end miss nothing sent since its first heartbeat?",
  }),
  refuseDifferentSubscriptions: setting(flag, false, {
    about: "Is a consumer refused that subscribes otherwise than the others of its group?",
  }),
} as const;
