import { Refusal } from "../../model/refusal.ts";
import type { Row } from "../row.ts";

/** What RocketMQ's tools ask for that this broker does not have, by what it belongs to. */
const OF_BROKER: readonly (readonly [what: string, meanwhile: string, codes: readonly Named[]])[] =
  [
    ["replicas", "It is the only copy of its messages.", [
      [907, "GET_BROKER_HA_STATUS"],
      [908, "RESET_MASTER_FLUSH_OFFSET"],
      [1007, "GET_BROKER_EPOCH_CACHE"],
    ]],
    ["access control", "Keep strangers away from its ports.", [
      [3001, "AUTH_CREATE_USER"],
      [3002, "AUTH_UPDATE_USER"],
      [3003, "AUTH_DELETE_USER"],
      [3004, "AUTH_GET_USER"],
      [3005, "AUTH_LIST_USER"],
      [3006, "AUTH_CREATE_ACL"],
      [3007, "AUTH_UPDATE_ACL"],
      [3008, "AUTH_DELETE_ACL"],
      [3009, "AUTH_GET_ACL"],
      [3010, "AUTH_LIST_ACL"],
    ]],
    ["limits for cold reads", "Every group may read as far back as there are messages.", [
      [2001, "UPDATE_COLD_DATA_FLOW_CTR_CONFIG"],
      [2002, "REMOVE_COLD_DATA_FLOW_CTR_CONFIG"],
      [2003, "GET_COLD_DATA_FLOW_CTR_INFO"],
      [2004, "SET_COMMITLOG_READ_MODE"],
    ]],
    ["RocksDB", "Its queues are files and its configuration lies in config/*.json as well.", [
      [354, "CHECK_ROCKSDB_CQ_WRITE_PROGRESS"],
      [355, "EXPORT_ROCKSDB_CONFIG_TO_JSON"],
    ]],
    ["static topics", "Make an ordinary topic on each broker.", [
      [513, "UPDATE_AND_CREATE_STATIC_TOPIC"],
    ]],
    ["containers", "Start another process for another broker.", [
      [902, "ADD_BROKER"],
      [903, "REMOVE_BROKER"],
    ]],
  ];

const OF_NAME_SERVER: typeof OF_BROKER = [
  ["controller", "A broker is started as what it is to be.", [
    [1002, "CONTROLLER_ELECT_MASTER"],
    [1005, "CONTROLLER_GET_METADATA_INFO"],
    [1006, "CONTROLLER_GET_SYNC_STATE_DATA"],
    [1009, "UPDATE_CONTROLLER_CONFIG"],
    [1010, "GET_CONTROLLER_CONFIG"],
    [1011, "CLEAN_BROKER_DATA"],
  ]],
];

type Named = readonly [code: number, name: string];

/** A sentence for each, so that the one who asks knows more than a number. */
export function laterBrokerRows(): Row[] {
  return rows("broker", OF_BROKER);
}

/** The same of a name server. */
export function laterNameServerRows(): Row[] {
  return rows("name server", OF_NAME_SERVER);
}

function rows(who: string, all: typeof OF_BROKER): Row[] {
  return all.flatMap(([what, meanwhile, codes]) =>
    codes.map(([code, name]): Row => ({
      code,
      name,
      access: "open",
      answer: () => {
        throw new Refusal(
          "unsupported",
          ` request type ${code} not supported. ${name} is for ${what}, which this ${who} does ` +
            `not have. ${meanwhile}`,
        );
      },
    }))
  );
}
