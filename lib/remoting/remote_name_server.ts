import { Bean } from "../model/bean.ts";
import type { DataVersion } from "../model/data_version.ts";
import { type Host, isLoopback } from "../model/host.ts";
import { splitAddress } from "../model/own_address.ts";
import { Refusal } from "../model/refusal.ts";
import { Perm, type Topic } from "../model/topic.ts";
import type { OwnBroker } from "../nameserver/own_broker.ts";
import { crc32 } from "../port/checksum.ts";
import type { Clock } from "../port/clock.ts";
import type { Lines } from "../port/lines.ts";
import { writeRegistration } from "./bodies/registration.ts";

/** One connection to a name server, as a registration needs it; a `Caller` makes one. */
export interface NameServerConnection {
  readonly local: Host;
  readonly remote: Host;
  /** Asks and waits for the answer; rejects where none comes in time. */
  call(request: {
    readonly code: number;
    readonly header: { readonly [name: string]: string | number | boolean };
    readonly body?: Uint8Array;
    readonly timeoutMs: number;
  }): Promise<{ readonly code: number; readonly remark?: string; readonly body?: Uint8Array }>;
  /** Runs once when the connection closes. */
  onClose(run: () => void): void;
  close(): void;
}

/** What a registration with other processes' name servers needs. */
export interface RemoteOptions {
  readonly clock: Clock;
  readonly lines: Lines;
  /** The broker that registers, under the address that each name server's connection has here. */
  readonly own: OwnBroker;
  connect(address: { readonly host: string; readonly port: number }): Promise<NameServerConnection>;
  /** Where the broker listens, if that is loopback only and nothing else is advertised. */
  readonly localOnly?: string;
  /** Takes the sentence to stop with, where `localOnly` meets a name server on another machine. */
  fatal(sentence: string): void;
  /** How often to register without a change, ms; held between 10 and 60 s, as upstream does. */
  readonly periodMs?: number;
  /** How long to wait for an answer, ms. */
  readonly timeoutMs?: number;
}

/** The port of a name server where none is written. */
export const NAME_SERVER_PORT = 9876;
const PERIOD_MS = 30_000;
const PERIOD_MIN_MS = 10_000;
const PERIOD_MAX_MS = 60_000;
const TIMEOUT_MS = 24_000;
const LEAVE_TIMEOUT_MS = 3000;
const ROUTE_TIMEOUT_MS = 3000;
/** `TOPIC_NOT_EXIST`. */
const TOPIC_UNKNOWN = 17;
const SECOND_MS = 1000;
const READ_WRITE = Perm.read | Perm.write;

/** Which was told last, so that a state is logged once, when it begins. */
type State = "new" | "registered" | "unreached" | "refused" | "stopped";

/** One name server in another process, and our broker's registration there. */
export class RemoteNameServer {
  readonly address: string;
  readonly #options: RemoteOptions;
  readonly #periodMs: number;
  readonly #timeoutMs: number;
  #connection: NameServerConnection | undefined;
  #state: State = "new";
  /** When to register next, monotonic ms; by topics that changed, -Infinity. */
  #dueMs = -Infinity;
  #startedMs = -Infinity;
  /** `brokerPermission` as it was told last. */
  #toldPermission = READ_WRITE;
  #failures = 0;
  #isBusy = false;

