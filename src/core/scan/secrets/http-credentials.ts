/**
 * Credentials as they are handed to an HTTP client: the `Authorization` header, and the user of `curl`.
 *
 * @module
 */

import { type Candidate, type Matcher, openFrom } from '../matcher.ts';
import type { TextRuns } from '../text-runs.ts';
import { entropyOf, hasLetterAndDigit } from './candidate-checks.ts';

const SCHEMES = ['basic', 'bearer', 'token', 'apikey', 'api-key', 'key'];

const MIN_CREDENTIAL = 10;
const MAX_CREDENTIAL = 4_096;
const MIN_ENTROPY = 2.8;

/** Most white space and quotes between the parts of a header, in code units. */
const MAX_GAP = 8;

export const AUTHORIZATION_HEADER: Matcher = {
  name: 'authorization-header',
  literal: 'authorization',
  read(runs, start, end) {
    const { text } = runs;
    const sign = skipGap(text, end);
    if (sign === text.length) return openFrom(start, runs);
    if (text[sign] !== ':' && text[sign] !== '=') return undefined;
    const at = skipScheme(text, skipGap(text, sign + 1));
    if (at === 'open' || at === text.length) return openFrom(start, runs);
    return readCredential(runs, start, at);
  },
};

export const API_KEY_HEADER: Matcher = {
  name: 'api-key-header',
  literal: 'api-key:',
  read: (runs, start, end) => readCredential(runs, start, skipGap(runs.text, end)),
};

function readCredential(runs: TextRuns, start: number, at: number): Candidate | undefined {
  const end = runs.endOfRun('bearer', at, MAX_CREDENTIAL);
  const value = runs.text.slice(at, end);
  if (end === runs.text.length && end - at < MAX_CREDENTIAL) {
    const isFound = isCredential(value);
    if (!isFound) return openFrom(start, runs);
    return { start: at, end, confidence: 'medium', isOpen: true, heldFrom: start };
  }
  if (!isCredential(value)) return undefined;
  return { start: at, end, confidence: 'medium', isOpen: false };
}

function isCredential(value: string): boolean {
  return (
    value.length >= MIN_CREDENTIAL && hasLetterAndDigit(value) && entropyOf(value) > MIN_ENTROPY
  );
}

function skipGap(text: string, from: number): number {
  let at = from;
  while (at < from + MAX_GAP && at < text.length && ' \t"\'\\'.includes(text.charAt(at))) at++;
  return at;
}

function skipScheme(text: string, at: number): number | 'open' {
  const written = text.slice(at, at + 9).toLowerCase();
  for (const scheme of SCHEMES) {
    if (written.startsWith(`${scheme} `)) return skipGap(text, at + scheme.length);
    if (written.length <= scheme.length && scheme.startsWith(written)) return 'open';
  }
  return at;
}

/** How far before its user the name of the program may stand, in code units. */
const MAX_COMMAND = 400;
const MAX_USER = 128;
const MIN_PASSWORD = 6;

/** `user:password`, in quotes or not. Variables and stand-ins of documents are no passwords. */
const USER = /^(["']?)([^\s"':$<[{]{0,64}):([^\s"'$<[{(][^\s"']{0,127})?/;

function matchCurlUser(literal: string): Matcher {
  return {
    name: 'curl-user',
    literal,
    read(runs, start, end) {
      const { text } = runs;
      if (!text.slice(Math.max(0, start - MAX_COMMAND), start).includes('curl')) return undefined;
      const at = skipBlanks(text, end);
      const written = text.slice(at, at + MAX_USER);
      const isOpen = at + written.length === text.length && !/\s/.test(written);
      const [whole = '', , user = '', password = ''] = USER.exec(written) ?? [];
      const isFound = isPassword(password) || isPassword(user);
      if (!isFound) return isOpen ? openFrom(start, runs) : undefined;
      return { start: at, end: at + whole.length, confidence: 'medium', isOpen, heldFrom: start };
    },
  };
}

function isPassword(text: string): boolean {
  return text.length >= MIN_PASSWORD && (hasLetterAndDigit(text) || /[a-z][A-Z]/.test(text));
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (at < from + MAX_GAP && text[at] === ' ') at++;
  return at;
}

export const CURL_USERS: readonly Matcher[] = [matchCurlUser(' -u '), matchCurlUser(' --user ')];
