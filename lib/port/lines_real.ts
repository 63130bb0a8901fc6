import type { Clock } from "./clock.ts";
import type { Lines } from "./lines.ts";

/**
 * Log lines on the console: information on standard output, warnings and errors on standard
 * error, each with the time in UTC and its level. A line stays one line whatever a peer's name
 * holds: control characters are written as `\u000a`.
 */
export class RealLines implements Lines {
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  info(text: string): void {
    console.log(this.#line("INFO", text));
  }

  warn(text: string): void {
    console.error(this.#line("WARN", text));
  }

  error(text: string): void {
    console.error(this.#line("ERROR", text));
  }

  #line(level: string, text: string): string {
    return `${new Date(this.#clock.now()).toISOString()} ${level} ${escaped(text)}`;
  }
}

function escaped(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}
