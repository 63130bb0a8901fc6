/** Where log lines go. One sentence a line: what happened, to whom, with which numbers. */
export interface Lines {
  /** What goes as it should. */
  info(text: string): void;
  /** What somebody should look at. */
  warn(text: string): void;
  /** What does not work. */
  error(text: string): void;
}
