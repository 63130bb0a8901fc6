import type { FrameLimits } from "./frame.ts";

/** What peers may ask of a listener; each is a setting. */
export interface RemotingLimits extends FrameLimits {
  /** Connections at once. */
  readonly connectionsMax: number;
  /** How long the head of a frame may take to come, ms; its rest gets a second more per 64 KiB. */
  readonly frameDeadlineMs: number;
  /** A connection on which nothing goes either way for so long is closed, ms. */
  readonly idleMs: number;
  /** Requests, of one connection and of all, that are not answered yet; pulls that wait count. */
  readonly openPerConnectionMax: number;
  readonly openMax: number;
  /** Bytes of such requests; a connection that has more of them is not read for a while. */
  readonly openBytesPerConnectionMax: number;
  readonly openBytesMax: number;
  /** Answers that a peer does not take: from so many bytes on it is not read. */
  readonly unsentPauseBytes: number;
  /** With more than so many bytes it is closed. */
  readonly unsentMaxBytes: number;
  /** Bytes of frames under way and answers not taken, in all; then the slowest peer is closed. */
  readonly waitingBytesMax: number;
  /** Answers that one client, and all, may owe to what the broker asked them. */
  readonly callsPerConnectionMax: number;
  readonly callsMax: number;
  /** How long a listener that closes waits for requests under way, ms. */
  readonly closeTimeoutMs: number;
}

const MIB = 1024 * 1024;

export const DEFAULT_LIMITS: RemotingLimits = {
  frameMaxBytes: 16 * MIB,
  headerMaxBytes: 256 * 1024,
  connectionsMax: 18_000,
  frameDeadlineMs: 10_000,
  idleMs: 120_000,
  openPerConnectionMax: 20_000,
  openMax: 200_000,
  openBytesPerConnectionMax: 32 * MIB,
  openBytesMax: 256 * MIB,
  unsentPauseBytes: MIB,
  unsentMaxBytes: 64 * MIB,
  waitingBytesMax: 256 * MIB,
  callsPerConnectionMax: 1000,
  callsMax: 20_000,
  closeTimeoutMs: 3000,
};
