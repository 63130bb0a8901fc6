import { lookup } from "node:dns";

/**
 * The address of a host, as text; an IPv4 one where it has both kinds, for RocketMQ's clients
 * mostly speak that. An address is its own. Rejects with a sentence where there is no such host.
 */
export function lookUpHost(name: string): Promise<string> {
  return new Promise((resolve, reject) => {
    lookup(name, { all: true }, (error, addresses) => {
      const found = addresses?.find(({ family }) => family === 4) ?? addresses?.[0];
      if (found !== undefined) resolve(found.address);
      else reject(new Error(`Cannot look up ${name}: ${error?.code ?? "it has no address"}`));
    });
  });
}
