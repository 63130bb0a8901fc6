import type { Log } from "../log/log.ts";
import type { Catalogue } from "../meta/catalogue.ts";
import { makeGroup, SYSTEM_GROUPS } from "../model/group.ts";
import { DEFAULT_TOPIC, Perm } from "../model/topic.ts";
import type { Clock } from "../port/clock.ts";
import type { Job } from "../port/job.ts";
import type { Lines } from "../port/lines.ts";
import type { Random } from "../port/random.ts";
import { Access } from "./access.ts";
import { Admission } from "./admission.ts";
import { Agreement } from "./agreement.ts";
import { BatchReader } from "./batch_reader.ts";
import { Clients } from "./clients.ts";
import { ConsumerGroups } from "./consumer_groups.ts";
import { Consumption } from "./consumption.ts";
import { Counters } from "./counters.ts";
import { Deadlines } from "./deadlines.ts";
import { createDelays, type Delays } from "./delays.ts";
import { Detours } from "./detours.ts";
import { Fetch } from "./fetch.ts";
import { Filters } from "./filters.ts";
import { FirstEnds } from "./first_ends.ts";
import { Groups } from "./groups.ts";
import type { Identity } from "./identity.ts";
import { Inlet } from "./inlet.ts";
import { Inspection } from "./inspection.ts";
import { Intake } from "./intake.ts";
import { Interviews } from "./interviews.ts";
import { Locks } from "./locks.ts";
import { Leases } from "./leases.ts";
import { Lookup } from "./lookup.ts";
import { Memory } from "./memory.ts";
import { NewTopics } from "./new_topics.ts";
import { Offsets } from "./offsets.ts";
import { ProducerLinks } from "./producer_links.ts";
import { Pop } from "./pop.ts";
import { PopAdmission } from "./pop_admission.ts";
import { PopWaiters } from "./pop_waiters.ts";
import { Progress } from "./progress.ts";
import { PullOffsets } from "./pull_offsets.ts";
import { Queues } from "./queues.ts";
import { Recall } from "./recall.ts";
import { Replies } from "./replies.ts";
import { Resets } from "./resets.ts";
import { Retries } from "./retries.ts";
import { Receipts } from "./receipts.ts";
import { type AssignedQueue, RequestModes } from "./request_modes.ts";
import { Revival } from "./revival.ts";
import { Rewind } from "./rewind.ts";
import type { BrokerSettings } from "./settings.ts";
import { Stats } from "./stats.ts";
import { systemTopics } from "./system_topics.ts";
import { Topics } from "./topics.ts";
import { Transactions } from "./transactions.ts";
import { type Tunable, Tuning } from "./tuning.ts";
import { UniqueIds } from "./unique_ids.ts";
import { Upkeep } from "./upkeep.ts";
import { Waiters } from "./waiters.ts";

/** The verbs, as listeners see them: a record of parts, each of which knows only what it uses. */
export interface Broker {
  readonly identity: Identity;
  readonly intake: Intake;
  readonly fetch: Fetch;
  readonly filters: Filters;
  readonly clients: Clients;
  readonly progress: Progress;
  readonly offsets: Offsets;
  readonly lookup: Lookup;
  readonly locks: Locks;
  readonly rewind: Rewind;
  readonly interviews: Interviews;
  readonly inspection: Inspection;
  readonly upkeep: Upkeep;
  readonly topics: Topics;
  readonly groups: Groups;
  readonly access: Access;
  readonly stats: Stats;
  readonly delays: Delays;
  readonly recall: Recall;
  readonly tuning: Tuning;
  readonly transactions: Transactions;
  readonly retries: Retries;
  readonly replies: Replies;
  readonly pop: Pop;
  readonly receipts: Receipts;
  readonly requestModes: RequestModes;
}

