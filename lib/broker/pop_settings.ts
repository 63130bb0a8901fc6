/** What can be set about popped messages; live, as `BrokerSettings`. */
export interface PopSettings {
  /**
   * Are retry topics of popped messages named `%RETRY%group+topic`, not `%RETRY%group_topic`?
   * [enableRetryTopicV2: false]
   */
  popRetryV2: boolean;
  /** Pops whose messages are not all acknowledged, at a time [popCkMaxBufferSize: 200000]. */
  leasesMax: number;
  /**
   * Does a popped message that failed retryMaxTimes go to the group's dead letters by itself?
   * Upstream leaves that to its clients [ours, popDeadLetterEnable: false].
   */
  popDeadLetters: boolean;
  /**
   * Is a message kept for longer only by a receipt that still holds it? Upstream takes any, and
   * the message, which came back meanwhile, comes once more [ours, popReceiptsEnd: true].
   */
  receiptsEnd: boolean;
}
