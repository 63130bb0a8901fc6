import { Perm } from "../model/topic.ts";
import type { RouteRead } from "../remoting/bodies/route_reader.ts";

/** One queue of a topic, and where it is. */
export interface RouteQueue {
  readonly brokerName: string;
  /** `HOST:PORT` of the broker's master. */
  readonly address: string;
  readonly queueId: number;
}

/** Where a topic's queues are. Brokers without a master are left out. */
export interface TopicRoute {
  readonly topic: string;
  /** Queues that take messages, by broker, then by id. */
  readonly writable: readonly RouteQueue[];
  /** Queues that give messages. */
  readonly readable: readonly RouteQueue[];
}

const MASTER = 0;

/** The queues of a route; `queuesMax` of each broker at the most. */
export function topicRoute(topic: string, route: RouteRead, queuesMax = Infinity): TopicRoute {
  const masters = new Map(
    route.brokers.map(({ name, addresses }) => [name, addresses.get(MASTER)]),
  );
  const queuesOf = (bit: number, count: (queue: RouteRead["queues"][number]) => number) =>
    route.queues.flatMap((queue) => {
      const { brokerName, perm } = queue;
      const address = masters.get(brokerName);
      if (address === undefined || (perm & bit) === 0) return [];
      const length = Math.min(count(queue), queuesMax);
      return Array.from({ length }, (_, queueId) => ({ brokerName, address, queueId }));
    });
  return {
    topic,
    writable: queuesOf(Perm.write, ({ writeQueues }) => writeQueues),
    readable: queuesOf(Perm.read, ({ readQueues }) => readQueues),
  };
}
