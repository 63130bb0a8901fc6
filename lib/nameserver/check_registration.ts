import { Refusal } from "../model/refusal.ts";
import type { Registration } from "./registration.ts";

const NAME_MAX = 255;
const FILTER_SERVERS_MAX = 16;
/** As clients can take it apart: Go's reads the JSON of addresses by its commas and colons. */
const ADDRESS = /^[^\s,"'\\{}]+:\d{1,5}$/;

/** @throws {Refusal} `parameter-invalid` for names and addresses that no client could use. */
export function checkRegistration(asked: Registration): void {
  checkName("clusterName", asked.clusterName);
  checkName("brokerName", asked.brokerName);
  for (const topic of asked.topics) checkName("topic", topic.name);
  if (asked.haServerAddress !== undefined) checkName("haServerAddr", asked.haServerAddress);
  if (asked.zoneName !== undefined) checkName("zone", asked.zoneName);
  for (const server of asked.filterServers) checkName("filter server", server);
  const { brokerName, brokerId, address, filterServers } = asked;
  if (address.length > NAME_MAX || !ADDRESS.test(address)) {
    const shown = JSON.stringify(address.slice(0, 80));
    refuse(brokerName, `its brokerAddr is ${shown}; expected host:port.`);
  }
  if (brokerId < 0) refuse(brokerName, `its brokerId is ${brokerId}; expected 0 or more.`);
  if (filterServers.length <= FILTER_SERVERS_MAX) return;
  refuse(
    brokerName,
    `it names ${filterServers.length} filter servers, at most ${FILTER_SERVERS_MAX}.`,
  );
}

function checkName(what: string, name: string): void {
  // deno-lint-ignore no-control-regex
  if (name !== "" && name.length <= NAME_MAX && !/[\u0000-\u001f]/.test(name)) return;
  const shown = JSON.stringify(name.slice(0, 80));
  refuse("a broker", `its ${what} is ${shown}; expected 1 to ${NAME_MAX} printable characters.`);
}

function refuse(broker: string, why: string): never {
  throw new Refusal("parameter-invalid", `Cannot register ${broker}: ${why}`);
}
