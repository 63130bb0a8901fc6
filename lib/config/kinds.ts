/** How a setting's text is read and written. */
export interface Kind<T> {
  /** Ends the sentence "expected …". */
  readonly expected: string;
  /** undefined where the text is not of this kind. */
  parse(text: string): T | undefined;
  format(value: T): string;
}

/** What is said of a setting beside its kind and default. */
export interface Words {
  /** One sentence. */
  readonly about: string;
  /** The command line's own option for it, `--<flag>`. */
  readonly flag?: string;
  /** Is it refused to change it over the network (mqadmin updateBrokerConfig)? */
  readonly isFixed?: true;
}

/** One setting: all that is to say about it. */
export interface Setting<T> extends Words {
  readonly kind: Kind<T>;
  readonly fallback: T;
}

export function setting<T>(kind: Kind<T>, fallback: T, words: Words): Setting<T> {
  return { kind, fallback, ...words };
}

/** A whole number from `min` to `max`, of a unit where it has one. */
export function whole(min: number, max: number, unit?: string): Kind<number> {
  return {
    expected: `a whole number${unit ? ` of ${unit}` : ""} from ${min} to ${max}`,
    parse(text) {
      const value = /^[+-]?\d+$/.test(text) ? Number(text) : NaN;
      return value >= min && value <= max ? value : undefined;
    },
    format: String,
  };
}

/** `true` or `false`. */
export const flag: Kind<boolean> = {
  expected: "true or false",
  parse: (text) => text === "true" ? true : text === "false" ? false : undefined,
  format: String,
};

/** Any text that `pattern` matches, all of it. */
export function text(expected: string, pattern = /^/): Kind<string> {
  return {
    expected,
    parse: (text) => pattern.test(text) ? text : undefined,
    format: (value) => value,
  };
}

/** One of these words, read without regard to case. */
export function oneOf<const W extends string>(...words: readonly W[]): Kind<W> {
  return {
    expected: words.length === 1 ? words[0] : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`,
    parse: (text) => words.find((word) => word.toLowerCase() === text.toLowerCase()),
    format: (value) => value,
  };
}
