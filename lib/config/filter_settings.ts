import { flag, setting, whole } from "./kinds.ts";

/** Filters by SQL92 expressions. */
export const FILTER_SETTINGS = {
  enablePropertyFilter: setting(flag, true, {
    about: "May consumers filter by SQL92 expressions over the messages' properties?",
  }),
  refuseFilterTails: setting(flag, false, {
    about: "Is a filter refused in which something follows a whole condition: a LIKE 'x%'?",
  }),
  compiledFiltersMax: setting(whole(1, 2 ** 31 - 1), 1_000, {
    about: "SQL92 expressions that are kept ready.",
  }),
} as const;
