import type { Access } from "./access.ts";
import type { Clients } from "./clients.ts";
import type { Fetch } from "./fetch.ts";
import type { Groups } from "./groups.ts";
import type { Identity } from "./identity.ts";
import type { Intake } from "./intake.ts";
import type { Lookup } from "./lookup.ts";
import type { Offsets } from "./offsets.ts";
import type { Progress } from "./progress.ts";
import type { Stats } from "./stats.ts";
import type { Topics } from "./topics.ts";
import type { Tuning } from "./tuning.ts";

/** The verbs, as listeners see them: a record of parts, each of which knows only what it uses. */
export interface Broker {
  readonly identity: Identity;
  readonly intake: Intake;
  readonly fetch: Fetch;
  readonly clients: Clients;
  readonly progress: Progress;
  readonly offsets: Offsets;
  readonly lookup: Lookup;
  readonly topics: Topics;
  readonly groups: Groups;
  readonly access: Access;
  readonly stats: Stats;
  readonly tuning: Tuning;
}
