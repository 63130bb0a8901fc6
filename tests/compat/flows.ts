import { rmSync, statfsSync, writeFileSync } from "node:fs";
import { JAVA_CLIENTS } from "./client_groups.ts";
import { runGo } from "./go.ts";
import { mustSuite } from "./java.ts";
import { mustAll } from "./outcomes.ts";
import { until } from "./pause.ts";
import { makeFolder, work } from "./places.ts";
import { must, run } from "./programs.ts";
import { ANSWER, send } from "./requests.ts";
import { type Group, type Play, plays, Skipped } from "./scenario.ts";
import type { Target } from "./target.ts";
import { Wire } from "./wire.ts";
import { withTried, type World } from "./world.ts";

/** The code of a broker that takes nothing now. */
const UNAVAILABLE = 14;
const DISK_MIB = 256;
/** Both take messages up to 90 %. */
const FULL = 0.95;
/** Apache's broker looks at its disk a minute after its start, then every ten seconds. */
const LOOK_LIMIT_MS = 120_000;

/** Ours waits for the disk, Apache's for its only thread that sends. */
const SLOW = {
  pocketmq: { flushDiskType: "SYNC_FLUSH", osPageCacheBusyTimeOutMills: "1" },
  apache: {
    ...{ brokerFastFailureEnable: "true", waitTimeMillsInSendQueue: "1" },
    sendMessageThreadPoolNums: "1",
  },
};

/** A scenario with each client, one after the other; it must be well with all of them. */
async function withEach(world: World, { nameServerPort, kind }: Target, one: string, at = one) {
  const common = { nameServerPort, kind, wanted: [one], main: "compat.FlowSuite" };
  for (const [version, form] of JAVA_CLIENTS) {
    const name = `${at}-${version}-${form.toLowerCase()}`;
    await mustSuite(world, { name, version, form, ...common });
  }
  const go = { name: `${at}-go`, nameServerPort, wanted: [one] };
  await mustAll("Go client", (tell) => runGo(world, go, tell));
}

/** Messages wait longer than they may: 2. */
function busy(world: World): Promise<void> {
  const start = { name: "busy", settings: SLOW[world.tried] };
  return withTried(world, [start], ([target]) => withEach(world, target, "busy"));
}

/** Has a small disk of its own for a while. */
async function withDisk(play: (directory: string) => Promise<void>): Promise<void> {
  const directory = makeFolder(`${work}/small-disk`);
  const common = { name: "mount", output: `${work}/mount.txt` };
  const words = ["mount", "-t", "tmpfs", "-o", `size=${DISK_MIB}m`, "compat", directory];
  const { code, output } = await run({ ...common, words });
  if (code !== 0) throw new Skipped(`no small disk can be mounted here: ${output}`);
  try {
    await play(directory);
  } finally {
    await must({ ...common, words: ["umount", "-l", directory] });
  }
}

/** Waits until the broker answers a send with this code. */
async function answers(target: Target, code: number): Promise<void> {
  const wire = await Wire.connect(target.brokerPort);
  let last = "";
  await until(LOOK_LIMIT_MS, async () => {
    const answer = await send(wire, { topic: "look", queueId: 0, body: "is there room?" });
    last = `${answer.code}: ${answer.remark}`;
    return answer.code === code || undefined;
  }, () => `a send is not answered ${code} but ${last}`);
  wire.close();
}

/** No messages but reads while the disk is full: 14. */
function full(world: World): Promise<void> {
  return withDisk((disk) => {
    const settings = { mappedFileSizeCommitLog: "8388608", diskSpaceWarningLevelRatio: "90" };
    const start = { name: "small", directory: makeFolder(`${disk}/store`), settings };
    return withTried(world, [start], async ([target]) => {
      await withEach(world, target, "disk-has-room");
      const { blocks, bfree, bsize } = statfsSync(disk);
      writeFileSync(
        `${disk}/ballast`,
        new Uint8Array(Math.floor(bfree - blocks * (1 - FULL)) * bsize),
      );
      await answers(target, UNAVAILABLE);
      await withEach(world, target, "disk-full");
      rmSync(`${disk}/ballast`);
      await answers(target, ANSWER.ok);
      await withEach(world, target, "disk-has-room", "disk-has-room-again");
    });
  });
}

/** What clients see of a broker that cannot keep up, or has no room. */
export function flowGroup(world: World): Group {
  return plays(
    "flow",
    new Map<string, Play>([
      ["busy", () => busy(world)],
      ["disk-full", () => full(world)],
    ]),
  );
}