  constructor(address: string, options: RemoteOptions) {
    this.address = address;
    this.#options = options;
    const period = options.periodMs ?? PERIOD_MS;
    this.#periodMs = Math.min(PERIOD_MAX_MS, Math.max(PERIOD_MIN_MS, period));
    this.#timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  }

  /** Makes the next registration due now, unless the name server is not reached anyway. */
  changed(): void {
    if (this.#failures === 0) this.#dueMs = -Infinity;
  }

  /** Registers if it is due, at most once a second; says when to ask again (monotonic ms). */
  run(now: number): number {
    if (this.#isStopped) return Infinity;
    if (this.#permission !== this.#toldPermission) this.changed();
    const isDue = this.#dueMs <= now && now - this.#startedMs >= SECOND_MS;
    if (isDue && !this.#isBusy) {
      this.#startedMs = now;
      this.#dueMs = now + this.#periodMs;
      this.#isBusy = true;
      this.#register().finally(() => this.#isBusy = false);
    }
    return now + SECOND_MS;
  }

  /** A topic's route (105); undefined: no such topic. Rejects where it is not reached. */
  async route(topic: string): Promise<Uint8Array | undefined> {
    const connection = this.#connection;
    if (connection === undefined) throw new Error(`${this.address} is not reached`);
    const header = { topic, acceptStandardJsonOnly: true };
    const answer = await connection.call({ code: 105, header, timeoutMs: ROUTE_TIMEOUT_MS });
    if (answer.code === TOPIC_UNKNOWN) return undefined;
    if (answer.code === 0 && answer.body !== undefined) return answer.body;
    throw new Error(`${this.address} answered ${answer.code}`);
  }

  /** Takes leave (104), if it is reached, and closes. Never rejects. */
  async stop(): Promise<void> {
    const wasRegistered = this.#state === "registered";
    this.#state = "stopped";
    const connection = this.#connection;
    this.#connection = undefined;
    if (connection === undefined) return;
    try {
      const header = this.#key(connection);
      const request = { code: 104, header, timeoutMs: LEAVE_TIMEOUT_MS };
      if (wasRegistered) await connection.call(request);
    } catch {
      // It notices by the closed connection.
    }
    connection.close();
  }

  async #register(): Promise<void> {
    try {
      const connection = this.#connection ?? await this.#connect();
      this.#connection = connection;
      const answer = await connection.call({ code: 103, ...this.#request(connection) });
      if (answer.code === 0) this.#succeeded(connection, answer.body);
      else this.#failed("refused", `it answered ${answer.code}: ${answer.remark ?? "no reason"}`);
    } catch (error) {
      const connection = this.#connection;
      this.#connection = undefined;
      connection?.close();
      this.#failed("unreached", error instanceof Error ? error.message : String(error));
    }
  }

  async #connect(): Promise<NameServerConnection> {
    const connection = await this.#options.connect(splitAddress(this.address, NAME_SERVER_PORT));
    if (this.#isStopped) {
      connection.close();
      throw new Error("stopped");
    }
    const bound = this.#options.localOnly;
    if (bound !== undefined && !isLoopback(connection.remote)) {
      connection.close();
      const sentence = localOnlySentence(this.address, bound);
      this.#state = "stopped";
      this.#options.fatal(sentence);
      throw new Error(sentence);
    }
    connection.onClose(() => this.#lost(connection));
    return connection;
  }

  /** Its connection closed: it may have forgotten us, so it is told again soon. */
  #lost(connection: NameServerConnection): void {
    if (this.#connection !== connection) return;
    this.#connection = undefined;
    this.#dueMs = this.#options.clock.monotonic() + SECOND_MS;
    this.#tell("unreached", "the connection closed");
  }

  #succeeded(connection: NameServerConnection, body: Uint8Array | undefined): void {
    this.#failures = 0;
    const ordered = orderedIn(body);
    if (ordered.length > 0) this.#own.ordered?.(ordered);
    if (this.#state === "registered" || this.#isStopped) return;
    this.#state = "registered";
    const { brokerAddr } = this.#key(connection);
    this.#options.lines.info(`Registered with the name server ${this.address} as ${brokerAddr}.`);
  }

  #failed(state: State, why: string): void {
    const backOffMs = Math.min(this.#periodMs, SECOND_MS * 2 ** this.#failures);
    this.#failures++;
    this.#dueMs = this.#options.clock.monotonic() + backOffMs;
    this.#tell(state, why);
  }

  #tell(state: State, why: string): void {
    if (this.#state === state || this.#isStopped) return;
    this.#state = state;
    this.#options.lines.warn(
      `Cannot register with the name server ${this.address}: ${why}. Who asks it does not find ` +
        `this broker. Tried again at least every ${this.#periodMs / 1000} s.`,
    );
  }

  #request(connection: NameServerConnection) {
    const permission = this.#permission;
    this.#toldPermission = permission;
    const topics = [...this.#topics(permission)];
    const { bytes: body, isPacked } = writeRegistration(topics, this.#version(permission));
    const header = {
      ...this.#key(connection),
      haServerAddr: haServerAddress(this.#own.address.textFor(connection.local)),
      enableActingMaster: false,
      compressed: isPacked,
      bodyCrc32: crc32(body) & 0x7fffffff,
    };
    return { header, body, timeoutMs: this.#timeoutMs };
  }

  #key(connection: NameServerConnection) {
    const { clusterName, brokerName, brokerId, address } = this.#own;
    return { clusterName, brokerName, brokerId, brokerAddr: address.textFor(connection.local) };
  }

  /** All topics, within what `brokerPermission` allows. */
  *#topics(permission: number): Iterable<Topic> {
    for (const topic of this.#own.topics()) {
      yield permission === READ_WRITE ? topic : { ...topic, perm: topic.perm & permission };
    }
  }

  /** Another permission makes another version, or the name server would not look at the topics. */
  #version(permission: number): DataVersion {
    const version = this.#own.version();
    return { ...version, timestamp: version.timestamp + READ_WRITE - permission };
  }

  get #permission(): number {
    return (this.#own.permission?.() ?? READ_WRITE) & READ_WRITE;
  }

  get #isStopped(): boolean {
    return this.#state === "stopped";
  }

  get #own(): OwnBroker {
    return this.#options.own;
  }
}

/** The topics with an order configuration, as a registration is answered (`KVTable`). */
function orderedIn(body: Uint8Array | undefined): string[] {
  if (body === undefined || body.length === 0) return [];
  try {
    return [...Bean.read(body).table("table").keys()];
  } catch (fault) {
    if (fault instanceof Refusal) return [];
    throw fault;
  }
}

/** Why a broker that listens on loopback only does not register on another machine. */
export function localOnlySentence(nameServer: string, bound: string): string {
  return `Cannot register with the name server ${nameServer}: this broker listens on ${bound} ` +
    `only, where nobody who asks that name server can reach it. Start it with --host 0.0.0.0 or ` +
    `with the address that others should use, or say what leads here with --advertise HOST[:PORT].`;
}

/** Where upstream's replication listens: the port after the broker's. */
function haServerAddress(brokerAddress: string): string {
  const at = brokerAddress.lastIndexOf(":");
  return `${brokerAddress.slice(0, at)}:${Number(brokerAddress.slice(at + 1)) + 1}`;
}
