import type { Lines } from "./lines.ts";

/** A line that was logged. */
export interface LoggedLine {
  readonly level: "info" | "warn" | "error";
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

  info(text: string): void {
    this.#keep({ level: "info", text });
  }

  warn(text: string): void {
    this.#keep({ level: "warn", text });
  }

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
