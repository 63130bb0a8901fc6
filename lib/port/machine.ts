import { hostname, networkInterfaces, totalmem } from "node:os";
import process from "node:process";

/** An address of one of this machine's network cards. */
export interface LocalAddress {
  /** As text, without a zone. */
  readonly ip: string;
  readonly isLoopback: boolean;
}

/** This process's id. */
export function processId(): number {
  return process.pid;
}

/** What this machine calls itself. */
export function hostName(): string {
  return hostname();
}

/** The memory built into this machine, in bytes; a container's limit is not asked for. */
export function memoryBytes(): number {
  return totalmem();
}

/** The memory that this process takes now, in bytes. */
export function residentBytes(): number {
  return process.memoryUsage().rss;
}

/**
 * The addresses that others may reach this machine by, IPv4 first, loopback last; addresses that
 * hold for one link only (`fe80:…`, `169.254.…`) are left out.
 */
export function localAddresses(): LocalAddress[] {
  const addresses = Object.values(networkInterfaces()).flatMap((card) => card ?? [])
    .map(({ address, internal }) => ({ ip: address.split("%")[0], isLoopback: internal }))
    .filter(({ ip }) => !/^(fe80:|169\.254\.)/i.test(ip));
  const rank = ({ ip, isLoopback }: LocalAddress) =>
    (isLoopback ? 2 : 0) + (ip.includes(":") ? 1 : 0);
  return addresses.sort((a, b) => rank(a) - rank(b));
}
