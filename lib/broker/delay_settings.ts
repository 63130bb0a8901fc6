/** What can be set about messages that come later; live, as `BrokerSettings`. */
export interface DelaySettings {
  /** Are delivery times heard? [timerWheelEnable: true] */
  timers: boolean;
  /** The longest delivery time, seconds [timerMaxDelaySec: 259200]. */
  timerMaxSeconds: number;
  /** Times are rounded up to this, ms [timerPrecisionMs: 1, where upstream has 1000]. */
  timerPrecisionMs: number;
  /**
   * A timed message that waits longer is stored anew after so long, seconds, so that its record
   * outlives the log's files [timerRollWindowSlot: 172800].
   */
  timerRollSeconds: number;
  /**
   * Timed messages that wait, in all: rows of a table on the disk [ours, timersMax: 100000000].
   */
  timersMax: number;
  /** Timed messages that wait for one second [timerCongestNumEachSlot: 2147483647]. */
  timersPerSlotMax: number;
  /** May messages be taken back? [recallMessageEnable: false] */
  recall: boolean;
}
