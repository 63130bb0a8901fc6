/** What can be set about transactions; live. RocketMQ's property names stand in brackets. */
export interface TransactionSettings {
  /** Are transactional messages refused? [rejectTransactionMessage: false] */
  rejectTransactions: boolean;
  /** How old a half is before anybody is asked about it, ms [transactionTimeOut: 6000]. */
  transactionTimeoutMs: number;
  /** Rest between two rounds of asking, ms [transactionCheckInterval: 30000]. */
  transactionCheckMs: number;
  /** How often a producer is asked before the half is parked [transactionCheckMax: 15]. */
  transactionChecksMax: number;
}
