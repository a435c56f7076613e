/**
 * Literals of a plain request: what stands there word for word and must reach a tool unchanged.
 *
 * Each is taken out of the text and replaced by a mark, so that what is inside a quotation, a JSON
 * block or a URL is never mistaken for a part of the request.
 *
 * @module
 */

export interface Literal {
  readonly kind: 'fence' | 'quote' | 'json' | 'url' | 'path';
  /** Without quotation marks and fences; JSON as it was written. */
  readonly text: string;
}

export interface MarkedText {
  /** The request with a mark in place of each literal. */
  readonly text: string;
  readonly literals: readonly Literal[];
}

/** A mark is an index between two characters that no keyboard writes. */
const MARK = /\uE000(\d+)\uE001/g;

const FENCE = /```[^\n`]*\n?([\s\S]*?)```/y;
const QUOTES = [
  /"((?:[^"\\\n]|\\.)*)"/y,
  /“([^”]*)”/y,
  /`([^`\n]+)`/y,
  /(?<![\p{L}\p{N}])'([^'\n]*)'(?![\p{L}\p{N}])/uy,
];
const URL_TEXT = /https?:\/\/[^\s<>"'`\uE000]+/iy;
const PATH_TEXT = /(?<![\p{L}\p{N}/])(?:~|\.{1,2})?\/[^\s<>"'`,;]+/uy;

export function markLiterals(request: string): MarkedText {
  // Private-use characters of a hostile request must not pass for marks.
  const source = request.replace(/[\uE000\uE001]/g, ' ');
  const scan = {
    source,
    triesLeft: MAX_TRIES,
    last: {
      '”': source.lastIndexOf('”'),
      '}': source.lastIndexOf('}'),
      ']': source.lastIndexOf(']'),
    },
  };
  const literals: Literal[] = [];
  let text = '';
  for (let at = 0; at < source.length; ) {
    const found = literalAt(scan, at);
    if (found === undefined) {
      text += source[at++];
    } else {
      text += `\uE000${literals.length}\uE001`;
      literals.push(found.literal);
      at += found.length;
    }
  }
  return { text, literals };
}

/** Indexes of the literals whose marks are in a part of the text, in order. */
export function marksIn(text: string): readonly number[] {
  return [...text.matchAll(MARK)].map(([, index]) => Number(index));
}

/** The text with its literals back in place, as a user would have written them plainly. */
export function unmark(text: string, literals: readonly Literal[]): string {
  return text.replace(MARK, (_, index: string) => {
    const literal = literals[Number(index)];
    if (literal === undefined) return '';
    return literal.kind === 'quote' ? `"${literal.text}"` : literal.text;
  });
}

/** The text with this one of its marks. */
export function keepMark(text: string, kept: number): string {
  return text.replace(MARK, (mark, index: string) => (Number(index) === kept ? mark : ' '));
}

export function withoutMarks(text: string): string {
  return text.replace(MARK, ' ');
}

/** Bounds what is tried, so that no request takes long: time grows with its length only. */
interface Scan {
  readonly source: string;
  /** Readings as JSON that may still fail. */
  triesLeft: number;
  /** Where each closing character occurs last: nothing that opens behind it is ever closed. */
  readonly last: { readonly '”': number; readonly '}': number; readonly ']': number };
}

const MAX_TRIES = 64;

interface Found {
  readonly literal: Literal;
  /** Characters of the source that it took. */
  readonly length: number;
}

function literalAt(scan: Scan, at: number): Found | undefined {
  const { source } = scan;
  const first = source[at] ?? '';
  if (first === '`') {
    const fence = matchAt({ kind: 'fence', pattern: FENCE }, source, at);
    if (fence !== undefined) return fence;
  }
  if (first === '{' || (first === '[' && !/[\p{L}\p{N}_\])]/u.test(source[at - 1] ?? ''))) {
    return jsonAt(scan, at);
  }
  if (first === '“' && at > scan.last['”']) return undefined;
  if (first === 'h' || first === 'H') return urlAt(source, at);
  if ('"“`\''.includes(first)) {
    for (const pattern of QUOTES) {
      const found = matchAt({ kind: 'quote', pattern }, source, at);
      if (found !== undefined) return found;
    }
  }
  return '/~.'.includes(first)
    ? trimEnd(matchAt({ kind: 'path', pattern: PATH_TEXT }, source, at))
    : undefined;
}

function urlAt(source: string, at: number): Found | undefined {
  if (/[\p{L}\p{N}]/u.test(source[at - 1] ?? '')) return undefined;
  return trimEnd(matchAt({ kind: 'url', pattern: URL_TEXT }, source, at));
}

interface LiteralForm {
  readonly kind: Literal['kind'];
  /** Sticky; its first group is the text, if it has one. */
  readonly pattern: RegExp;
}

function matchAt({ kind, pattern }: LiteralForm, source: string, at: number): Found | undefined {
  pattern.lastIndex = at;
  const match = pattern.exec(source);
  if (match === null) return undefined;
  const text = match[1] ?? match[0];
  const isFence = kind === 'fence';
  return {
    literal: { kind, text: isFence ? text.replace(/\n$/, '') : text },
    length: match[0].length,
  };
}

/** Without the punctuation of the sentence that the literal stands in. */
function trimEnd(found: Found | undefined): Found | undefined {
  if (found === undefined) return undefined;
  let length = found.literal.text.length;
  while (length > 0 && '.,;:!?)]'.includes(found.literal.text[length - 1] ?? '')) length--;
  if (length < 2) return undefined;
  return { literal: { ...found.literal, text: found.literal.text.slice(0, length) }, length };
}

/** The longest JSON object or list that begins here. */
function jsonAt(scan: Scan, at: number): Found | undefined {
  const { source } = scan;
  const closing = source[at] === '{' ? '}' : ']';
  let end = scan.last[closing] + 1;
  while (scan.triesLeft > 0) {
    end = source.lastIndexOf(closing, end - 1);
    if (end <= at) return undefined;
    const text = source.slice(at, end + 1);
    if (isJson(text)) return { literal: { kind: 'json', text }, length: text.length };
    scan.triesLeft--;
  }
  return undefined;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
