import type { HeaderForm } from "../../client/connections.ts";
import { PROOF_MIN_BYTES } from "../../client/proof.ts";
import type { FilterType } from "../../client/pull_request.ts";
import { DELAY_LEVELS, delayLevelsMs } from "../../model/delay_levels.ts";
import { type Options, parseOptions } from "../parse_options.ts";
import { UsageError } from "../usage_error.ts";
import { type Flag, FLAGS, KINDS } from "./flag_table.ts";

export type BenchKind = typeof KINDS[number];

/** What a bench is to do. Times are ms; undefined: no limit. */
export interface BenchPlan {
  readonly kind: BenchKind;
  readonly nameServers: readonly string[];
  readonly topic: string;
  readonly group: string;
  readonly header: HeaderForm;
  readonly connections: number;
  readonly timeoutMs: number;
  readonly durationMs: number | undefined;
  readonly warmupMs: number;
  /** Messages. */
  readonly count: number | undefined;
  readonly json: boolean;
  /** Requests open at once. */
  readonly open: number;
  /** Bytes of a body. */
  readonly size: number;
  /** Messages that go together. */
  readonly batch: number;
  /** Messages a second; undefined: as fast as it goes. */
  readonly rate: number | undefined;
  readonly keys: boolean;
  /** Tags in turn; 0: none. */
  readonly tagCount: number;
  /** Bytes of properties, more or less. */
  readonly propertyBytes: number;
  /** Queues of a topic that the bench makes. */
  readonly queues: number;
  readonly filterType: FilterType;
  readonly expression: string;
  /** Messages with sharding keys, queues that are locked. */
  readonly isOrdered: boolean;
  /** 0: the delay is a time. */
  readonly delayLevel: number;
  /** 0: messages come at once. */
  readonly delayMs: number;
  /** How long a popped message is kept from others. */
  readonly invisibleMs: number;
  /** Messages of one pull or pop at the most. */
  readonly pullMax: number;
  readonly from: "first" | "last";
}

export interface BenchCommand {
  readonly name: "bench";
  readonly plan: BenchPlan;
}

const DURATION_MS = 10_000;
const RATE = 1000;
const DELAY_MS = 1000;
/** Without a limit they end where nothing is left. */
export const FINITE: readonly BenchKind[] = ["receive", "pop"];

/** Reads the arguments behind `bench`. @throws {UsageError} */
export function parseBench(argv: readonly string[]): BenchCommand {
  const kind = KINDS.find((one) => one === argv[0]);
  if (kind === undefined) {
    const said = argv[0] === undefined ? "bench what" : `There is no bench ${argv[0]}`;
    throw new UsageError(`${said}: ${KINDS.join(", ")}? Try pocketmq help bench.`);
  }
  const flags = FLAGS.filter(({ kinds }) => kinds.includes(kind));
  const options: Options = {};
  for (const { name, letter, value } of flags) {
    const short = letter === undefined ? {} : { short: letter };
    options[name] = { type: value === undefined ? "boolean" : "string", ...short };
  }
  const given = parseOptions(argv.slice(1), options, "bench");
  return { name: "bench", plan: planOf(kind, new Given(flags, given)) };
}

function planOf(kind: BenchKind, given: Given): BenchPlan {
  const count = given.number("count", 1);
  const seconds = given.number("duration", 0);
  const isEndless = seconds === undefined && count === undefined && !FINITE.includes(kind);
  const plan: BenchPlan = {
    kind,
    nameServers: given.text("namesrv").split(";").map((one) => one.trim()).filter(Boolean),
    topic: given.text("topic"),
    group: given.text("group"),
    header: given.choice("header", ["json", "rocketmq"]),
    connections: given.whole("connections", 1, 10_000),
    timeoutMs: given.whole("timeout", 1, 3_600_000),
    durationMs: isEndless ? DURATION_MS : seconds && seconds * 1000,
    warmupMs: (given.number("warmup", 0) ?? 0) * 1000,
    count,
    json: given.has("json"),
    open: given.whole("open", 1, 100_000),
    size: given.whole("size", PROOF_MIN_BYTES, 64 * 1024 * 1024),
    batch: given.whole("batch", 1, 10_000),
    rate: given.number("rate", Number.MIN_VALUE) ?? (kind === "latency" ? RATE : undefined),
    keys: given.choice("keys", ["false", "true"]) === "true",
    tagCount: given.whole("tag-count", 0, 1_000_000),
    propertyBytes: given.whole("property-size", 0, 32_000),
    queues: given.whole("queues", 1, 16_384),
    filterType: given.choice("filter", ["tag", "sql92"]) === "tag" ? "TAG" : "SQL92",
    expression: given.text("expression") || "*",
    isOrdered: given.has("ordered"),
    ...delayOf(kind, given),
    invisibleMs: given.whole("invisible", 1, 2 ** 31 - 1),
    pullMax: given.whole("max", 1, 100_000),
    from: given.choice("from", ["first", "last"]),
  };
  if (plan.nameServers.length === 0) throw new UsageError("--namesrv names no name server.");
  return plan;
}

function delayOf(kind: BenchKind, given: Given): { delayLevel: number; delayMs: number } {
  if (kind !== "delay") return { delayLevel: 0, delayMs: 0 };
  const levels = delayLevelsMs(DELAY_LEVELS);
  if (given.text("level") === "") {
    return { delayLevel: 0, delayMs: Math.round(given.number("delay", 1) ?? DELAY_MS) };
  }
  if (given.text("delay") === "") {
    const delayLevel = given.whole("level", 1, levels.length);
    return { delayLevel, delayMs: levels[delayLevel - 1] };
  }
  throw new UsageError("--level and --delay say the same in two ways: give one of them.");
}

/** What was given, with the table's defaults behind it. */
class Given {
  readonly #flags: ReadonlyMap<string, Flag>;
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(flags: readonly Flag[], values: Readonly<Record<string, unknown>>) {
    this.#flags = new Map(flags.map((flag) => [flag.name, flag]));
    this.#values = values;
  }

  has(name: string): boolean {
    return this.#values[name] === true;
  }

  /** Empty where it is neither given nor has a default here. */
  text(name: string): string {
    const value = this.#values[name];
    return typeof value === "string" ? value.trim() : this.#flags.get(name)?.fallback ?? "";
  }

  choice<T extends string>(name: string, choices: readonly [T, ...T[]]): T {
    const text = this.text(name).toLowerCase();
    if (text === "") return choices[0];
    const found = choices.find((one) => one === text);
    return found ?? refuse(name, this.text(name), choices.join(" or "));
  }

  /** Undefined where nothing is given. */
  number(name: string, min: number): number | undefined {
    const text = this.text(name);
    if (text === "") return undefined;
    const number = Number(text);
    if (Number.isFinite(number) && number >= min) return number;
    return refuse(name, text, min >= 1 ? `a number from ${min}` : "a positive number");
  }

  whole(name: string, min: number, max: number): number {
    const text = this.text(name);
    if (text === "" && !this.#flags.has(name)) return min;
    const number = Number(text);
    if (text !== "" && Number.isInteger(number) && number >= min && number <= max) return number;
    return refuse(name, text, `a whole number from ${min} to ${max}`);
  }
}

function refuse(name: string, given: string, expected: string): never {
  throw new UsageError(
    `--${name} is ${JSON.stringify(given)}; expected ${expected}; try pocketmq help bench.`,
  );
}
