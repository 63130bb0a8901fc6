import type { Broker } from "../../broker/broker.ts";
import { type Row, row } from "../row.ts";
import { int, long, text } from "../shape.ts";

const queue = { topic: text("topic"), queueId: int("queueId") };

/** Where queues begin and end. */
export function offsetRows({ offsets }: Broker): Row[] {
  return [
    row(
      { code: 29, name: "SEARCH_OFFSET_BY_TIMESTAMP", access: "read" },
      { ...queue, timestamp: long("timestamp"), boundary: text("boundaryType", "LOWER") },
      ({ timestamp, boundary, ...queue }) => {
        const side = boundary.toUpperCase() === "UPPER" ? "upper" : "lower";
        return { header: { offset: offsets.byTime(queue, timestamp, side) } };
      },
    ),
    row(
      { code: 30, name: "GET_MAX_OFFSET", access: "read" },
      queue,
      ({ topic, queueId }) => ({ header: { offset: offsets.max(topic, queueId) } }),
    ),
    row(
      { code: 31, name: "GET_MIN_OFFSET", access: "read" },
      queue,
      ({ topic, queueId }) => ({ header: { offset: offsets.min(topic, queueId) } }),
    ),
    row(
      { code: 32, name: "GET_EARLIEST_MSG_STORETIME", access: "read" },
      queue,
      ({ topic, queueId }) => {
        return { header: { timestamp: offsets.earliestStoreTime(topic, queueId) } };
      },
    ),
  ];
}
