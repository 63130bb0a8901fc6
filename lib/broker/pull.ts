/** What a pull asks. */
export interface PullAsk {
  readonly group: string;
  readonly topic: string;
  readonly queueId: number;
  readonly offset: number;
  readonly maxMessages: number;
  /** Bytes of records at the most; the broker's own limits hold as well. */
  readonly maxBytes?: number;
  /** Progress to commit with this pull; absent: none (flag COMMIT_OFFSET not set). */
  readonly commitOffset?: number;
  /** How long to wait for a message where there is none, ms; 0: answer at once. */
  readonly suspendMs: number;
  /** The subscription that came with the pull; absent: the heartbeat's. */
  readonly subscription?: PullSubscription;
  /** The pull carries the flag CLASS_FILTER. */
  readonly classFilter?: boolean;
  /** A lite pull (code 361). */
  readonly lite: boolean;
  /** Version of the subscription that the client goes by. */
  readonly subVersion: number;
}

/** A subscription inside a pull. */
export interface PullSubscription {
  readonly expression: string;
  /** `TAG` or `SQL92`. */
  readonly type: string;
  readonly version: number;
}

/** What a pull hears. */
export interface PullResult {
  readonly status: "found" | "nothing" | "no-match" | "moved";
  /** RocketMQ's name for it (`GetMessageStatus`), the answer's remark. */
  readonly reason: string;
  readonly nextOffset: number;
  readonly offsetMin: number;
  readonly offsetMax: number;
  readonly suggestBrokerId: number;
  readonly topicSysFlag: number;
  readonly groupSysFlag: number;
  /** Stored bytes, in order; one piece may hold several records. */
  readonly records: readonly Uint8Array[];
  /** Messages in `records`. */
  readonly count: number;
}
