/** What tests of the wire write by hand, apart from the code under test. */
const utf8 = new TextEncoder();
const text = new TextDecoder();

/** A frame around a JSON header text: length, form 0 and header length, header, body. */
export function jsonFrame(header: string, body: Uint8Array = new Uint8Array(0)): Uint8Array {
  return framed(0, utf8.encode(header), body);
}

export function framed(
  form: number,
  header: Uint8Array,
  body: Uint8Array = new Uint8Array(0),
): Uint8Array {
  const frame = new Uint8Array(8 + header.length + body.length);
  const view = new DataView(frame.buffer);
  view.setInt32(0, frame.length - 4);
  view.setInt32(4, header.length);
  frame[4] = form;
  frame.set(header, 8);
  frame.set(body, 8 + header.length);
  return frame;
}

/** Shows each whole frame of what came so far; gives a copy of what is left. */
export function takeFrames(
  left: Uint8Array,
  came: Uint8Array,
  take: (frame: Uint8Array) => void,
): Uint8Array<ArrayBuffer> {
  const all = left.length === 0 ? came : join([left, came]);
  const view = new DataView(all.buffer, all.byteOffset, all.byteLength);
  let at = 0;
  while (all.length - at >= 4 && all.length - at - 4 >= view.getInt32(at)) {
    const end = at + 4 + view.getInt32(at);
    take(all.subarray(at, end));
    at = end;
  }
  return all.slice(at);
}

/** A frame whose header is JSON, as what that says and its body. */
export function readJsonFrame(frame: Uint8Array) {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const end = 8 + (view.getInt32(4) & 0xffffff);
  return { header: JSON.parse(text.decode(frame.subarray(8, end))), body: frame.subarray(end) };
}

/** Bytes of hex digits; blanks do not count. */
export function fromHex(text: string): Uint8Array {
  return Uint8Array.from(
    text.replaceAll(/\s/g, "").match(/../g) ?? [],
    (pair) => parseInt(pair, 16),
  );
}

export function toHex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function join(pieces: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
