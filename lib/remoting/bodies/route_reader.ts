import { Bean } from "../../model/bean.ts";

/** A route as a client reads it (`TopicRouteData`). */
export interface RouteRead {
  readonly brokers: readonly {
    readonly name: string;
    readonly cluster: string;
    /** `HOST:PORT` by broker id; 0 is the master. */
    readonly addresses: ReadonlyMap<number, string>;
  }[];
  readonly queues: readonly {
    readonly brokerName: string;
    readonly readQueues: number;
    readonly writeQueues: number;
    readonly perm: number;
  }[];
}

/** Reads the answer to a look-up. @throws {Refusal} `parameter-invalid` where it is none. */
export function readRoute(body: Uint8Array): RouteRead {
  const route = Bean.read(body);
  return {
    brokers: route.beans("brokerDatas").map((broker) => ({
      name: broker.text("brokerName"),
      cluster: broker.text("cluster"),
      addresses: new Map(
        [...broker.table("brokerAddrs")].map(([id, address]) => [Number(id), address]),
      ),
    })),
    queues: route.beans("queueDatas").map((queue) => ({
      brokerName: queue.text("brokerName"),
      readQueues: queue.whole("readQueueNums", 0),
      writeQueues: queue.whole("writeQueueNums", 0),
      perm: queue.whole("perm", 0),
    })),
  };
}
