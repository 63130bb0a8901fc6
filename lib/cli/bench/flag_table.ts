/** What can be measured. */
export const KINDS = ["send", "transaction", "delay", "receive", "pop", "latency"] as const;

/** One option: what parses it and what tells of it. */
export interface Flag {
  readonly name: string;
  /** RocketMQ's own benchmark has the same. */
  readonly letter?: string;
  readonly kinds: readonly (typeof KINDS)[number][];
  /** Stands for the value in the help; undefined: a switch. */
  readonly value?: string;
  readonly fallback?: string;
  readonly about: string;
}

const SENDERS = ["send", "transaction", "delay", "latency"] as const;
/** They make their messages as RocketMQ's own benchmarks do. */
const MAKERS = ["send", "transaction", "delay"] as const;
const FINDERS = ["receive", "pop"] as const;

/** The options of `pocketmq bench`. */
export const FLAGS: readonly Flag[] = [
  {
    name: "namesrv",
    letter: "n",
    kinds: KINDS,
    value: "ADDRESSES",
    fallback: "127.0.0.1:9876",
    about: "name servers, HOST:PORT, with ; between",
  },
  {
    name: "topic",
    letter: "t",
    kinds: KINDS,
    value: "TOPIC",
    fallback: "BenchmarkTest",
    about: "topic",
  },
  {
    name: "group",
    letter: "g",
    kinds: KINDS,
    value: "GROUP",
    fallback: "benchmark",
    about: "producer or consumer group",
  },
  {
    name: "open",
    letter: "w",
    kinds: SENDERS,
    value: "N",
    fallback: "64",
    about: "requests open at once",
  },
  {
    name: "open",
    letter: "w",
    kinds: ["pop"],
    value: "N",
    fallback: "8",
    about: "pops open at once",
  },
  {
    name: "connections",
    kinds: KINDS,
    value: "N",
    fallback: "1",
    about: "connections to each broker that they share",
  },
  {
    name: "size",
    letter: "s",
    kinds: SENDERS,
    value: "BYTES",
    fallback: "128",
    about: "bytes of a body, 28 at least",
  },
  {
    name: "batch",
    letter: "b",
    kinds: ["send"],
    value: "N",
    fallback: "1",
    about: "messages that go together",
  },
  {
    name: "rate",
    kinds: SENDERS,
    value: "N",
    about: "messages a second, planned ahead",
  },
  {
    name: "keys",
    letter: "k",
    kinds: MAKERS,
    value: "true|false",
    fallback: "false",
    about: "give each message a key",
  },
  {
    name: "tag-count",
    letter: "l",
    kinds: MAKERS,
    value: "N",
    fallback: "0",
    about: "tags tag0, tag1, … in turn",
  },
  {
    name: "property-size",
    letter: "p",
    kinds: MAKERS,
    value: "BYTES",
    fallback: "0",
    about: "bytes of properties",
  },
  {
    name: "queues",
    kinds: SENDERS,
    value: "N",
    fallback: "4",
    about: "queues of a new topic",
  },
  {
    name: "level",
    letter: "e",
    kinds: ["delay"],
    value: "N",
    about: "delay level, 1 to 18: 1s, 5s, 10s, 30s, 1m, …",
  },
  {
    name: "delay",
    kinds: ["delay"],
    value: "MS",
    about: "delay where there is no level; 1000 where neither is said",
  },
  {
    name: "ordered",
    kinds: ["send", "receive", "latency"],
    about: "messages with sharding keys; locked queues",
  },
  {
    name: "filter",
    letter: "f",
    kinds: FINDERS,
    value: "TYPE",
    fallback: "tag",
    about: "what the expression is: tag or sql92",
  },
  {
    name: "expression",
    letter: "e",
    kinds: FINDERS,
    value: "TEXT",
    fallback: "*",
    about: "tags to take, with || between, or a condition",
  },
  {
    name: "max",
    kinds: ["delay", "receive", "pop", "latency"],
    value: "N",
    fallback: "32",
    about: "messages of one pull or pop",
  },
  {
    name: "invisible",
    kinds: ["pop"],
    value: "MS",
    fallback: "60000",
    about: "how long a message is kept from others",
  },
  {
    name: "from",
    kinds: FINDERS,
    value: "first|last",
    fallback: "first",
    about: "where in the queues to begin",
  },
  {
    name: "count",
    letter: "q",
    kinds: ["send", "transaction", "delay", "receive", "pop"],
    value: "N",
    about: "stop after so many messages",
  },
  {
    name: "duration",
    kinds: KINDS,
    value: "SECONDS",
    about: "stop after so long; 10 where nothing else ends it",
  },
  {
    name: "warmup",
    kinds: KINDS,
    value: "SECONDS",
    fallback: "0",
    about: "leave the beginning out of the figures",
  },
  { name: "header", kinds: KINDS, value: "FORM", fallback: "json", about: "json or rocketmq" },
  {
    name: "timeout",
    kinds: KINDS,
    value: "MS",
    fallback: "3000",
    about: "how long to wait for an answer",
  },
  { name: "json", kinds: KINDS, about: "report as JSON" },
];

/** The options as the help shows them. */
export function flagLines(): string[] {
  return FLAGS.map(({ name, letter, kinds, value, fallback, about }) => {
    const long = value === undefined ? `--${name}` : `--${name} ${value}`;
    const left = `  ${letter === undefined ? "   " : `-${letter},`} ${long}`.padEnd(29);
    const only = kinds.length === KINDS.length ? "" : ` (${kinds.join(", ")})`;
    return `${left}${about}${only}${fallback === undefined ? "" : ` [${fallback}]`}`;
  });
}
