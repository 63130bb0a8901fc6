import { formatIp, type Host } from "./host.ts";
import { getLong, setLong } from "./record.ts";

/**
 * The id by which a record can be found: store host and position as upper-case hex, 32 characters
 * for IPv4 and 56 for IPv6 (`MessageDecoder.createMessageId`).
 */
export function offsetId(storeHost: Host, position: number): string {
  const length = storeHost.ip.length;
  const bytes = new Uint8Array(length + 12);
  const view = new DataView(bytes.buffer);
  bytes.set(storeHost.ip);
  view.setInt32(length, storeHost.port);
  setLong(view, length + 4, position);
  return hex(bytes);
}

/** Store host and position of an offset id, or undefined where the text is none. */
export function parseOffsetId(id: string): { host: Host; position: number } | undefined {
  if (!/^([0-9a-fA-F]{32}|[0-9a-fA-F]{56})$/.test(id)) return undefined;
  const bytes = Uint8Array.from(id.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  const length = bytes.length - 12;
  const view = new DataView(bytes.buffer);
  const host = { ip: bytes.slice(0, length), port: view.getInt32(length) };
  return { host, position: getLong(view, length + 4) };
}

const ZEROS = "0000000000000000";
const PAIRS: readonly string[] = Array.from(
  { length: 256 },
  (_, byte) => byte.toString(16).toUpperCase().padStart(2, "0"),
);

/** Upper-case hex of bytes. */
export function hex(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at++) text += PAIRS[bytes[at]];
  return text;
}

/** A whole number from 0 to 2 ** 53 as upper-case hex, zeros in front up to `digits`. */
export function hexNumber(value: number, digits: number): string {
  const text = value.toString(16).toUpperCase();
  return text.length < digits ? ZEROS.slice(text.length - digits) + text : text;
}

/** A client's address in the form tools show it: `10.0.0.1:54321`. */
export function clientAddress(host: Host): string {
  return `${formatIp(host.ip)}:${host.port}`;
}
