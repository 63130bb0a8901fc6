import type { DataVersion } from "../model/data_version.ts";
import type { Topic } from "../model/topic.ts";

/** One queue's figures. */
export interface QueueStats {
  readonly offsetMin: number;
  readonly offsetMax: number;
  /** Store time of the last message, ms since 1970; 0: none. */
  readonly lastUpdateMs: number;
}

/** The topics that this broker holds. */
export class Topics {
  get version(): DataVersion {
    throw new Error("not yet");
  }

  /** Makes or changes a topic; `attributeChanges` is `+key=value,-key`, what the topic has else stays. */
  create(_topic: Topic, _attributeChanges: string): Promise<void> {
    throw new Error("not yet");
  }

  remove(_name: string): Promise<void> {
    throw new Error("not yet");
  }

  /** @throws {Refusal} `topic-unknown` */
  get(_name: string): Topic {
    throw new Error("not yet");
  }

  all(): Iterable<Topic> {
    throw new Error("not yet");
  }

  /** Topics that belong to the broker itself. */
  systemNames(): string[] {
    throw new Error("not yet");
  }

  /** Figures by queue id. @throws {Refusal} `topic-unknown` */
  stats(_name: string): Map<number, QueueStats> {
    throw new Error("not yet");
  }
}
