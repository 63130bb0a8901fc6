/** What can be set about how much waits; live, as the broker's other settings. */
export interface FlowSettings {
  /**
   * Where messages wait for the disk so long, no more are taken, ms [osPageCacheBusyTimeOutMills:
   * 1000].
   */
  busyAfterMs: number;
}
