import { makeFolder, work } from "./places.ts";

/** Quick to start and small: these programs live for seconds. */
const QUICK = "-Xshare:auto -XX:TieredStopAtLevel=1 -XX:+UseSerialGC";
/** Apache's store maps files with classes of the JDK that are closed otherwise. */
const OPEN = "--add-exports=java.base/sun.nio.ch=ALL-UNNAMED " +
  "--add-opens=java.base/java.nio=ALL-UNNAMED --add-opens=java.base/sun.nio.ch=ALL-UNNAMED";

/** How a Java program is started. */
export interface Java {
  /** Its home, where its own log files go, is named after it. */
  readonly name: string;
  readonly heap: string;
  readonly classPath: string;
  readonly main: string;
  readonly words: readonly string[];
  readonly properties?: Readonly<Record<string, string>>;
}

export function java(one: Java): string[] {
  const home = makeFolder(`${work}/home-${one.name}`);
  const properties = Object.entries({
    "user.home": home,
    "rocketmq.client.logRoot": `${home}/logs`,
    "java.net.preferIPv4Stack": "true",
    ...one.properties,
  });
  return [
    "java",
    `-Xmx${one.heap}`,
    ...QUICK.split(" "),
    ...OPEN.split(" "),
    ...properties.map(([key, value]) => `-D${key}=${value}`),
    ...["-cp", one.classPath, one.main, ...one.words],
  ];
}
