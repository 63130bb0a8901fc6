import type { DataVersion } from "../model/data_version.ts";
import type { Group } from "../model/group.ts";

/** How far a group is with one queue. */
export interface QueueConsumption {
  readonly topic: string;
  readonly queueId: number;
  readonly brokerOffset: number;
  readonly consumerOffset: number;
  /** The last pull's next offset. */
  readonly pullOffset: number;
  /** Store time of the last message consumed, ms since 1970; 0: unknown. */
  readonly lastTimestamp: number;
}

export interface ConsumeStats {
  /** Messages a second that the group pulled. */
  readonly tps: number;
  readonly queues: readonly QueueConsumption[];
}

/** The consumer groups that this broker knows. */
export class Groups {
  get version(): DataVersion {
    throw new Error("not yet");
  }

  /** Makes or changes a group; `attributeChanges` as with topics. */
  put(_group: Group, _attributeChanges?: string): Promise<void> {
    throw new Error("not yet");
  }

  /** Makes the group where that is allowed. @throws {Refusal} `group-unknown` */
  get(_name: string): Group {
    throw new Error("not yet");
  }

  remove(_name: string, _options: { readonly cleanProgress: boolean }): Promise<void> {
    throw new Error("not yet");
  }

  all(): Iterable<Group> {
    throw new Error("not yet");
  }

  /** Of these topics, or of all that the group has to do with. */
  consumeStats(_group: string, _topics?: readonly string[]): ConsumeStats {
    throw new Error("not yet");
  }

  /** Groups that consume a topic, now or by their progress. */
  consuming(_topic: string): string[] {
    throw new Error("not yet");
  }
}
