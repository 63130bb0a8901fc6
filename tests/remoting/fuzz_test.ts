import assert from "node:assert/strict";
import test from "node:test";
import { SeededRandom } from "../../lib/port/random_seeded.ts";
import { CommandError } from "../../lib/remoting/command.ts";
import { decodeCommand } from "../../lib/remoting/decode.ts";
import { CommandWriter } from "../../lib/remoting/encode.ts";
import { FrameError, FrameSplitter } from "../../lib/remoting/frame.ts";
import { join } from "./bytes.ts";
import { sent } from "./fake_connection.ts";

const limits = { frameMaxBytes: 16 * 1024 * 1024, headerMaxBytes: 256 * 1024 };
/** Bytes that lengths and texts break on. */
const NASTY = [0x00, 0x01, 0x7f, 0x80, 0xff, 0x22, 0x5c, 0x7b, 0x7d, 0x5b, 0x3a, 0x2c, 0x30, 0x2d];

/** Frames of both forms as real ones are. */
function corpus(): Uint8Array[] {
  const headers = [
    {},
    { topic: "TopicTest", queueId: 3, queueOffset: 2 ** 40, subscription: "TagA || TagC" },
    { a: "g", b: "T", c: "TBW102", d: 4, i: "KEYS\u0001k\u0002TAGS\u0001ä\u0002", m: false },
    Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`field${at}`, "v".repeat(at)])),
  ];
  const frames: Uint8Array[] = [];
  for (const form of [0, 1]) {
    for (const [opaque, header] of headers.entries()) {
      const writer = new CommandWriter();
      const body = new Uint8Array(opaque * 50).fill(0x41);
      writer.write({ form, code: 310, opaque, flag: 0, remark: "why", header, body });
      frames.push(join(sent(writer)));
    }
  }
  return frames;
}

/** Changes some bytes, cuts, doubles: what a broken or hostile sender makes of a frame. */
function mutate(frame: Uint8Array, random: SeededRandom): Uint8Array {
  const bytes = frame.slice();
  const times = 1 + random.below(4);
  for (let time = 0; time < times; time++) {
    const at = random.below(random.below(2) === 0 ? Math.min(40, bytes.length) : bytes.length);
    const isNasty = random.below(2) === 0;
    bytes[at] = isNasty ? NASTY[random.below(NASTY.length)] : random.below(256);
  }
  const kind = random.below(10);
  if (kind === 0) return bytes.subarray(0, random.below(bytes.length));
  if (kind === 1) return join([bytes, frame]);
  if (kind === 2) return join([bytes.subarray(random.below(bytes.length)), frame]);
  return bytes;
}

test("200,000 mutated frames read as commands or are refused, and nothing else", () => {
  const random = new SeededRandom(20_260);
  const frames = corpus();
  let read = 0;
  let refused = 0;
  for (let run = 0; run < 200_000; run++) {
    const splitter = new FrameSplitter(limits);
    const bytes = mutate(frames[run % frames.length], random);
    try {
      splitter.push(bytes, (chunk, from, to) => {
        const { code, opaque, flag, fields } = decodeCommand(chunk, from, to);
        assert.equal(typeof (code + opaque + flag), "number");
        assert.equal(typeof fields, "object");
        return ++read > 0;
      });
    } catch (error) {
      assert.ok(error instanceof FrameError || error instanceof CommandError, String(error));
      assert.ok(error.message.length < 300);
      refused++;
    }
    assert.ok(splitter.heldBytes <= 4 * bytes.length + 256);
  }
  assert.ok(read > 50_000, `${read} read`);
  assert.ok(refused > 50_000, `${refused} refused`);
});
