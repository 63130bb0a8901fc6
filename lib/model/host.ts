/** One end of a connection: 4 or 16 bytes of address, and the port. */
export interface Host {
  /** In the order of the network. */
  readonly ip: Uint8Array;
  /** 0 to 65,535. */
  readonly port: number;
}

/**
 * Reads an address in text form. IPv4-mapped IPv6 (`::ffff:10.0.0.1`) becomes 4 bytes, as clients
 * know it; a zone (`%eth0`) is dropped. Returns undefined where the text is no address.
 */
export function parseHost(address: string, port: number): Host | undefined {
  const text = address.split("%")[0];
  const ip = text.includes(":") ? parseIpv6(text) : parseIpv4(text);
  return ip === undefined ? undefined : { ip: unmapped(ip), port };
}

/** The address alone: `10.0.0.1` or `2001:db8::1` (longest run of zeros shortened, RFC 5952). */
export function formatIp(ip: Uint8Array): string {
  return ip.length === 4 ? ip.join(".") : formatIpv6(ip);
}

/** `10.0.0.1:10911`, and `[::1]:10911` for IPv6. */
export function formatHost(host: Host): string {
  const ip = formatIp(host.ip);
  return host.ip.length === 4 ? `${ip}:${host.port}` : `[${ip}]:${host.port}`;
}

/** Is it a loopback address? */
export function isLoopback(host: Host): boolean {
  return host.ip.length === 4 ? host.ip[0] === 127 : formatIp(host.ip) === "::1";
}

function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) {
    return undefined;
  }
  return Uint8Array.from(parts, Number);
}

function parseIpv6(text: string): Uint8Array | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const head = ipv6Bytes(halves[0], halves.length === 1);
  const tail = halves.length === 2 ? ipv6Bytes(halves[1], true) : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 16 - head.length - tail.length;
  if (halves.length === 2 ? missing < 2 : missing !== 0) return undefined;
  return Uint8Array.from([...head, ...new Array<number>(missing).fill(0), ...tail]);
}

/** `isEnd`: the last group may be an IPv4 address. */
function ipv6Bytes(half: string, isEnd: boolean): number[] | undefined {
  if (half === "") return [];
  const bytes: number[] = [];
  const groups = half.split(":");
  for (const [at, group] of groups.entries()) {
    if (isEnd && group.includes(".") && at === groups.length - 1) {
      const last = parseIpv4(group);
      if (last === undefined) return undefined;
      bytes.push(...last);
    } else if (/^[0-9a-fA-F]{1,4}$/.test(group)) {
      const value = parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
    } else {
      return undefined;
    }
  }
  return bytes;
}

function unmapped(ip: Uint8Array): Uint8Array {
  const mapped = ip.length === 16 && ip.subarray(0, 10).every((byte) => byte === 0) &&
    ip[10] === 0xff && ip[11] === 0xff;
  return mapped ? ip.slice(12) : ip;
}

function formatIpv6(ip: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, at) => (ip[2 * at] << 8) | ip[2 * at + 1]);
  let start = -1;
  let length = 1;
  for (let at = 0; at < 8; at++) {
    let run = 0;
    while (at + run < 8 && groups[at + run] === 0) run++;
    if (run > length) [start, length] = [at, run];
  }
  const text = (part: number[]) => part.map((group) => group.toString(16)).join(":");
  if (start < 0) return text(groups);
  return `${text(groups.slice(0, start))}::${text(groups.slice(start + length))}`;
}
