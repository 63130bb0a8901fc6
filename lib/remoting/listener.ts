import { formatHost } from "../model/host.ts";
import type { Clock } from "../port/clock.ts";
import type { Job } from "../port/job.ts";
import type { Lines } from "../port/lines.ts";
import type { Connection, Tcp, TcpListener } from "../port/tcp.ts";
import { Dispatch } from "./dispatch.ts";
import { CommandWriter } from "./encode.ts";
import { DEFAULT_LIMITS, type RemotingLimits } from "./limits.ts";
import { Load } from "./load.ts";
import type { Row } from "./row.ts";
import { Session, type SessionHome } from "./session.ts";

/** What a listener is made of. */
export interface ListenerParts {
  readonly tcp: Tcp;
  readonly clock: Clock;
  readonly lines: Lines;
  /** What is answered, by request code. */
  readonly rows: ReadonlyMap<number, Row>;
  readonly limits?: Partial<RemotingLimits>;
}

/** How often deadlines are looked at, ms. */
const SWEEP_MS = 1000;

/** Serves RocketMQ's remoting protocol on any number of ports. */
export class RemotingListener implements SessionHome {
  readonly limits: RemotingLimits;
  readonly load = new Load();
  readonly writer = new CommandWriter();
  readonly dispatch: Dispatch;
  readonly #tcp: Tcp;
  readonly #clock: Clock;
  readonly #lines: Lines;
  readonly #ports: TcpListener[] = [];
  readonly #sessions = new Set<Session>();
  readonly #justNow = Promise.resolve();
  #toFlush: Session[] = [];
  #refusedMs = -Infinity;
  #onEmpty: (() => void) | undefined;
  #isClosing = false;

  constructor({ tcp, clock, lines, rows, limits }: ListenerParts) {
    this.limits = { ...DEFAULT_LIMITS, ...limits };
    this.#tcp = tcp;
    this.#clock = clock;
    this.#lines = lines;
    this.dispatch = new Dispatch({ rows, limits: this.limits, load: this.load, lines });
  }

  /** Connections at the moment. */
  get connections(): number {
    return this.#sessions.size;
  }

  /** Listens on one more port; 0 takes a free one. Rejects with the reason. */
  async listen(host: string, port: number): Promise<{ readonly port: number }> {
    const listening = await this.#tcp.listen({ host, port }, (connection) => {
      this.#accept(connection);
    });
    this.#ports.push(listening);
    return { port: listening.port };
  }

  /** Looks at deadlines: whoever is silent or slow for too long is closed. */
  jobs(): Job[] {
    return [{ name: "remoting deadlines", run: (now) => this.#sweep(now) }];
  }

  /**
   * Accepts and reads nothing more, waits for the requests under way, but not longer than
   * `closeTimeoutMs`, sends their answers and closes. End the waiting pulls first.
   */
  async close(): Promise<void> {
    this.#isClosing = true;
    const closed = Promise.all(this.#ports.splice(0).map((port) => port.close()));
    for (const session of this.#sessions) session.stopReading();
    if (this.load.open > 0) await this.#answered();
    for (const session of this.#sessions) session.end();
    if (this.#sessions.size > 0) await this.#empty();
    for (const session of this.#sessions) session.drop();
    await closed;
  }

  now(): number {
    return this.#clock.monotonic();
  }

  flushSoon(session: Session): void {
    this.#toFlush.push(session);
    if (this.#toFlush.length === 1) void this.#justNow.then(this.#flush);
  }

  makeRoom(): void {
    let slowest: Session | undefined;
    for (const session of this.#sessions) {
      if (session.waitingSinceMs < (slowest?.waitingSinceMs ?? Infinity)) slowest = session;
    }
    slowest?.giveWay();
  }

  tell(line: string): void {
    this.#lines.warn(line);
  }

  left(session: Session): void {
    this.#sessions.delete(session);
    if (this.#sessions.size === 0) this.#onEmpty?.();
  }

  #accept(connection: Connection): void {
    if (this.#isClosing) return connection.destroy();
    if (this.#sessions.size >= this.limits.connectionsMax) return this.#refuse(connection);
    const session = new Session(connection, this);
    this.#sessions.add(session);
    session.start();
  }

  /** Logged once a second at the most: who is refused comes again. */
  #refuse(connection: Connection): void {
    connection.destroy();
    if (this.now() - this.#refusedMs < SWEEP_MS) return;
    this.#refusedMs = this.now();
    this.tell(
      `Refused a connection of ${
        formatHost(connection.remote)
      }: ${this.#sessions.size} are open, ` +
        `which is the most (connectionsMax).`,
    );
  }

  /** Runs behind all that was ready to answer at the same moment. */
  readonly #flush = (): void => {
    const sessions = this.#toFlush;
    this.#toFlush = [];
    for (const session of sessions) session.flush();
  };

  #sweep(now: number): number {
    for (const session of this.#sessions) session.checkDeadlines(now);
    return now + SWEEP_MS;
  }

  /** Resolves when no request is under way, or after `closeTimeoutMs`. */
  #answered(): Promise<void> {
    return this.#within((done) => this.load.onIdle = done);
  }

  /** Resolves when no connection is left, or after `closeTimeoutMs`. */
  #empty(): Promise<void> {
    return this.#within((done) => this.#onEmpty = done);
  }

  #within(whenDone: (done: () => void) => void): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#clock.after(this.limits.closeTimeoutMs, resolve);
      whenDone(() => {
        timer.cancel();
        resolve();
      });
    });
  }
}
