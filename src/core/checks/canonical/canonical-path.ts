/**
 * One spelling for each path in a file system.
 *
 * A canonical path begins with `/`, is in NFC, and has no `.`, `..`, `//` or `/` at its end. It
 * holds no percent-encoding: what could be decoded was decoded, so no later reader can find another
 * path in it. Symbolic links are not this module's matter; whoever opens the file resolves them.
 *
 * @module
 */

import { err, ok, type Result } from '../../primitives/result.ts';
import { toUtf8 } from '../../primitives/utf8.ts';
import type { CanonicalReason } from './canonical-problem.ts';
import { findUnsafeInLine } from './unsafe-characters.ts';

/** Longest canonical path, in bytes of UTF-8. Every escape is three characters before decoding. */
export const MAX_PATH_BYTES = 1024;

/** Encodings within encodings that are undone. Nobody needs more; who has more hides something. */
const MAX_DECODINGS = 4;

const ESCAPE = /%[0-9a-f]{2}/i;
const LONE_PERCENT = /%(?![0-9a-f]{2})/gi;

/** `/`, `\`, `.` and NUL: encoded, they are there to be seen by one reader and not by another. */
const ENCODED_SEPARATOR = /%(?:2f|5c|2e|00)/i;

/**
 * Brings a path into its one spelling, or says why it has none.
 *
 * @example
 * ```ts
 * canonicalisePath('/data//./a%20b/../report.csv/'); // { ok: true, value: '/data/report.csv' }
 * canonicalisePath('/data/%2e%2e/etc/passwd');       // { ok: false, error: 'path_encoded_separator' }
 * canonicalisePath('/data/../../etc/passwd');        // { ok: false, error: 'path_above_root' }
 * canonicalisePath('report.csv');                    // { ok: false, error: 'path_not_absolute' }
 * ```
 */
export function canonicalisePath(text: string): Result<string, CanonicalReason> {
  if (text.length > 3 * MAX_PATH_BYTES) return err('path_too_long');
  if (findUnsafeInLine(text) !== undefined) return err('path_character');

  const decoded = decodeFully(text);
  if (!decoded.ok) return decoded;
  const path = decoded.value.normalize('NFC');
  if (path.includes('\\')) return err('path_backslash');
  if (findUnsafeInLine(path) !== undefined || !keepsItsShape(path)) return err('path_character');
  if (!path.startsWith('/')) return err('path_not_absolute');

  const resolved = resolve(path);
  if (resolved === undefined) return err('path_above_root');
  return toUtf8(resolved).length > MAX_PATH_BYTES ? err('path_too_long') : ok(resolved);
}

/** Decodes until nothing is left to decode. A percent sign without two digits is itself. */
function decodeFully(text: string): Result<string, CanonicalReason> {
  let decoded = text;
  for (let round = 0; ESCAPE.test(decoded); round++) {
    if (round === MAX_DECODINGS) return err('path_encoding');
    if (ENCODED_SEPARATOR.test(decoded)) return err('path_encoded_separator');
    try {
      decoded = decodeURIComponent(decoded.replace(LONE_PERCENT, '%25'));
    } catch {
      return err('path_encoding'); // the bytes are not UTF-8, such as the over-long `%C0%AF`
    }
  }
  return ok(decoded);
}

/**
 * Whether a reader who folds compatibility characters (full-width `／` and `．`, the leader `‥`)
 * still sees the same steps.
 */
function keepsItsShape(path: string): boolean {
  const folded = path.normalize('NFKC');
  if (folded === path) return true;
  const steps = path.split('/');
  const foldedSteps = folded.split(/[/\\]/);
  return (
    steps.length === foldedSteps.length &&
    steps.every((step, index) => isDots(step) === isDots(foldedSteps[index]))
  );
}

function isDots(step: string | undefined): boolean {
  return step === '.' || step === '..';
}

function resolve(path: string): string | undefined {
  const resolved: string[] = [];
  for (const step of path.split('/')) {
    if (step === '' || step === '.') continue;
    if (step !== '..') resolved.push(step);
    else if (resolved.pop() === undefined) return undefined;
  }
  return `/${resolved.join('/')}`;
}
