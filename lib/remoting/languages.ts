/** `LanguageCode`, by its byte in ROCKETMQ headers. */
const NAMES: readonly string[] = [
  "JAVA",
  "CPP",
  "DOTNET",
  "PYTHON",
  "DELPHI",
  "ERLANG",
  "RUBY",
  "OTHER",
  "HTTP",
  "GO",
  "PHP",
  "OMS",
  "RUST",
  "NODE_JS",
];
const KNOWN: ReadonlyMap<unknown, string> = new Map(NAMES.map((name) => [name, name]));

/** The name itself where Java knows it: its tools cannot read any other. Else `OTHER`. */
export function languageName(name: unknown): string {
  return KNOWN.get(name) ?? "OTHER";
}

export function languageOfByte(byte: number): string {
  return NAMES[byte] ?? "OTHER";
}
