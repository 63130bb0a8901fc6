import { type Message, type Stored, SysFlag } from "../model/message.ts";
import { Property, withProperty } from "../model/properties.ts";
import { Refusal } from "../model/refusal.ts";
import { type CommitLog, reasonOf } from "./commit_log.ts";
import type { AnyQueue } from "./queues.ts";

/** Gives out offsets of a queue. @throws {Refusal} `unavailable`: its files cannot be opened */
export function takeOffsets(queue: AnyQueue, count: number): number {
  try {
    return queue.take(count);
  } catch (error) {
    throw new Refusal(
      "unavailable",
      `Queue ${queue.queueId} of ${queue.topic} cannot be opened: ${reasonOf(error)}. See to ` +
        `the disk and to the limit of open files.`,
    );
  }
}

/** Appends a message of `count` others as one record. @throws {Refusal} as `Log.append` */
export function appendTogether(
  commitLog: CommitLog,
  queue: AnyQueue,
  { message, count }: { readonly message: Message; readonly count: number },
): Stored {
  const storeTimestamp = commitLog.stampTime();
  const offset = takeOffsets(queue, count);
  try {
    const size = commitLog.append(withInner(message, { offset, count }), offset, storeTimestamp);
    return { position: commitLog.appended - size, size, offset, storeTimestamp };
  } catch (error) {
    queue.take(-count);
    throw error;
  }
}

/** A message that says of itself how many others it holds, and the offset of the first. */
function withInner(
  message: Message,
  inner: { readonly offset: number; readonly count: number },
): Message {
  const counted = withProperty(message.properties, Property.innerCount, String(inner.count));
  return {
    ...message,
    sysFlag: message.sysFlag | SysFlag.needUnwrap | SysFlag.innerBatch,
    properties: withProperty(counted, Property.innerOffset, String(inner.offset)),
  };
}
