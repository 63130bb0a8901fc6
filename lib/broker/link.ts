import type { Host } from "../model/host.ts";

/**
 * How the broker calls a client: one connection, whatever its protocol. The listener that owns the
 * connection implements it.
 */
export interface Link {
  /** Unique among all links since start. */
  readonly id: number;
  readonly local: Host;
  readonly remote: Host;
  readonly isClosed: boolean;
  /** False while the client does not take what was sent: then nothing unasked is sent to it. */
  readonly isWritable: boolean;
  /** Runs once when the connection closes; at once where it has. */
  onClose(run: () => void): void;
  /** Tells a consumer that the members of its group changed. */
  membersChanged(group: string): void;
}
