import type {
  DirectAsk,
  HalfCheck,
  Link,
  ProgressReset,
  QueueAt,
  Reply,
  RunningStateAsk,
} from "../../lib/broker/link.ts";
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
  /** What it was told or asked otherwise, in order. */
  readonly checks: HalfCheck[] = [];
  readonly resets: ProgressReset[] = [];
  readonly asked: (RunningStateAsk | DirectAsk)[] = [];
  readonly replies: Reply[] = [];
  /** What it answers; a test may put another function in its place, which may throw. */
  answers = {
    status: (): QueueAt[] => [],
    report: (): Uint8Array => new TextEncoder().encode("{}"),
    reply: (): void => {},
  };
  /** How many wait for its end. */
  readonly closers: (() => void)[] = [];

  onClose(run: () => void): void {
    if (this.isClosed) run();
    else this.closers.push(run);
  }

  membersChanged(group: string): void {
    this.told.push(group);
  }

  checkTransaction(check: HalfCheck): void {
    this.checks.push(check);
  }

  resetProgress(reset: ProgressReset): void {
    this.resets.push(reset);
  }

  async consumerStatus(): Promise<QueueAt[]> {
    return await Promise.resolve(this.answers.status());
  }

  async runningState(ask: RunningStateAsk): Promise<Uint8Array> {
    this.asked.push(ask);
    return await Promise.resolve(this.answers.report());
  }

  async consumeDirectly(ask: DirectAsk): Promise<Uint8Array> {
    this.asked.push(ask);
    return await Promise.resolve(this.answers.report());
  }

  async deliverReply(reply: Reply): Promise<void> {
    this.replies.push(reply);
    await Promise.resolve(this.answers.reply());
  }

  close(): void {
    this.isClosed = true;
    for (const run of this.closers.splice(0)) run();
  }
}
