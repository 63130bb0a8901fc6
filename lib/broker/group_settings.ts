/** What can be set about groups and their members; live, as {@linkcode BrokerSettings}. */
export interface GroupSettings {
  /**
   * A queue's lock that is not renewed for so long is over, ms [system property
   * rocketmq.broker.rebalance.lockMaxLiveTime: 60000].
   */
  lockLifeMs: number;
  /** Queues that are locked at a time, of all groups [ours, queueLocksMax: 100000]. */
  queueLocksMax: number;
  /**
   * Does a group that starts at the end start at the end that its first heartbeat saw? [ours,
   * keepFirstQueueEnds: true]
   */
  keepFirstQueueEnds: boolean;
  /**
   * Is a client refused that subscribes otherwise than its group? [ours,
   * refuseDifferentSubscriptions: false]
   */
  refuseDifferentSubscriptions: boolean;
}
