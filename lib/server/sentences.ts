import type { Settings } from "../config.ts";
import type { Roles } from "../config/roles.ts";
import type { Recovery } from "../log/log.ts";
import { isLoopback, parseHost } from "../model/host.ts";

/** What a start has to tell. */
export interface Started {
  readonly settings: Settings;
  readonly roles: Roles;
  readonly listening: { readonly nameServer?: number; readonly broker?: number };
  readonly recovery: Recovery | undefined;
}

/** What a user should know after the start: addresses, what the data directory held, hints. */
export function sentencesOf(started: Started): string[] {
  const { settings, roles, listening, recovery } = started;
  const { bindAddress, brokerName, brokerClusterName, brokerIP1 } = settings;
  const sentences: string[] = [];
  if (listening.nameServer !== undefined) {
    sentences.push(`Name server on ${bindAddress}:${listening.nameServer}.`);
  }
  if (listening.broker !== undefined) {
    const elsewhere = roles.registerWith.length === 0
      ? ""
      : `; it registers with ${roles.registerWith.join(", ")}`;
    const named = `Broker ${brokerName} of ${brokerClusterName}`;
    sentences.push(`${named} on ${bindAddress}:${listening.broker}${elsewhere}.`);
    sentences.push(reach(bindAddress, brokerIP1));
  }
  sentences.push(...found(settings, recovery));
  return sentences;
}

function reach(bindAddress: string, advertised: string): string {
  if (advertised !== "") return `Clients are sent to ${advertised} (--advertise).`;
  const host = parseHost(bindAddress, 0);
  if (bindAddress === "localhost" || (host !== undefined && isLoopback(host))) {
    return "Only this machine reaches it; --host 0.0.0.0 listens on every network.";
  }
  return "Clients are sent to the address where they ask; behind docker -p or NAT name the one " +
    "that they should use with --advertise HOST[:PORT].";
}

function found(settings: Settings, recovery: Recovery | undefined): string[] {
  const where = settings.memory
    ? `Everything is in memory, up to ${settings.memoryBytesMax} bytes of it; nothing outlives ` +
      "the process"
    : `Data directory ${settings.storePathRootDir}`;
  if (recovery === undefined || settings.memory) return [`${where}.`];
  const { how, records, cutBytes, damaged, ms } = recovery;
  if (how === "empty") return [`${where}: new.`, ...recovery.sentences];
  const tookMs = Math.round(ms);
  const read = how === "orderly"
    ? `${where}: was closed in order, opened in ${tookMs} ms`
    : `${where}: opened ${how}, ${records} records read in ${tookMs} ms`;
  const cut = cutBytes > 0 ? `, a torn tail of ${cutBytes} bytes cut off` : "";
  const stepped = damaged > 0 ? `, ${damaged} damaged places stepped over` : "";
  return [`${read}${cut}${stepped}.`, ...recovery.sentences];
}
