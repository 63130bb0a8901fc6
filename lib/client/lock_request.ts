import { Bean } from "../model/bean.ts";
import { formatJson, jsonObject } from "../model/loose_json.ts";
import type { Request } from "../remoting/caller.ts";
import type { Command } from "../remoting/command.ts";
import { refusedError } from "./client_error.ts";

/** Queues of one broker that a client wants for itself, to consume them in order. */
export interface LockAsk {
  readonly group: string;
  /** As in its heartbeats. */
  readonly clientId: string;
  readonly topic: string;
  readonly brokerName: string;
  readonly queueIds: readonly number[];
}

const LOCK = 41;
const utf8 = new TextEncoder();

/** The request that takes them, or keeps them for longer (`LOCK_BATCH_MQ`). */
export function lockRequest({ group, clientId, topic, brokerName, queueIds }: LockAsk): Request {
  const mqSet = queueIds.map((queueId) => jsonObject({ topic, brokerName, queueId }));
  const body = jsonObject({ consumerGroup: group, clientId, mqSet });
  return { code: LOCK, body: utf8.encode(formatJson(body)) };
}

/** The queues that the client has. @throws {ClientError} `refused` */
export function lockedOf(answer: Command): number[] {
  if (answer.code !== 0) throw refusedError("lock queues", answer);
  return Bean.read(answer.body).beans("lockOKMQSet").map((queue) => queue.whole("queueId", -1));
}
