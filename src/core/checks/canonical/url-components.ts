/**
 * Path and query of a URL, with one spelling for each character.
 *
 * What needs no escape is written plainly, everything else as upper-case `%XX` of its UTF-8 bytes
 * (RFC 3986 §6.2.2). Characters that separate keep the spelling they have: `/` and `%2F` differ.
 *
 * @module
 */

import { err, ok, type Result } from '../../primitives/result.ts';
import type { CanonicalReason } from './canonical-problem.ts';
import { findUnsafeInLine } from './unsafe-characters.ts';

const BROKEN_ESCAPE = /%(?![0-9a-f]{2})/i;
const ESCAPE = /%([0-9a-f]{2})/gi;
const UNRESERVED = /^[A-Za-z0-9\-._~]$/;

/** Beyond these, every character of a path is written as an escape. */
const NOT_IN_PATH = /[^A-Za-z0-9\-._~!$&'()*+,;=:@/%]/gu;

/** A query may also hold `?`, and not `'`, which the WHATWG URL Standard escapes there. */
const NOT_IN_QUERY = /[^A-Za-z0-9\-._~!$&()*+,;=:@/?%]/gu;

/** `\`, and an escape that is there once more below the first: for a reader who decodes twice. */
const HIDDEN_IN_PATH = /\\|%(?:2e|2f|5c|25|0\d|0[a-f]|1[0-9a-f])/i;

/** The path with its dot steps resolved. Empty steps and the `/` at its end are part of it. */
export function canonicaliseUrlPath(path: string): Result<string, CanonicalReason> {
  if (BROKEN_ESCAPE.test(path)) return err('url_encoding');
  const readable = decode(path);
  if (readable === undefined || HIDDEN_IN_PATH.test(readable)) return err('url_encoding');
  if (findUnsafeInLine(readable) !== undefined) return err('url_encoding');

  const resolved = resolveDots(normaliseEscapes(path));
  return resolved === undefined ? err('url_above_root') : ok(writeEscapes(resolved, NOT_IN_PATH));
}

/** The query as it is sent. It may hold any text, but for NUL and what is not UTF-8. */
export function canonicaliseUrlQuery(query: string): Result<string, CanonicalReason> {
  if (BROKEN_ESCAPE.test(query)) return err('url_encoding');
  if (decode(query)?.includes('\0') !== false) return err('url_encoding');
  return ok(writeEscapes(normaliseEscapes(query), NOT_IN_QUERY));
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function normaliseEscapes(text: string): string {
  return text.replace(ESCAPE, (escaped, hex: string) => {
    const character = String.fromCharCode(Number.parseInt(hex, 16));
    return UNRESERVED.test(character) ? character : escaped.toUpperCase();
  });
}

function writeEscapes(text: string, characters: RegExp): string {
  return text.replace(characters, (character) =>
    character === "'" ? '%27' : encodeURIComponent(character),
  );
}

/** RFC 3986 §5.2.4, except that a step above the root is refused, not dropped. */
function resolveDots(path: string): string | undefined {
  const steps = path.split('/').slice(1);
  const resolved: string[] = [];
  for (const [index, step] of steps.entries()) {
    const isLast = index === steps.length - 1;
    if (step === '..' && resolved.pop() === undefined) return undefined;
    if (step !== '.' && step !== '..') resolved.push(step);
    else if (isLast) resolved.push('');
  }
  return `/${resolved.join('/')}`;
}
