/** What stands where a record should begin. */
export type Found = "record" | "filler" | "nothing" | "damage";

/** What is known of the place. */
export type Place =
  /** All here was on the disk, says the mark. */
  | "below the mark"
  /** Written after the last sync that the mark knows of. */
  | "above the mark"
  /** The mark is void, and the broker that wrote last stopped in order. */
  | "after a foreign stop"
  /** The mark is void, and the broker that wrote last was killed. */
  | "after a foreign crash";

/** What to do. */
export type Act =
  /** Keep the record, go on behind it. */
  | "keep"
  /** Go on with the next segment; without one, the log ends at the segment's end. */
  | "next segment"
  /** The log ends here; what lies behind is cut off, durably, so that it never comes back. */
  | "end"
  /** Go on with the next sound record: what lies behind damage is kept and served. */
  | "step over"
  /** Step over where a sound record follows, else end. */
  | "step over if sound"
  /** Step over where a record follows that had been flushed, says the other broker's checkpoint. */
  | "step over if flushed";

/** Recovery: for all that can be found, at each place, what to do and why. */
export const recoveryCases: Record<
  Found,
  Record<Place, { readonly act: Act; readonly why: string }>
> = {
  record: {
    "below the mark": { act: "keep", why: "a sound record" },
    "above the mark": { act: "keep", why: "a sound record that got to the disk early" },
    "after a foreign stop": { act: "keep", why: "a sound record" },
    "after a foreign crash": { act: "keep", why: "a sound record" },
  },
  filler: {
    "below the mark": { act: "next segment", why: "the segment is full" },
    "above the mark": { act: "next segment", why: "the segment is full" },
    "after a foreign stop": { act: "next segment", why: "the segment is full" },
    "after a foreign crash": { act: "next segment", why: "the segment is full" },
  },
  nothing: {
    "below the mark": { act: "step over", why: "zeros where a record was on the disk" },
    "above the mark": { act: "end", why: "the log ends here" },
    "after a foreign stop": { act: "step over if sound", why: "the log ends here, or lost a part" },
    "after a foreign crash": {
      act: "step over if flushed",
      why: "the log ends here, or lost a part",
    },
  },
  damage: {
    "below the mark": { act: "step over", why: "a record was damaged on the disk" },
    "above the mark": { act: "end", why: "a torn tail: nobody was told that it is stored" },
    "after a foreign stop": {
      act: "step over if sound",
      why: "damage, or an end that is not clean",
    },
    "after a foreign crash": { act: "step over if flushed", why: "damage, or a torn tail" },
  },
};

/** What may be odd about a file of the commit log. */
export type OddFile = "strange" | "unused" | "short" | "oddSize" | "gap" | "missingEnd";

/** Recovery: for all that may be odd about the files, what to do and why. */
export const segmentCases: Record<
  OddFile,
  { readonly act: "leave alone" | "remove" | "grow" | "stop"; readonly why: string }
> = {
  strange: { act: "leave alone", why: "it is not named after a position" },
  unused: { act: "remove", why: "it was being made: all in it would lie above the mark" },
  short: { act: "grow", why: "it was being cut: all below the mark is there" },
  oddSize: { act: "stop", why: "its size is not the configured one" },
  gap: { act: "stop", why: "a file before it is missing" },
  missingEnd: { act: "stop", why: "the mark knows of records behind the last file" },
};
