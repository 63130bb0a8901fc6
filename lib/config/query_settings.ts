import { flag, setting, whole } from "./kinds.ts";

const count = whole(1, 2 ** 31 - 1);

/** What the broker asks its clients, and what tools ask about their progress. */
export const QUERY_SETTINGS = {
  callsPerConnectionMax: setting(count, 1_000, {
    about: "Answers that one client may owe to what the broker asked it.",
  }),
  callsMax: setting(count, 20_000, { about: "Answers that all clients may owe." }),
  useServerSideResetOffset: setting(flag, true, {
    about: "Does the broker itself send a group to another offset, or tell its clients to?",
  }),
} as const;
