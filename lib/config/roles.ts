import type { Settings } from "../config.ts";
import { splitAddress } from "../model/own_address.ts";
import { ConfigError } from "./given.ts";

const NAME_SERVER_PORT = 9876;

/** What runs in this process, and where else its broker registers. */
export interface Roles {
  readonly nameServer: boolean;
  readonly broker: boolean;
  /** Name servers in other processes, `HOST:PORT`. */
  readonly registerWith: readonly string[];
}

/**
 * What `role` and `namesrvAddr` ask for. `isOwn` tells host names and addresses of this machine.
 * @throws {ConfigError} for an address that is none, and for a broker that no client could find.
 */
export function rolesOf(settings: Settings, isOwn: (host: string) => boolean): Roles {
  const { role, namesrvAddr, namesrvListenPort, bindAddress } = settings;
  const asked = nameServers(namesrvAddr);
  const isHere = (address: string) => {
    const { host, port } = splitAddress(address, NAME_SERVER_PORT);
    return port === namesrvListenPort && (host === bindAddress || isOwn(host));
  };
  const away = asked.filter((address) => !isHere(address));
  if (role === "namesrv") return { nameServer: true, broker: false, registerWith: [] };
  if (role === "broker" && asked.length === 0) {
    throw new ConfigError(
      "Cannot start with role=broker and no namesrvAddr: nobody would find the broker. Name one " +
        "with --set namesrvAddr=HOST:PORT, or leave the role out to run a name server here.",
    );
  }
  if (role === "broker" || (role === "" && asked.length > 0 && away.length === asked.length)) {
    return { nameServer: false, broker: true, registerWith: asked };
  }
  return { nameServer: true, broker: true, registerWith: away };
}

/** Addresses between `;`, as RocketMQ writes them. */
function nameServers(list: string): string[] {
  const addresses = list.split(/[;,]/).map((text) => text.trim().replace(/^https?:\/\//, ""));
  const named = addresses.filter((address) => address !== "");
  const wrong = named.find((address) => {
    const { host, port } = splitAddress(address, NAME_SERVER_PORT);
    return !/^[^\s/:]+$|^[0-9a-fA-F:.]+$/.test(host) || port < 1 || port > 65_535;
  });
  if (wrong === undefined) return named;
  throw new ConfigError(
    `Cannot use the name server ${JSON.stringify(wrong)}: expected HOST:PORT.`,
  );
}
