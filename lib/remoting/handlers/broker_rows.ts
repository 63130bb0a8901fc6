import type { Broker } from "../../broker/broker.ts";
import type { Row } from "../row.ts";
import { assignmentRows } from "./assignment.ts";
import { brokerItselfRows } from "./broker.ts";
import { clientRows } from "./client.ts";
import { delayRows } from "./delay.ts";
import { groupRows } from "./group.ts";
import { inspectionRows } from "./inspection.ts";
import { interviewRows } from "./interview.ts";
import { lockRows } from "./lock.ts";
import { laterBrokerRows } from "./later.ts";
import { offsetRows } from "./offset.ts";
import { popRows } from "./pop.ts";
import { progressRows } from "./progress.ts";
import { pullRows } from "./pull.ts";
import { queryRows } from "./query.ts";
import { replyRows } from "./reply.ts";
import { rewindRows } from "./rewind.ts";
import { sendRows } from "./send.ts";
import { sendBackRows } from "./send_back.ts";
import { topicRows } from "./topic.ts";
import { transactionRows } from "./transaction.ts";

/** All that a broker answers. */
export function brokerRows(broker: Broker): Row[] {
  return [
    ...sendRows(broker),
    ...sendBackRows(broker),
    ...replyRows(broker),
    ...pullRows(broker),
    ...popRows(broker),
    ...assignmentRows(broker),
    ...clientRows(broker),
    ...lockRows(broker),
    ...progressRows(broker),
    ...offsetRows(broker),
    ...queryRows(broker),
    ...rewindRows(broker),
    ...interviewRows(broker),
    ...inspectionRows(broker),
    ...topicRows(broker),
    ...groupRows(broker),
    ...transactionRows(broker),
    ...delayRows(broker),
    ...brokerItselfRows(broker),
    ...laterBrokerRows(),
  ];
}