/** The broker as its owner sees it. */
export interface OwnedBroker extends Broker {
  /** Rows for the tick. */
  jobs(): Job[];
  /** Makes the system topics and groups that are missing, in one commit each. */
  start(): Promise<void>;
  /** Ends all waiting pulls; the log and the catalogue are their owner's to close. */
  close(): Promise<void>;
}

/** What a broker asks of its log. */
export type BrokerLog = Pick<
  Log,
  | "append"
  | "appendBatch"
  | "appendTogether"
  | "settled"
  | "durable"
  | "survey"
  | "read"
  | "readRun"
  | "isSound"
  | "giveBack"
  | "recordAt"
  | "queue"
  | "removeTopic"
  | "topicsOnDisk"
  | "doomed"
  | "tidyUp"
  | "keys"
  | "onArrival"
  | "positionMin"
  | "positionMax"
  | "state"
>;

/** What a broker is made of. */
export interface BrokerParts {
  readonly log: BrokerLog;
  readonly catalogue: Pick<
    Catalogue,
    | "topics"
    | "groups"
    | "progress"
    | "settings"
    | "delays"
    | "timers"
    | "timerExport"
    | "locks"
    | "firstEnds"
    | "requestModes"
    | "popOrders"
  >;
  readonly clock: Clock;
  readonly random: Random;
  readonly lines: Lines;
  readonly identity: Identity;
  /** Live: changed in place by {@linkcode Tuning}. */
  readonly settings: BrokerSettings;
  readonly tunables: readonly Tunable[];
  /** Delays of the levels 1, 2, …, as the log knows them. */
  readonly delayLevelsMs: readonly number[];
  /** How long the log keeps its files, ms. */
  readonly logKeptMs: number;
  /** RAM of the machine, bytes. */
  readonly machineBytes: number;
  readonly processId: number;
  /** The directory of the log's segments, as tools show it. */
  readonly logDirectory: string;
  /** Makes the job of this name due now (`Jobs.wake`). */
  readonly wake: (job: string) => void;
  /** The queues of a topic in the whole cluster, where somebody can tell; `asked`: soon. */
  readonly clusterQueues?: (topic: string) => readonly AssignedQueue[] | "asked" | undefined;
}

/** Puts the parts together; each takes what it names of what is there by then. */
export function createBroker(parts: BrokerParts): OwnedBroker {
  const { log, identity } = parts;
  const ground = groundOf(parts);
  const { deadlines, waiters, pullOffsets, counters, queues } = ground;
  const groups = new Groups({ ...ground, consumption: new Consumption(ground) });
  const topics = new Topics(ground);
  const progress = new Progress({ ...ground, groups });
  const clients = new Clients({ ...ground, groups });
  const upkeep = new Upkeep(ground);
  const rewind = new Rewind({ ...ground, groups, progress });
  const intake = new Intake({ ...ground, groups });
  const transactions = new Transactions({ ...ground, producers: clients });
  const admission = new Admission({ ...ground, groups });
  const pulls = new Fetch({ ...ground, admission, progress, reader: new BatchReader(ground) });
  const { leases, popWaiters, ...popParts } = poppingOf(ground, { groups, progress, rewind });
  log.onArrival((topic, queueId, offset, tagsCode) => {
    if (popWaiters.size > 0) popWaiters.arrived(topic, queueId);
    if (waiters.size > 0) waiters.arrived(topic, queueId, { offset, tagsCode });
  });
  topics.onRemove((name) => {
    pullOffsets.forgetTopic(name);
    ground.resets.forgetTopic(name);
    waiters.topicGone(name);
    ground.firstEnds.forgetTopic(name);
    leases.forgetTopic(name);
  });
  return {
    ...{ identity, intake, fetch: pulls, clients, progress, topics, groups, transactions },
    ...{ rewind, upkeep, ...popParts },
    ...{ access: ground.access, filters: ground.filters, locks: ground.locks },
    offsets: new Offsets(queues),
    lookup: new Lookup(ground),
    interviews: new Interviews(ground),
    inspection: new Inspection(ground),
    delays: ground.delays,
    recall: new Recall(ground),
    retries: new Retries({ ...ground, groups }),
    replies: new Replies({ ...ground, intake }),
    stats: new Stats(ground),
    tuning: new Tuning(ground),
    jobs: () => [
      ...[clients, counters, deadlines, ground.locks, leases],
      ...ground.delays.jobs(),
      ...transactions.jobs(),
    ],
    start: async () => {
      upkeep.finishRemovals();
      await makeSystem(parts);
      ground.delays.start();
    },
    close: async () => {
      waiters.stop();
      popWaiters.stop();
      transactions.close();
      await leases.close();
      await ground.delays.close();
    },
  };
}

