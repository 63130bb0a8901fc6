/** What names a message that may be taken back (`RecallMessageHandle` of 5.5.0, version 1). */
export interface RecallHandle {
  readonly topic: string;
  readonly brokerName: string;
  /** When the message is due, ms since 1970, as the handle says it. */
  readonly time: string;
  readonly uniqueKey: string;
}

const VERSION = "v1";
const ASCII = /^[ -~]*$/;
const BASE64_URL = /^[A-Za-z0-9_-]*={0,2}$/;

/** The handle as clients keep it: words with blanks between them, in base64 for addresses. */
export function formatHandle({ topic, brokerName, time, uniqueKey }: RecallHandle): string {
  const words = `${VERSION} ${topic} ${brokerName} ${time} ${uniqueKey}`;
  return btoa(ASCII.test(words) ? words : binaryOf(words)).replaceAll("+", "-").replaceAll(
    "/",
    "_",
  );
}

/** The text's bytes (UTF-8), each as a character. */
function binaryOf(text: string): string {
  let binary = "";
  for (const byte of new TextEncoder().encode(text)) binary += String.fromCharCode(byte);
  return binary;
}

/** The same read back; undefined where the text is no handle. */
export function parseHandle(text: string): RecallHandle | undefined {
  if (text === "" || !BASE64_URL.test(text)) return undefined;
  const [version, topic, brokerName, time, uniqueKey] = decoded(text).split(" ");
  if (version !== VERSION || uniqueKey === undefined) return undefined;
  return { topic, brokerName, time, uniqueKey };
}

/** Empty where it is no base64. */
function decoded(text: string): string {
  const plain = text.replaceAll("-", "+").replaceAll("_", "/").replace(/=+$/, "");
  if (plain.length % 4 === 1) return "";
  const binary = atob(plain + "=".repeat((4 - plain.length % 4) % 4));
  return new TextDecoder().decode(Uint8Array.from(binary, (char) => char.charCodeAt(0)));
}
