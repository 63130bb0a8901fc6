import type { Token } from "./tokens.ts";

/** A function as the rules see it: its place and measures. */
export interface FoundFunction {
  readonly name: string;
  /** Where its parameters begin, counted from 1. */
  readonly line: number;
  readonly lines: number;
  readonly parameters: number;
  /** How deep blocks and closures lie in one another inside its body. */
  readonly nesting: number;
}

const CONTROL = new Set(["if", "for", "while", "switch", "catch", "with", "await"]);
const BLOCK = new Set(["else", "try", "finally", "do", "catch"]);
const PAIRS = new Map([["(", ")"], ["[", "]"], ["{", "}"]]);
/** What a type cannot end with, so that a brace behind it is part of the type. */
const INSIDE_TYPE = new Set([
  ":",
  "|",
  "&",
  "=>",
  "<",
  ",",
  "(",
  "[",
  "?",
  "keyof",
  "readonly",
  "is",
]);
const AFTER_TYPE = new Set([";", ",", "=", ")", "]", "}", "=>"]);

/** All functions with a body in braces; comments must be out of `tokens`. */
export function findFunctions(tokens: readonly Token[]): FoundFunction[] {
  const closes = pairs(tokens);
  const bodies = new Map<number, number>();
  const blocks = new Set<number>();
  for (let at = 0; at < tokens.length; at++) {
    if (tokens[at].text === "(" && tokens[at].kind === "sign") {
      const body = bodyOf(tokens, closes, at);
      if (body === undefined) continue;
      if (CONTROL.has(tokens[at - 1]?.text)) blocks.add(body);
      else bodies.set(body, at);
    } else if (isSign(tokens[at], "{") && !bodies.has(at)) {
      const before = tokens[at - 1];
      if (before?.text === "=>") bodies.set(at, at - 2);
      else if (before?.kind === "word" && BLOCK.has(before.text)) blocks.add(at);
    }
  }
  return [...bodies].map(([body, start]) => {
    const end = closes.get(body) ?? body;
    return {
      name: nameOf(tokens, start),
      line: tokens[start].line,
      lines: tokens[end].line - tokens[start].line + 1,
      parameters: parameters(tokens, closes, start),
      nesting: nesting({ body, end }, closes, (at) => blocks.has(at) || bodies.has(at)),
    };
  });
}

function isSign(token: Token | undefined, text: string): boolean {
  return token?.kind === "sign" && token.text === text;
}

/** The closing bracket of every opening one, by place. */
function pairs(tokens: readonly Token[]): Map<number, number> {
  const closes = new Map<number, number>();
  const open: number[] = [];
  for (const [at, token] of tokens.entries()) {
    // A template's `${` opens inside a text token and its `}` closes inside the next: both stay
    // out.
    if (token.kind !== "sign") continue;
    if (PAIRS.has(token.text)) open.push(at);
    else if (")]}".includes(token.text)) closes.set(open.pop() ?? 0, at);
  }
  return closes;
}

/**
 * The brace that opens the body which belongs to the parentheses at `at`; undefined where none
 * does.
 */
function bodyOf(
  tokens: readonly Token[],
  closes: ReadonlyMap<number, number>,
  at: number,
): number | undefined {
  let next = (closes.get(at) ?? tokens.length) + 1;
  if (isSign(tokens[next], "{")) return next;
  if (isSign(tokens[next], "=>")) return isSign(tokens[next + 1], "{") ? next + 1 : undefined;
  if (!isSign(tokens[next], ":")) return undefined;
  for (next++; next < tokens.length; next++) {
    const { kind, text } = tokens[next];
    const isOpen = kind === "sign" && PAIRS.has(text);
    const isBody = text === "{" && isOpen && !INSIDE_TYPE.has(tokens[next - 1].text);
    if (isBody) return next;
    if (text === "=>" && isSign(tokens[next + 1], "{") && !isSign(tokens[next - 1], ")")) {
      return next + 1;
    }
    if (kind === "sign" && AFTER_TYPE.has(text) && text !== "=>") return undefined;
    if (isOpen) next = closes.get(next) ?? tokens.length;
  }
  return undefined;
}

function nameOf(tokens: readonly Token[], start: number): string {
  for (let at = start - 1; at >= Math.max(0, start - 6); at--) {
    if (tokens[at].kind === "word" && tokens[at].text !== "async") return tokens[at].text;
  }
  return "a closure";
}

function parameters(
  tokens: readonly Token[],
  closes: ReadonlyMap<number, number>,
  start: number,
): number {
  const end = closes.get(start);
  if (!isSign(tokens[start], "(") || end === undefined) return 1;
  let [count, isOpen, angles] = [0, false, 0];
  for (let at = start + 1; at < end; at++) {
    const { text, kind } = tokens[at];
    if (isSign(tokens[at], ",") && angles === 0) isOpen = false;
    else if (!isOpen) [count, isOpen] = [count + 1, true];
    if (text === "<") angles++;
    if (text === ">" && angles > 0) angles--;
    if (kind === "sign" && PAIRS.has(text)) at = closes.get(at) ?? end;
  }
  return count;
}

function nesting(
  { body, end }: { readonly body: number; readonly end: number },
  closes: ReadonlyMap<number, number>,
  isBlock: (at: number) => boolean,
): number {
  const ends: number[] = [];
  let deepest = 0;
  for (let at = body + 1; at < end; at++) {
    while (ends.length > 0 && ends[ends.length - 1] < at) ends.pop();
    if (!isBlock(at)) continue;
    ends.push(closes.get(at) ?? end);
    deepest = Math.max(deepest, ends.length);
  }
  return deepest;
}
