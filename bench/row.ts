import type { Compared } from "./lab.ts";
import type { Reading } from "./reading.ts";

/** One line of the table; what is not measured stays out. */
export interface Row {
  readonly run: string;
  /** Ours, with its unit. */
  readonly ours: string;
  /** µs. */
  readonly p50?: number;
  readonly p99?: number;
  readonly p999?: number;
  /** µs of CPU a message. */
  readonly cpu?: number;
  /** Ours as a share of the bare program, or of the smallest case: `0.45 of echod`. */
  readonly beside?: string;
  /** Ours against Apache's broker: `2.3 ×`, `CPU 0.41`. */
  readonly apache?: string;
  readonly goal: string;
}

/** A comparison as a line of the table. */
export function rowOf(
  run: string,
  { own, bare, peer }: Compared,
  rest: { readonly goal: string; readonly bareName?: string },
): Row {
  return {
    run,
    ours: perSecond(own.perSecond),
    p50: own.p50,
    p99: own.p99,
    p999: own.p999,
    cpu: own.cpu,
    beside: bare && `${share(own.perSecond, bare.perSecond)} of ${rest.bareName ?? "echod"}`,
    apache: peer && apacheOf(own, peer),
    goal: rest.goal,
  };
}

function apacheOf(own: Reading, peer: Reading): string {
  const rate = `${share(own.perSecond, peer.perSecond)} ×, CPU ${share(own.cpu, peer.cpu)}`;
  const hasTail = !Number.isNaN(own.p999) && !Number.isNaN(peer.p999);
  return hasTail ? `${rate}, p99.9 ${share(own.p999, peer.p999)}` : rate;
}

export function perSecond(value: number): string {
  return `${Math.round(value).toLocaleString("en")} msg/s`;
}

/** As `0.45`. */
export function share(own: number, other: number): string {
  return (own / other).toFixed(2);
}
