import type { Broker } from "../../broker/broker.ts";
import { type Row, row } from "../row.ts";
import { flag, int, long, text } from "../shape.ts";

/** Absent from the header: a number that stands for "not said". */
const NOT_SAID = -0x80000000;

/** Messages that consumers could not consume. */
export function sendBackRows({ retries }: Broker): Row[] {
  return [
    row(
      { code: 36, name: "CONSUMER_SEND_MSG_BACK", access: "consume" },
      {
        position: long("offset"),
        group: text("group"),
        delayLevel: int("delayLevel"),
        unitMode: flag("unitMode", false),
        maxReconsumeTimes: int("maxReconsumeTimes", NOT_SAID),
      },
      async ({ maxReconsumeTimes, ...header }, { version, local }) => {
        const own = maxReconsumeTimes === NOT_SAID ? undefined : maxReconsumeTimes;
        await retries.sendBack({ ...header, maxReconsumeTimes: own, version, local });
        return {};
      },
    ),
  ];
}