/** What was given, and the parts that need nothing else. */
function groundOf(parts: BrokerParts) {
  const { clock, settings, random, processId, catalogue } = parts;
  const topicTable = catalogue.topics;
  const given = { ...parts, topicTable };
  const deadlines = new Deadlines(() => parts.wake(Deadlines.jobName));
  const counters = new Counters(clock, () => settings.ratesMax);
  const detours = new Detours();
  const inlet = new Inlet({ log: parts.log, counters, detours });
  const queues = new Queues(given);
  const consumers = new ConsumerGroups();
  const tables = {
    groupTable: catalogue.groups,
    progressTable: catalogue.progress,
    settingsTable: catalogue.settings,
    lockTable: catalogue.locks,
    firstEndsTable: catalogue.firstEnds,
    modeTable: catalogue.requestModes,
    orderTable: catalogue.popOrders,
  };
  return {
    ...given,
    ...tables,
    detours,
    inlet,
    delays: createDelays({ ...given, inlet, detours }),
    access: new Access(settings),
    counters,
    queues,
    filters: new Filters(parts),
    locks: new Locks({ ...given, ...tables }),
    firstEnds: new FirstEnds({ ...given, ...tables, queues }),
    memory: new Memory(given),
    pullOffsets: new PullOffsets(() => settings.progressMax),
    producerLinks: new ProducerLinks(),
    resets: new Resets(),
    consumers,
    agreement: new Agreement({ ...given, consumers }),
    newTopics: new NewTopics(given),
    uniqueIds: new UniqueIds({ clock, random, processId }),
    deadlines,
    waiters: new Waiters({ settings, clock, deadlines }),
  };
}

/** The parts that pop messages. */
function poppingOf(
  ground: ReturnType<typeof groundOf>,
  verbs: { readonly groups: Groups; readonly progress: Progress; readonly rewind: Rewind },
) {
  const popWaiters = new PopWaiters(ground);
  const leases = new Leases({ ...ground, revival: new Revival(ground) });
  verbs.rewind.onReset((queue) => {
    leases.forgetOrder(queue);
    popWaiters.arrived(queue.topic, queue.queueId);
  });
  const parts = { ...ground, ...verbs, popWaiters, leases };
  return {
    popWaiters,
    leases,
    pop: new Pop({ ...parts, popAdmission: new PopAdmission(parts) }),
    receipts: new Receipts(parts),
    requestModes: new RequestModes(ground),
  };
}

/** What every broker is born with, where it is missing (reference §4.1). */
async function makeSystem(parts: BrokerParts): Promise<void> {
  const { catalogue, identity, settings } = parts;
  const { topics, groups } = catalogue;
  const missing = systemTopics(identity, settings).filter((topic) => !topics.has(topic.name));
  const template = topics.get(DEFAULT_TOPIC);
  if (template !== undefined && !settings.autoCreateTopic && (template.perm & Perm.inherit) !== 0) {
    missing.push({ ...template, perm: template.perm & ~Perm.inherit });
  }
  if (missing.length > 0) await topics.put(missing);
  const newGroups = SYSTEM_GROUPS.filter((name) => !groups.has(name)).map((name) =>
    makeGroup(name)
  );
  if (newGroups.length > 0) await groups.put(newGroups);
}
