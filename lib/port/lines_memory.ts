import type { Lines } from "./lines.ts";

/** A line that was logged. */
export interface LoggedLine {
  /** How bad it is. */
  readonly level: "info" | "warn" | "error";
  /** One sentence. */
  readonly text: string;
}

/** Log lines kept in memory, for tests and for a program that embeds the broker. */
export class MemoryLines implements Lines {
  readonly #linesMax: number;
  #logged: LoggedLine[] = [];

  /** Keeps the newest `linesMax` lines. */
  constructor(linesMax = 10_000) {
    this.#linesMax = linesMax;
  }

  /** Keeps a line of what goes as it should. */
  info(text: string): void {
    this.#keep({ level: "info", text });
  }

  /** Keeps a line that somebody should look at. */
  warn(text: string): void {
    this.#keep({ level: "warn", text });
  }

  /** Keeps a line of what does not work. */
  error(text: string): void {
    this.#keep({ level: "error", text });
  }

  /** The lines kept, oldest first; of one level, where one is given. */
  logged(level?: LoggedLine["level"]): readonly LoggedLine[] {
    const kept = this.#logged.slice(-this.#linesMax);
    return level === undefined ? kept : kept.filter((line) => line.level === level);
  }

  /** Does a line, of any level, contain `part`? */
  has(part: string): boolean {
    return this.logged().some((line) => line.text.includes(part));
  }

  /** Forgets all lines. */
  clear(): void {
    this.#logged = [];
  }

  #keep(line: LoggedLine): void {
    this.#logged.push(line);
    if (this.#logged.length >= 2 * this.#linesMax) {
      this.#logged = this.#logged.slice(-this.#linesMax);
    }
  }
}
