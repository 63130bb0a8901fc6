import { Refusal } from "../model/refusal.ts";
import type { Registration } from "./registration.ts";

const NAME_MAX = 255;
/** As clients can take it apart: Go's reads the JSON of addresses by its commas and colons. */
const ADDRESS = /^[^\s,"'\\{}]+:\d{1,5}$/;

/** @throws {Refusal} `parameter-invalid` for names and addresses that no client could use. */
export function checkRegistration(asked: Registration): void {
  checkName("clusterName", asked.clusterName);
  checkName("brokerName", asked.brokerName);
  if (asked.address.length > NAME_MAX || !ADDRESS.test(asked.address)) {
    const shown = JSON.stringify(asked.address.slice(0, 80));
    throw new Refusal(
      "parameter-invalid",
      `Cannot register ${asked.brokerName}: its brokerAddr is ${shown}; expected host:port.`,
    );
  }
  if (asked.brokerId < 0) {
    throw new Refusal(
      "parameter-invalid",
      `Cannot register ${asked.brokerName}: its brokerId is ${asked.brokerId}; expected 0 or more.`,
    );
  }
}

function checkName(what: string, name: string): void {
  // deno-lint-ignore no-control-regex
  if (name !== "" && name.length <= NAME_MAX && !/[\u0000-\u001f]/.test(name)) return;
  throw new Refusal(
    "parameter-invalid",
    `Cannot register the broker: its ${what} is ${
      JSON.stringify(name.slice(0, 80))
    }; expected 1 to ` +
      `${NAME_MAX} characters that can be printed.`,
  );
}
