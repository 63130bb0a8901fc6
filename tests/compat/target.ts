/** A name server, a broker, or both, running with a data directory of their own. */
export interface Target {
  readonly kind: "apache" | "pocketmq";
  readonly directory: string;
  /** 0 where there is none. */
  readonly nameServerPort: number;
  /** 0 where there is none. */
  readonly brokerPort: number;
  readonly pids: readonly number[];
  /** From the start of the program until it said that it was ready, ms. */
  readonly startMs: number;
  output(): string;
  /** Ends it in order; throws where it does not end, or not with code 0. */
  stop(): Promise<void>;
  /** kill -9. */
  kill(): Promise<void>;
}

/** What a target is started with. */
export interface TargetOptions {
  readonly name: string;
  /** An earlier one's, to open it again; its own new one if left out. */
  readonly directory?: string;
  /** By RocketMQ's names. */
  readonly settings?: Readonly<Record<string, string>>;
  /** A name server elsewhere: then only a broker is started. */
  readonly nameServerPort?: number;
  /** The same port as before, to come back under one address. */
  readonly brokerPort?: number;
}

export function address(port: number, host = "127.0.0.1"): string {
  return `${host}:${port}`;
}
