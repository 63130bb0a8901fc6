/** Bytes of a page: what is taken at once, and what a sparse file saves. */
export const pageBytes = 4_096;

/** Pages by number; one that is missing, or undefined, is all zeros. */
export type Pages = Map<number, Uint8Array | undefined>;

/** Copies from `pages` into all of `into`; missing pages read as zeros. */
export function readPages(pages: Pages, into: Uint8Array, position: number): void {
  let done = 0;
  while (done < into.length) {
    const at = position + done;
    const inPage = at % pageBytes;
    const count = Math.min(pageBytes - inPage, into.length - done);
    const page = pages.get((at - inPage) / pageBytes);
    if (page === undefined) into.fill(0, done, done + count);
    else into.set(count === pageBytes ? page : page.subarray(inPage, inPage + count), done);
    done += count;
  }
}

/** Copies `bytes` into `pages`, which own their pages; missing pages are made. */
export function writePages(pages: Pages, bytes: Uint8Array, position: number): void {
  let done = 0;
  while (done < bytes.length) {
    const at = position + done;
    const inPage = at % pageBytes;
    const count = Math.min(pageBytes - inPage, bytes.length - done);
    const number = (at - inPage) / pageBytes;
    let page = pages.get(number);
    if (page === undefined) pages.set(number, page = new Uint8Array(pageBytes));
    page.set(
      done === 0 && count === bytes.length ? bytes : bytes.subarray(done, done + count),
      inPage,
    );
    done += count;
  }
}

/** Makes all from `size` on zeros. */
export function cutPages(pages: Pages, size: number): void {
  const first = Math.ceil(size / pageBytes);
  for (const number of pages.keys()) {
    if (number >= first) pages.set(number, undefined);
  }
  if (size % pageBytes !== 0) pages.get(first - 1)?.fill(0, size % pageBytes);
}

/** The numbers of the pages that a range touches. */
export function* pagesOf(position: number, length: number): Generator<number> {
  if (length === 0) return;
  const last = Math.floor((position + length - 1) / pageBytes);
  for (let number = Math.floor(position / pageBytes); number <= last; number++) yield number;
}
