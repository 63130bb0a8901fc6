/** What can be set about transactions; live. RocketMQ's property names stand in brackets. */
export interface TransactionSettings {
  /** Are transactional messages refused? [rejectTransactionMessage: false] */
  rejectTransactions: boolean;
  /** How old a half is before anybody is asked about it, ms [transactionTimeOut: 6000]. */
  transactionTimeoutMs: number;
  /** Rest between two rounds of asking, ms [transactionCheckInterval: 30000]. */
  transactionCheckMs: number;
  /**
   * Is only the first end of a sending heard, whichever of its copies it names, and is putting it
   * off no check of it? False: as upstream, which commits whatever it is told, as often as it is
   * told, and parks what was put off so often [ours, transactionsEndOnce: true].
   */
  transactionsEndOnce: boolean;
  /** How often a producer is asked before the half is parked [transactionCheckMax: 15]. */
  transactionChecksMax: number;
}
