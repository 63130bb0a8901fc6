import { existsSync, readdirSync, renameSync, statSync, writeFileSync } from "node:fs";
import { cache, here, makeFolder, removeFolder } from "./places.ts";
import { must, run } from "./programs.ts";

const APACHE = "5.5.0";
export const CLIENTS = ["4.9.8", "5.5.0"] as const;
export type ClientVersion = typeof CLIENTS[number];

function output(name: string): string {
  return `${makeFolder(`${cache}/output`)}/${name}.txt`;
}

async function has(...words: string[]): Promise<boolean> {
  return (await run({ name: words[0], words, output: output(words[0]) })).code === 0;
}

/** Debian's packages where a program is lacking. */
async function needProgram(words: string[], packages: string[]): Promise<void> {
  if (await has(...words)) return;
  const environment = { DEBIAN_FRONTEND: "noninteractive" };
  const common = { output: output("apt"), environment };
  await must({ name: "apt-get", words: ["apt-get", "update"], ...common });
  const install = ["apt-get", "install", "-y", "--no-install-recommends", ...packages];
  await must({ name: "apt-get", words: install, ...common });
}

/** The jars of a pom, fetched by Maven once. */
async function jars(pom: string, folder: string, version: string): Promise<string> {
  const target = `${cache}/${folder}`;
  if (existsSync(target)) return target;
  await needProgram(["mvn", "-v"], ["maven", "default-jdk-headless"]);
  const partial = `${target}.partial`;
  removeFolder(partial);
  const words = [
    ..."mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies"
      .split(" "),
    ...["-f", `${here}/java/${pom}`, `-Drocketmq=${version}`],
    ...[`-DoutputDirectory=${partial}`, "-DincludeScope=runtime"],
  ];
  await must({ name: "mvn", words, output: output(folder) });
  renameSync(partial, target);
  return target;
}

function sources(folder: string): string[] {
  return readdirSync(folder).map((file) => `${folder}/${file}`);
}

/** Compiles where a source is newer than what was compiled; gives the class path. */
async function compiled(name: string, jarFolder: string, files: string[]): Promise<string> {
  const classes = `${cache}/classes-${name}`;
  const classPath = `${classes}:${jarFolder}/*`;
  const stamp = `${classes}/stamp`;
  const newest = Math.max(...files.map((file) => statSync(file).mtimeMs));
  if (existsSync(stamp) && statSync(stamp).mtimeMs > newest) return classPath;
  removeFolder(classes);
  makeFolder(classes);
  await needProgram(["javac", "-version"], ["default-jdk-headless"]);
  const words = ["javac", "-nowarn", "-d", classes, "-cp", `${jarFolder}/*`, ...files];
  await must({ name: "javac", words, output: output(name) });
  writeFileSync(stamp, "");
  return classPath;
}

/** Everything that the scenarios start. */
export interface Installed {
  /** Class paths of our small programs with each client. */
  readonly clients: ReadonlyMap<ClientVersion, string>;
  /** Class path of Apache's name server, broker and tools. */
  readonly apache: string;
  readonly admin: string;
  readonly goClient: string;
}

async function client(version: ClientVersion): Promise<[ClientVersion, string]> {
  const folder = await jars("client.xml", `client-${version}`, version);
  const own = `${here}/java/v${version[0]}/compat`;
  const files = [...sources(`${here}/java/common/compat`), ...sources(own)];
  return [version, await compiled(version, folder, files)];
}

async function goClient(): Promise<string> {
  await needProgram(["go", "version"], ["golang-go"]);
  const binary = `${cache}/go-client`;
  const words = ["go", "build", "-o", binary, "."];
  const directory = `${here}/go`;
  await must({ name: "go", words, directory, output: output("go") });
  return binary;
}

/** Fetches and builds what is lacking; later runs find it in `.cache`. */
export async function install(): Promise<Installed> {
  await needProgram(["javac", "-version"], ["default-jdk-headless"]);
  const apache = await jars("apache.xml", `apache-${APACHE}`, APACHE);
  const admin = await compiled("admin", apache, sources(`${here}/java/admin/compat`));
  const clients = new Map<ClientVersion, string>();
  for (const version of CLIENTS) clients.set(...await client(version));
  return { clients, apache: `${apache}/*`, admin, goClient: await goClient() };
}
