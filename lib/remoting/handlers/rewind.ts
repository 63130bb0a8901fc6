import type { Broker } from "../../broker/broker.ts";
import { textAnswer } from "../bodies/answers.ts";
import { formatQueueOffsets } from "../bodies/queue_offsets.ts";
import { type Row, row } from "../row.ts";
import { flag, int, long, text } from "../shape.ts";

/** In a header: no offset is said. */
const NO_OFFSET = -1;

/** Tools change how far groups are. */
export function rewindRows({ rewind }: Broker): Row[] {
  return [
    row({ code: 222, name: "INVOKE_BROKER_TO_RESET_OFFSET", access: "change" }, {
      topic: text("topic"),
      group: text("group"),
      queueId: int("queueId", -1),
      offset: long("offset", NO_OFFSET),
      timestamp: long("timestamp"),
      force: flag("isForce"),
    }, async ({ offset, ...ask }) => {
      const to = offset === NO_OFFSET ? undefined : offset;
      const queues = await rewind.reset({ ...ask, offset: to });
      return textAnswer(`{"offsetTable":${formatQueueOffsets(queues)}}`);
    }),
    row({ code: 314, name: "CLONE_GROUP_OFFSET", access: "change" }, {
      from: text("srcGroup"),
      to: text("destGroup"),
      topic: text("topic", ""),
      offline: flag("offline", false),
    }, async ({ topic, ...ask }) => {
      await rewind.clone({ ...ask, topic: topic.trim() === "" ? undefined : topic });
      return {};
    }),
  ];
}
