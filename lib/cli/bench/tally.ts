import type { ClientError } from "../../client/client_error.ts";
import { Histogram } from "../../model/histogram.ts";

/** Errors of one kind. */
export interface ErrorCount {
  /** A response code, or why there was none. */
  readonly code: string;
  readonly count: number;
  /** What the first one said. */
  readonly first: string;
}

/** What was measured so far. Latencies are µs. */
export class Tally {
  readonly latency = new Histogram();
  /** Since the last look. */
  readonly recent = new Histogram();
  readonly #errors = new Map<string, { count: number; first: string }>();
  messages = 0;
  bytes = 0;
  #sinceMs: number;
  #untilMs: number;

  constructor(nowMs: number) {
    this.#sinceMs = this.#untilMs = nowMs;
  }

  /** Messages arrived where they should, all with one answer. */
  add(messages: number, bytes: number, nowMs: number): void {
    this.messages += messages;
    this.bytes += bytes;
    this.#untilMs = nowMs;
  }

  /** Makes `recent` part of the whole; called every second or so. */
  gather(): void {
    this.latency.addAll(this.recent);
    this.recent.clear();
  }

  fail(error: ClientError): void {
    const key = error.code === undefined ? error.kind : `code ${error.code}`;
    const known = this.#errors.get(key);
    if (known === undefined) this.#errors.set(key, { count: 1, first: error.message });
    else known.count++;
  }

  /** Starts the figures anew, behind a warm-up; errors stay. */
  restart(nowMs: number): void {
    this.latency.clear();
    this.recent.clear();
    this.messages = this.bytes = 0;
    this.#sinceMs = this.#untilMs = nowMs;
  }

  /** From the start to the last answer. */
  get seconds(): number {
    return Math.max(0, this.#untilMs - this.#sinceMs) / 1000;
  }

  get errors(): ErrorCount[] {
    return [...this.#errors].map(([code, { count, first }]) => ({ code, count, first }));
  }

  get errorCount(): number {
    return this.errors.reduce((sum, { count }) => sum + count, 0);
  }
}
