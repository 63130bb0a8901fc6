/**
 * Message properties in their one form: `name 0x01 value 0x02`, repeated, as on the wire and on
 * disk. The text is searched and cut as it is; nothing makes an object of it on the way of a
 * message.
 */
const BETWEEN = "\u0001";
const AFTER = "\u0002";

/** RocketMQ's property names that the broker itself reads or writes (`MessageConst`). */
export const Property = {
  keys: "KEYS",
  tags: "TAGS",
  wait: "WAIT",
  delayLevel: "DELAY",
  retryTopic: "RETRY_TOPIC",
  originMessageId: "ORIGIN_MESSAGE_ID",
  realTopic: "REAL_TOPIC",
  realQueueId: "REAL_QID",
  transaction: "TRAN_MSG",
  producerGroup: "PGROUP",
  uniqueKey: "UNIQ_KEY",
  cluster: "CLUSTER",
  region: "MSG_REGION",
  traceOn: "TRACE_ON",
  popReceipt: "POP_CK",
  crc32: "__CRC32#",
  replyToClient: "REPLY_TO_CLIENT",
  replyPushedMs: "PUSH_REPLY_TIME",
  timerDeliverMs: "TIMER_DELIVER_MS",
  timerDelaySeconds: "TIMER_DELAY_SEC",
  timerDelayMs: "TIMER_DELAY_MS",
  timerOutMs: "TIMER_OUT_MS",
  timerEnqueueMs: "TIMER_ENQUEUE_MS",
  timerDequeueMs: "TIMER_DEQUEUE_MS",
  timerRollTimes: "TIMER_ROLL_TIMES",
  timerDelete: "TIMER_DEL_UNIQKEY",
  innerCount: "INNER_NUM",
  innerOffset: "INNER_BASE",
} as const;

/** Bytes that the CRC property takes, name and value and both marks. */
export const CRC_PROPERTY_BYTES = 20;

/** The value of `name`, or undefined. */
export function getProperty(properties: string, name: string): string | undefined {
  const start = startOf(properties, name);
  if (start < 0) return undefined;
  const from = start + name.length + 1;
  const to = properties.indexOf(AFTER, from);
  return to < 0 ? properties.slice(from) : properties.slice(from, to);
}

/** The same where a name may stand there twice: the last value that is not empty, as in Java. */
export function getLastProperty(properties: string, name: string): string | undefined {
  let found: string | undefined;
  for (let start = startOf(properties, name); start >= 0;) {
    const from = start + name.length + 1;
    const mark = properties.indexOf(AFTER, from);
    const to = mark < 0 ? properties.length : mark;
    if (to > from) found = properties.slice(from, to);
    start = startOf(properties, name, to);
  }
  return found;
}

/** The text without `name`. */
export function withoutProperty(properties: string, name: string): string {
  let start = startOf(properties, name);
  if (start < 0) return properties;
  let kept = "";
  let from = 0;
  while (start >= 0) {
    kept += properties.slice(from, start);
    const end = properties.indexOf(AFTER, start);
    from = end < 0 ? properties.length : end + 1;
    start = startOf(properties, name, from);
  }
  return kept + properties.slice(from);
}

/** The text with `name` set to `value` at its end, an earlier one dropped. */
export function withProperty(properties: string, name: string, value: string): string {
  return closed(withoutProperty(properties, name)) + name + BETWEEN + value + AFTER;
}

/** The same for several, in one piece: a text that is put together and searched is copied. */
export function withProperties(
  properties: string,
  added: readonly (readonly [name: string, value: string])[],
): string {
  let text = properties;
  for (const [name] of added) text = withoutProperty(text, name);
  text = closed(text);
  for (const [name, value] of added) text += name + BETWEEN + value + AFTER;
  return text;
}

/** The text with its last mark in place: some 4.9 clients leave it off. */
export function closed(properties: string): string {
  return properties === "" || properties.endsWith(AFTER) ? properties : properties + AFTER;
}

/** Name and value of each property, in order; those without a value are passed over, as in Java. */
export function parseProperties(properties: string): Map<string, string> {
  const map = new Map<string, string>();
  for (const pair of properties.split(AFTER)) {
    const at = pair.indexOf(BETWEEN);
    if (at > 0 && at < pair.length - 1) map.set(pair.slice(0, at), pair.slice(at + 1));
  }
  return map;
}

/** The text form of a map of properties, or of its pairs. */
export function formatProperties(properties: Iterable<readonly [string, string]>): string {
  let text = "";
  for (const [name, value] of properties) text += name + BETWEEN + value + AFTER;
  return text;
}

function startOf(properties: string, name: string, from = 0): number {
  if (name === "") return -1;
  for (let at = properties.indexOf(name, from); at >= 0; at = properties.indexOf(name, at + 1)) {
    const isWhole = properties[at + name.length] === BETWEEN;
    if (isWhole && (at === 0 || properties[at - 1] === AFTER)) return at;
  }
  return -1;
}
