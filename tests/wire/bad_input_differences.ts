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
    is: ({ field, apache }) => /^(34\d\d|2000\d\d) /.test(field) && apache === "3",
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
  const [, field, kind] = /^broker (\S+ \S+ \S+) \((\w+)/.exec(head) ?? [];
  const codes = parts.flatMap((part) => {
    const [code, names] = part.split(": ");
    return names.split(", ").map((name): [string, string] => [name, code]);
  });
  return { field, kind, codes: new Map(codes) };
}
