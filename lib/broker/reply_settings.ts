/** What can be set about replies; live. RocketMQ's property names stand in brackets. */
export interface ReplySettings {
  /** Are they kept in the log, beside being handed over? [storeReplyMessageEnable: true] */
  storeReplies: boolean;
}
