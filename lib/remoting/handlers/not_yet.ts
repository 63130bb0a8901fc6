import { Refusal } from "../../model/refusal.ts";
import type { Row } from "../row.ts";

/** Requests of RocketMQ's that have no verb here yet: name, and what happens or helps meanwhile. */
const NOT_YET: readonly (readonly [code: number, name: string, meanwhile: string])[] = [
  [46, "CHECK_CLIENT_CONFIG", "Subscribe by tags, not by SQL92."],
];

/** Answers each of them with a sentence, so that the one who asks knows more than a number. */
export function notYetRows(): Row[] {
  return NOT_YET.map(([code, name, meanwhile]) => ({
    code,
    name,
    access: "open",
    answer: () => {
      throw new Refusal(
        "unsupported",
        ` request type ${code} not supported. This PocketMQ has no ${name} yet. ${meanwhile}`,
      );
    },
  }));
}
