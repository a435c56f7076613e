/**
 * Private keys in PEM armour (RFC 7468, OpenSSH, PGP), also with the line ends of a JSON string.
 *
 * @module
 */

import { isOf } from '../alphabets.ts';
import { type Candidate, type Matcher, openFrom } from '../matcher.ts';
import type { TextRuns } from '../text-runs.ts';

const LITERAL = '-----BEGIN ';
const HEADINGS = ['PRIVATE KEY-----', 'PRIVATE KEY BLOCK-----'];

/** Longest heading, such as `ENCRYPTED PRIVATE KEY-----`, in code units. */
const MAX_HEADING = 48;
/** Longest key that is taken as one; an RSA key of 16,384 bits has some 13,000 code units. */
const MAX_KEY = 16_384;
/** A key has at least this many characters of base64 in a row. */
const MIN_RUN = 40;

export const PRIVATE_KEY: Matcher = {
  name: 'private-key',
  literal: LITERAL,
  read(runs, start, end) {
    const body = readHeading(runs, end);
    if (body === undefined || body === 'open') return body && openFrom(start, runs);
    return readKey(runs, start, body);
  },
};

function readHeading({ text }: TextRuns, from: number): number | 'open' | undefined {
  const heading = text.slice(from, from + MAX_HEADING);
  for (const ending of HEADINGS) {
    const at = heading.indexOf(ending);
    if (at !== -1 && /^[A-Z0-9 ]*$/.test(heading.slice(0, at))) return from + at + ending.length;
  }
  return heading.length < MAX_HEADING && /^[A-Z0-9 ]*-{0,5}$/.test(heading) ? 'open' : undefined;
}

/** To the dashes of the ending, or as far as it could be a key where the ending is missing. */
function readKey(runs: TextRuns, start: number, from: number): Candidate | undefined {
  const { text } = runs;
  const limit = Math.min(text.length, from + MAX_KEY);
  let longest = 0;
  let runAt = from;
  let at = from;
  for (; at < limit && !text.startsWith('--', at); at++) {
    const unit = text.charCodeAt(at);
    if (isOf('base64', unit)) {
      longest = Math.max(longest, at + 1 - runAt);
      continue;
    }
    if (!isBetweenLines(unit)) break;
    runAt = at + 1;
  }
  const isOpen = at === text.length && at - from < MAX_KEY;
  if (longest < MIN_RUN) return isOpen ? openFrom(start, runs) : undefined;
  return { start, end: at, confidence: 'high', isOpen };
}

const BETWEEN_LINES: ReadonlySet<number> = new Set(
  Array.from(' \t\r\n\\,:.()"', (character) => character.charCodeAt(0)),
);

function isBetweenLines(unit: number): boolean {
  return BETWEEN_LINES.has(unit);
}
