/** One value as someone gave it. */
export interface Given {
  /** A setting's name, RocketMQ's or ours. */
  readonly key: string;
  readonly value: string;
  /** Where it stands, for sentences: `broker.conf, line 3`, `--port`, `POCKETMQ_ROLE`. */
  readonly where: string;
}

/** A configuration that does not start; the message is one sentence with place, value and cure. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}
