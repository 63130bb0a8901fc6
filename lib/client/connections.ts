import { splitAddress } from "../model/own_address.ts";
import type { Clock } from "../port/clock.ts";
import type { Tcp } from "../port/tcp.ts";
import { Caller } from "../remoting/caller.ts";
import type { Command } from "../remoting/command.ts";
import { FORM_JSON, FORM_ROCKETMQ } from "../remoting/frame.ts";
import { ClientError } from "./client_error.ts";

/** How headers are written: every server reads both. */
export type HeaderForm = "json" | "rocketmq";

/** What connections are made with. */
export interface ConnectionOptions {
  readonly tcp: Tcp;
  readonly clock: Clock;
  readonly header?: HeaderForm;
  /** For a connection to come about, ms; 3 s where left out. */
  readonly connectTimeoutMs?: number;
  /** Hears what servers ask unasked, such as that a group's members changed. */
  readonly asked?: (command: Command) => void;
}

/** The port of a name server where none is written. */
const NAME_SERVER_PORT = 9876;
const CONNECT_TIMEOUT_MS = 3000;

/** The open connections by address and lane; each is made when it is first wanted. */
export class Connections {
  readonly #options: ConnectionOptions;
  readonly #open = new Map<string, Promise<Caller>>();
  #isClosed = false;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  /**
   * The connection to `address`, made anew where it is gone. `lane` tells several to one address
   * apart. @throws {ClientError} `unreachable`
   */
  async to(address: string, lane = 0): Promise<Caller> {
    if (this.#isClosed) throw new ClientError("unreachable", "The client is closed.");
    const key = `${address}/${lane}`;
    const known = this.#open.get(key);
    if (known !== undefined) return await known;
    const connecting = this.#connect(address);
    this.#open.set(key, connecting);
    const forget = () => {
      if (this.#open.get(key) === connecting) this.#open.delete(key);
    };
    try {
      const caller = await connecting;
      caller.onClose(forget);
      if (this.#isClosed) caller.close();
      return caller;
    } catch (fault) {
      forget();
      const why = fault instanceof Error ? fault.message : String(fault);
      throw new ClientError("unreachable", why, { cause: fault });
    }
  }

  /** Closes all; what waits for an answer fails. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const open = [...this.#open.values()];
    this.#open.clear();
    for (const caller of await Promise.allSettled(open)) {
      if (caller.status === "fulfilled") caller.value.close();
    }
  }

  #connect(address: string): Promise<Caller> {
    const { tcp, clock, header, asked, connectTimeoutMs } = this.#options;
    return Caller.connect({
      ...{ tcp, clock, asked },
      ...splitAddress(address, NAME_SERVER_PORT),
      form: header === "rocketmq" ? FORM_ROCKETMQ : FORM_JSON,
      timeoutMs: connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
    });
  }
}
