import { flag, setting, whole } from "./kinds.ts";

const ms = whole(1, 86_400_000, "milliseconds");

/** When producers are asked how their transactions ended. */
export const TRANSACTION_SETTINGS = {
  rejectTransactionMessage: setting(flag, false, {
    about: "Are transactional messages refused?",
  }),
  transactionTimeOut: setting(ms, 6000, {
    about: "Age in milliseconds from which the producer of a half message is asked.",
  }),
  transactionCheckInterval: setting(ms, 30_000, {
    about: "Milliseconds between two rounds of asking.",
  }),
  transactionsEndOnce: setting(flag, true, {
    about: "Does a transaction end but once, and use no checks up in its CHECK_IMMUNITY_TIME?",
  }),
  transactionCheckMax: setting(whole(1, 1000), 15, {
    about: "How often a producer is asked before the message is parked.",
  }),
} as const;
