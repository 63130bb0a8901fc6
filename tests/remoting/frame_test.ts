import assert from "node:assert/strict";
import test from "node:test";
import { FrameError, FrameSplitter } from "../../lib/remoting/frame.ts";
import { framed, fromHex, join, jsonFrame } from "./bytes.ts";

const limits = { frameMaxBytes: 16 * 1024 * 1024, headerMaxBytes: 256 * 1024 };

function split(chunks: readonly Uint8Array[], splitter = new FrameSplitter(limits)): Uint8Array[] {
  const frames: Uint8Array[] = [];
  for (const chunk of chunks) {
    splitter.push(chunk, (bytes, from, to) => frames.push(bytes.subarray(from, to)) > 0);
  }
  return frames;
}

test("frames that lie whole in a chunk are slices of it", () => {
  const chunk = join([
    jsonFrame("{}"),
    jsonFrame(`{"code":1}`, new Uint8Array(9)),
    jsonFrame("[]"),
  ]);
  const frames = split([chunk]);
  assert.equal(frames.length, 3);
  assert.ok(frames.every((frame) => frame.buffer === chunk.buffer));
  assert.deepEqual(frames.map((frame) => frame.length), [6, 23, 6]);
});

test("frames come out the same however the stream is cut", () => {
  const sent = [
    jsonFrame("{}"),
    jsonFrame(`{"code":34}`, new Uint8Array(1000).fill(7)),
    jsonFrame(""),
  ];
  const stream = join(sent);
  for (const size of [1, 2, 3, 5, 7, 8, 9, 64, 1000, 1019]) {
    const chunks: Uint8Array[] = [];
    for (let at = 0; at < stream.length; at += size) chunks.push(stream.slice(at, at + size));
    assert.deepEqual(split(chunks), sent.map((frame) => frame.subarray(4)), `cut by ${size}`);
  }
});

test("lengths that make no sense are refused with their numbers, as early as can be", () => {
  const cases: [string, RegExp][] = [
    ["ffffffff", /a frame of -1 bytes/],
    ["80000000", /a frame of -2147483648 bytes/],
    ["00000000", /a frame of 0 bytes/],
    ["00000003", /a frame of 3 bytes/],
    ["01000000", /a frame of 16777216 bytes; between 4 and 16777212 are taken/],
    ["7fffffff", /a frame of 2147483647 bytes/],
    ["00000010 00000020", /a header of 32 bytes in a frame with 12 left for it/],
    [
      "00100000 00040001",
      /a header of 262145 bytes .* at most 262144 are taken \(headerMaxBytes\)/,
    ],
    ["00000010 02000004", /header form 2; known are 0 \(JSON\) and 1 \(ROCKETMQ\)/],
    ["16030100", /it looks like TLS/],
    ["47455420", /it begins with the text GET /],
  ];
  for (const [hex, message] of cases) {
    assert.throws(() => split([fromHex(hex)]), { name: "FrameError", message }, hex);
    const single = [...fromHex(hex)].map((byte) => Uint8Array.of(byte));
    assert.throws(() => split(single), { name: "FrameError", message }, `${hex} byte by byte`);
  }
});

test("the largest frame and header are taken", () => {
  const header = new Uint8Array(limits.headerMaxBytes);
  const body = new Uint8Array(limits.frameMaxBytes - 8 - header.length);
  assert.deepEqual(split([framed(0, header, body)]).map((frame) => frame.length), [
    16 * 2 ** 20 - 4,
  ]);
  assert.throws(() => split([framed(0, header, new Uint8Array(body.length + 1))]), FrameError);
});

test("a claim of 16 MiB takes no more memory than twice what came", () => {
  const splitter = new FrameSplitter(limits);
  split([fromHex("00f00000 00000004")], splitter);
  assert.equal(splitter.pendingBytes, 0xf00000 + 4);
  assert.ok(splitter.heldBytes <= 256);
  for (let came = 8; came < 1_000_000; came += 1000) split([new Uint8Array(1000)], splitter);
  assert.ok(splitter.heldBytes <= 2 * 1_001_008, `${splitter.heldBytes} bytes are held`);
});

test("a visitor that had enough hears the rest after resume, in order", () => {
  const splitter = new FrameSplitter(limits);
  const heard: number[] = [];
  const one = (_: Uint8Array, from: number, to: number) => {
    heard.push(to - from);
    return false;
  };
  const frame = (size: number) => jsonFrame("x".repeat(size));
  splitter.push(join([frame(1), frame(2), frame(3).subarray(0, 6)]), one);
  splitter.push(frame(3).subarray(6), one);
  splitter.push(frame(4), one);
  assert.deepEqual(heard, [5]);
  assert.ok(splitter.heldBytes > 0);
  for (let turn = 0; turn < 3; turn++) splitter.resume(one);
  assert.deepEqual(heard, [5, 6, 7, 8]);
  assert.equal(splitter.heldBytes, 0);
  splitter.resume(one);
  splitter.push(frame(5), one);
  assert.deepEqual(heard, [5, 6, 7, 8, 9]);
});

test("after stop nothing is visited and nothing held, also inside a chunk", () => {
  const splitter = new FrameSplitter(limits);
  let heard = 0;
  splitter.push(join([jsonFrame("{}"), jsonFrame("{}")]), () => {
    heard++;
    splitter.stop();
    return true;
  });
  splitter.push(jsonFrame("{}"), () => (heard++, true));
  assert.equal(heard, 1);
  assert.equal(splitter.heldBytes, 0);
});
