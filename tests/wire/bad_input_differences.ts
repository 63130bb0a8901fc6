/** One case of one field, as two brokers answer it: a code, or `exception`. */
export interface Difference {
  /** As `10 SEND_MESSAGE queueId`. */
  readonly field: string;
  readonly kind: string;
  readonly name: string;
  readonly ours: string;
  readonly apache: string;
}

/**
 * Where we answer otherwise than Apache 5.5.0, and why. No client of theirs sends any of it: a
 * stock client's requests are in the compatibility suite, and have the same answers.
 */
export const ON_PURPOSE: readonly {
  readonly why: string;
  readonly is: (one: Difference) => boolean;
}[] = [
  {
    why: "fastjson makes a text of an object or a list; we say that a text was expected",
    is: ({ kind, name, ours }) => kind === "text" && isNested(name) && ours === "1",
  },
  {
    why: "any word but true is false for Java; but for false, 0 and 1 we say what was expected",
    is: ({ kind, ours }) => kind === "flag" && ours === "1",
  },
  {
    why: "Apache does not look at this field here",
    is: ({ field, ours }) => ours === "1" && UNREAD.test(field),
  },
  {
    why: "Apache finds another fault before it looks at this field",
    is: ({ field, ours, apache }) => ours === "1" && apache === LATE[field.split(" ")[0]],
  },
  {
    why: "their receipt is none, which we say first",
    is: ({ field, ours }) => /^2000(51|53) /.test(field) && ours === "1",
  },
  {
    why: "a group that is missing does not read; for Apache it is one that does not exist",
    is: ({ field, apache }) => field.startsWith("15 ") && apache === "26",
  },
  {
    why: "it ends in an exception of Java there; what we say has a code and a cure",
    is: ({ apache, ours }) => apache === "exception" && ours !== "0" && ours !== "24",
  },
  {
    why: "a number that is missing or empty has its default: some clients leave it out",
    is: ({ field, name, apache }) =>
      ["missing", "empty", "blank"].includes(name) && /^(1|exception)$/.test(apache) &&
      /^(10|310|320|11|361|17|345) /.test(field),
  },
  {
    why: "the record at position 0 is there with us, and not with Apache: it is sent back",
    is: ({ field, apache }) => field.startsWith("36 ") && apache === "exception",
  },
  {
    why: "these ask about what an earlier line of the table has made or removed",
    is: ({ field }) => ["14 ", "202 ", "215 ", "314 "].some((code) => field.startsWith(code)),
  },
  {
    why: "an index type that does not exist is an error, and not nothing found",
    is: ({ field }) => field === "12 QUERY_MESSAGE indexType",
  },
  {
    why: "progress or a position below 0 is refused, and not kept",
    is: ({ field, ours }) => field.startsWith("15 ") && ours === "29",
  },
  {
    why: "a topic is not made with fewer than no queues, or with permissions that there are not",
    is: ({ field, name, ours }) => field.startsWith("17 ") && name === "negative" && ours === "29",
  },
  {
    why:
      "16 bits cut the codes of POP off: we answer what is left of them, in both kinds of headers",
    is: ({ field, apache }) => /^(3[45]\d\d|2000\d\d) /.test(field) && apache === "3",
  },
  {
    why: "to pop 0 messages, as all these lines do, is refused; Apache waits until it has none",
    is: ({ field, ours }) => field.startsWith("200050 ") && ours === "29",
  },
  {
    why: "who asks to be told after 24 days waits; Apache is asked for two seconds only",
    is: ({ field, ours, apache }) => / pollTime$/.test(field) && (ours === "-1" || apache === "-1"),
  },
  {
    why: "the sends of the table made these topics there",
    is: ({ field, ours }) => /^2000(54|55) \S+ topic$/.test(field) && ours === "17",
  },
  {
    why: "the template topic is looked for only where the topic has to be made",
    is: ({ field }) => /^(10|310|320) \S+ (defaultTopic|c|topic|b)$/.test(field),
  },
  {
    why: "a text that is no properties is kept as it came, or too long; Apache drops it",
    is: ({ field, name }) => /^(10|310|320) \S+ (properties|i)$/.test(field) && name === "long",
  },
  {
    why: "a system flag of all bits asks for a filter class, which we refuse by name",
    is: ({ field, ours }) => / sysFlag$/.test(field) && ours === "3",
  },
  {
    why: "how many are wanted, of which page, is refused where it is no number that can be",
    is: ({ field, ours }) => /^(21|201) \S+ (dataVersion|max|\w+Seq)/.test(field) && ours !== "1",
  },
  {
    why: "a body that names nothing, or nests too deep, is refused; Apache finds nothing to do",
    is: ({ field, name, ours, apache }) =>
      /^(34|41|46|200|200151|nameserver (103|217|322)) \S+ body$/.test(field) &&
      ["none", "null", "an empty object", "deep", "huge numbers"].includes(name) &&
      (ours === "1" || ours === "29") && (apache === "0" || apache === "208"),
  },
  {
    why: "a text of another type is said to be missing; what nests too deep does not read",
    is: ({ field, name }) =>
      /^(34|41|42) \S+ body$/.test(field) && name === "wrong types" ||
      /^200 \S+ body$/.test(field) && name === "deep",
  },
  {
    why: "lists with nothing in them make nothing; Apache takes it for a null",
    is: ({ field, ours, apache }) =>
      /^(18|225) \S+ body$/.test(field) && ours === "0" && apache === "exception",
  },
  {
    why: "acknowledgements of places that there are not are passed over one by one",
    is: ({ field, name, ours }) =>
      /^200151 \S+ body$/.test(field) && name === "huge numbers" && ours === "0",
  },
  {
    why: "a batch that is none is refused; Apache stores no message and says yes",
    is: ({ field, ours }) => /^320 \S+ body$/.test(field) && ours === "13",
  },
  {
    why: "what is not here is said not to be: users and ACLs, cold data, RocksDB, HA, controllers",
    is: ({ field, ours }) =>
      /^(1007|200[1-4]|300\d|354|513|907|908) \S+ body$/.test(field) && ours === "3",
  },
  {
    why: "a name that is missing, empty or longer than a name is no key of the name server's",
    is: ({ field, name, ours }) =>
      /^nameserver (10[0-2]|205|216|217|219|224|327|90[14]) /.test(field) &&
      ["missing", "empty", "long"].includes(name) && /^(1|22|29)$/.test(ours),
  },
  {
    why: "a name server's number that is none is refused; Apache's takes it for its default",
    is: ({ field, ours, apache }) =>
      /^nameserver (103|104|322|904) \S+ (brokerId|bodyCrc32|heartbeatTimeoutMillis)$/.test(
        field,
      ) &&
      ours === "1" && apache === "0",
  },
  {
    why: "a broker's address that is no host and port is refused: nobody could connect to it",
    is: ({ field, ours, apache }) =>
      /^nameserver (103|104|217|322) /.test(field) && /^(1|29)$/.test(ours) &&
      /^[01]$/.test(apache),
  },
  {
    why: "the peer's name server has the topic of the table, its own broker's",
    is: ({ field, ours, apache }) =>
      /^nameserver 105 /.test(field) && [ours, apache].includes("17") && /^(0|1|17)$/.test(apache),
  },
  {
    why: "a namespace whose last key is gone is gone",
    is: ({ field, ours, apache }) =>
      /^nameserver 219 /.test(field) && ours === "22" && apache === "0",
  },
  {
    why: "settings that a name server does not have are refused, not kept",
    is: ({ field, ours }) => /^nameserver 318 \S+ body$/.test(field) && ours === "29",
  },
  {
    why: "a mode that is none is no mode, whatever its topic",
    is: ({ field, ours }) => /^401 \S+ body$/.test(field) && ours === "1",
  },
];

