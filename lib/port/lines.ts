/** Where log lines go. One sentence a line: what happened, to whom, with which numbers. */
export interface Lines {
  info(text: string): void;
  warn(text: string): void;
  error(text: string): void;
}
