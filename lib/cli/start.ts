import { VERSION } from "../config.ts";
import {
  givenInEnvironment,
  givenInFile,
  givenInFlags,
  givenInSet,
  settle,
} from "../config/read.ts";
import { Server } from "../server.ts";
import type { Ports } from "../server/ports.ts";
import { StartError } from "../server/start_error.ts";
import type { Command } from "./arguments.ts";
import { EXIT } from "./exit_codes.ts";
import type { Process } from "./process.ts";
import { UsageError } from "./usage_error.ts";

/** How long an orderly stop may take before the process ends without it, ms. */
const STOP_MAX_MS = 30_000;

/** Runs the server until a signal or a fault ends it. */
export async function start(
  command: Command & { readonly name: "start" },
  outside: Process,
  ports: Ports,
): Promise<void> {
  const { clock, lines } = ports;
  const beganMs = clock.monotonic();
  const file = command.config === undefined
    ? []
    : givenInFile(command.config, read(ports, command.config));
  const configuration = settle(file, [
    ...givenInEnvironment(outside.environment),
    ...givenInSet(command.set),
    ...givenInFlags(command.flags),
  ]);
  const { warning, remark } = configuration;
  if (warning) lines.warn(warning);
  if (remark) lines.info(remark);
  const life = new Life(outside, ports);
  const server = await Server.start(configuration, ports).catch((fault) => life.fail(fault));
  if (server === undefined) return;
  for (const sentence of server.sentences) lines.info(sentence);
  const tookMs = Math.round(clock.monotonic() - beganMs);
  lines.info(`PocketMQ ${VERSION} is ready after ${tookMs} ms.`);
  life.serve(server);
}

function read({ disk }: Ports, path: string): string {
  try {
    const file = disk.open(path, "read");
    const bytes = new Uint8Array(file.size());
    file.read(bytes, 0);
    file.close();
    return new TextDecoder().decode(bytes);
  } catch (fault) {
    throw new UsageError(`Cannot read --config ${path}: ${sentence(fault)}`);
  }
}

function sentence(fault: unknown): string {
  return fault instanceof Error ? fault.message : String(fault);
}

/** From the first line to the exit code. */
class Life {
  readonly #outside: Process;
  readonly #ports: Ports;
  #server: Server | undefined;
  #signals = 0;
  #code: number = EXIT.orderly;
  #isStopping = false;

  constructor(outside: Process, ports: Ports) {
    this.#outside = outside;
    this.#ports = ports;
    outside.onSignal((name) => this.#signal(name));
    outside.onFault((fault) => this.#fault(fault));
  }

  /** The start did not succeed. */
  fail(fault: unknown): undefined {
    this.#ports.lines.error(sentence(fault));
    this.#outside.exit(fault instanceof StartError ? EXIT[fault.reason] : EXIT.failed);
  }

  serve(server: Server): void {
    this.#server = server;
    server.onFatal((why) => this.#fault(why));
    if (this.#isStopping) this.#stop();
  }

  #signal(name: string): void {
    this.#signals++;
    if (this.#signals > 1) return this.#outside.exit(EXIT.interrupted);
    this.#ports.lines.info(`${name}: stopping in order; once more stops at once.`);
    this.#begin(EXIT.orderly);
  }

  #fault(fault: unknown): void {
    const told = fault instanceof Error ? fault.stack ?? fault.message : String(fault);
    this.#ports.lines.error(`Stopping in order after a fault: ${told}`);
    this.#begin(EXIT.fault);
  }

  #begin(code: number): void {
    this.#code = Math.max(this.#code, code);
    if (this.#isStopping) return;
    this.#isStopping = true;
    this.#ports.clock.after(STOP_MAX_MS, () => this.#outside.exit(EXIT.fault));
    this.#stop();
  }

  #stop(): void {
    if (this.#server === undefined) return;
    this.#server.stop().catch((fault) => {
      this.#ports.lines.error(`Cannot stop in order: ${sentence(fault)}`);
      this.#code = EXIT.fault;
    }).finally(() => {
      this.#ports.lines.info("Stopped.");
      this.#outside.exit(this.#code);
    });
  }
}