/** Fields that Apache reads with a default, or not at all where nothing needs them. */
const UNREAD = new RegExp(
  [
    "^10 SEND_MESSAGE (defaultTopicQueueNums|reconsumeTimes|maxReconsumeTimes)$",
    "^17 UPDATE_AND_CREATE_TOPIC topicSysFlag$",
    "^(21|201) \\S+ max(Topic|Group)Num$",
    "^35 UNREGISTER_CLIENT clientID$",
    "^36 CONSUMER_SEND_MSG_BACK maxReconsumeTimes$",
    "^(208|308|314|343) \\S+ (consumerGroup|compareGroup|topic|destGroup|group)$",
    "^321 QUERY_CONSUME_QUEUE (count|index|queueId|topic)$",
    "^2000(54|55) \\S+ (bornTime|pollTime|queueId)$",
  ].join("|"),
);

/** What it answers first, by request: no such topic or group, no message, nothing to wait for. */
const LATE: { readonly [code: string]: string | undefined } = {
  ...{ 11: "24", 361: "24", 12: "22", 14: "22", 215: "29", 222: "17", 303: "17", 370: "604" },
  ...{ 324: "29", 325: "29", 200050: "210" },
};

function isNested(name: string): boolean {
  return name === "object" || name === "list";
}

/** The cases of a table's line: field, kind, and the code that each has. */
export function casesOf(line: string): { field: string; kind: string; codes: Map<string, string> } {
  const [head, ...parts] = line.split(" | ");
  const [, part, place, kind] = /^(broker|nameserver) (\S+ \S+ \S+) \((\w+)/.exec(head) ?? [];
  const field = part === "broker" ? place : `${part} ${place}`;
  const codes = parts.flatMap((part) => {
    const [code, names] = part.split(": ");
    return names.split(", ").map((name): [string, string] => [name, code]);
  });
  return { field, kind, codes: new Map(codes) };
}
