/** What tests of the wire write by hand, apart from the code under test. */
const utf8 = new TextEncoder();

/** A frame around a JSON header text: length, form 0 and header length, header, body. */
export function jsonFrame(header: string, body: Uint8Array = new Uint8Array(0)): Uint8Array {
  const text = utf8.encode(header);
  return framed(0, text, body);
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
