/** The process, as the command line sees it: main.ts has the real one, tests their own. */
export interface Process {
  /** Behind the program's name. */
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** A text on standard output. */
  print(text: string): void;
  /** A sentence on standard error. */
  complain(text: string): void;
  /** A line on standard error that the next one replaces; an empty one clears it. */
  status(line: string): void;
  /** Runs at every SIGTERM and SIGINT. */
  onSignal(heard: (name: string) => void): void;
  /** Runs at an exception or rejection that nobody caught. */
  onFault(heard: (fault: unknown) => void): void;
  /** Ends the process. */
  exit(code: number): void;
}
