import { Refusal } from "../model/refusal.ts";
import type { Disk } from "../port/disk.ts";

/**
 * Topics whose removal has begun, in a file of their own beside the mark: the catalogue forgets a
 * topic before its queue files are gone, and a kill between the two must not bring them back to a
 * topic of that name made later.
 */
export class DoomedTopics {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #path: string;
  /** Announced, but not yet removed from the queues. */
  readonly #announced: Set<string>;
  #written: string;

  /** Takes up what an earlier run left. */
  constructor(disk: Disk, directory: string) {
    this.#disk = disk;
    this.#directory = directory;
    this.#path = `${directory}/pocketmq.doomed`;
    this.#written = this.#read();
    this.#announced = new Set(namesIn(this.#written));
  }

  /** Those whose removal was announced, or begun by an earlier run that did not end it. */
  get announced(): ReadonlySet<string> {
    return this.#announced;
  }

  /** Notes, durably, that a topic is about to go. @throws {Refusal} `unavailable` */
  announce(topic: string): void {
    this.#announced.add(topic);
    try {
      this.#write(new Set([...namesIn(this.#written), ...this.#announced]));
    } catch (error) {
      this.#announced.delete(topic);
      const why = error instanceof Error ? error.message : String(error);
      throw new Refusal("unavailable", `Cannot delete the topic ${topic}: ${why}. Try again.`);
    }
  }

  /** It stays after all, or it is the queues that know it now. */
  withdraw(topic: string): void {
    this.#announced.delete(topic);
  }

  /** Forgets those whose files are gone: all but the announced and the condemned. */
  settle(condemned: ReadonlySet<string>): void {
    try {
      this.#write(new Set([...this.#announced, ...condemned]));
    } catch {
      // The file names too many then, which a start finds out; the next run tries again.
    }
  }

  #write(names: ReadonlySet<string>): void {
    const text = names.size === 0 ? "" : JSON.stringify([...names].sort());
    if (text === this.#written) return;
    if (text === "") {
      this.#disk.remove(this.#path);
    } else {
      const bytes = new TextEncoder().encode(text);
      const file = this.#disk.open(`${this.#path}.tmp`, "create");
      try {
        file.truncate(0);
        file.write(bytes, 0);
        file.syncNow();
      } finally {
        file.close();
      }
      this.#disk.rename(`${this.#path}.tmp`, this.#path);
    }
    this.#written = text;
    this.#disk.syncDirectory(this.#directory);
  }

  #read(): string {
    if (!this.#disk.exists(this.#path)) return "";
    const file = this.#disk.open(this.#path, "read");
    try {
      const bytes = new Uint8Array(file.size());
      return new TextDecoder().decode(bytes.subarray(0, file.read(bytes, 0)));
    } finally {
      file.close();
    }
  }
}

/** None where the text is damaged. */
function namesIn(text: string): string[] {
  try {
    const names: unknown = text === "" ? [] : JSON.parse(text);
    return Array.isArray(names) ? names.filter((name) => typeof name === "string") : [];
  } catch {
    return [];
  }
}
