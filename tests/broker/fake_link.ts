import type { Link } from "../../lib/broker/link.ts";
import { type Host, parseHost } from "../../lib/model/host.ts";

let made = 0;

/** An address that is one. */
export function host(address: string, port: number): Host {
  const parsed = parseHost(address, port);
  if (parsed === undefined) throw new Error(`${address} is no address`);
  return parsed;
}

/** A client's connection that a test opens, fills and closes by hand. */
export class FakeLink implements Link {
  readonly id = ++made;
  readonly local = host("127.0.0.1", 10911);
  readonly remote = host("10.1.2.3", 40_000 + this.id);
  isClosed = false;
  isWritable = true;
  /** Groups whose members it was told have changed, in order. */
  readonly told: string[] = [];
  /** How many wait for its end. */
  readonly closers: (() => void)[] = [];

  onClose(run: () => void): void {
    if (this.isClosed) run();
    else this.closers.push(run);
  }

  membersChanged(group: string): void {
    this.told.push(group);
  }

  close(): void {
    this.isClosed = true;
    for (const run of this.closers.splice(0)) run();
  }
}
