import type { OwnAddress } from "../model/own_address.ts";

/** Who this broker is, to clients, tools and name servers. */
export interface Identity {
  /** `brokerClusterName`. */
  readonly clusterName: string;
  readonly brokerName: string;
  /** 0 is the master. */
  readonly brokerId: number;
  readonly address: OwnAddress;
  /** `regionId`, answered to every send. */
  readonly region: string;
  /** `traceOn`, answered to every send: may clients trace their messages? */
  readonly traceOn: boolean;
  /** ms since 1970. */
  readonly startedMs: number;
}
