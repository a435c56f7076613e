/**
 * User names and passwords in URLs and connection strings (RFC 3986, `userinfo`).
 *
 * @module
 */

import { isOf } from '../alphabets.ts';
import { type Candidate, type Matcher, openFrom } from '../matcher.ts';
import type { TextRuns } from '../text-runs.ts';

const MAX_SCHEME = 16;
const MAX_USER = 64;
const MAX_PASSWORD = 128;
const MIN_PASSWORD = 4;

/** What ends a user or a password, or makes it a template: `{{USER}}`, `${USER}`, `<user>`. */
const ENDS: ReadonlySet<number> = new Set(
  Array.from(' \t\r\n/?#"\'`<>{}$[]|\\^', (character) => character.charCodeAt(0)),
);

/** Stands where a password would. */
const SAMPLE_PASSWORD =
  /^(?:(?:my|your|the|some|db)?[-_]?(?:pass(?:word|wd)?|pwd|secret|token)|(.)\1*|.*(?:placeholder|change_?me|example|replace).*)$/i;

export const URL_CREDENTIALS: Matcher = {
  name: 'url-credentials',
  literal: '://',
  read(runs, start, end) {
    const schemeAt = readSchemeBack(runs, start);
    return schemeAt === undefined ? undefined : readUserInfo(runs, schemeAt, end);
  },
};

function readSchemeBack({ text }: TextRuns, end: number): number | undefined {
  const limit = Math.max(0, end - MAX_SCHEME);
  let at = end;
  while (at > limit && (isOf('word', text.charCodeAt(at - 1)) || text[at - 1] === '+')) at--;
  return at === end ? undefined : at;
}

function readUserInfo(runs: TextRuns, start: number, from: number): Candidate | undefined {
  const { text } = runs;
  const colon = endOfPart(text, from, MAX_USER);
  if (colon === text.length && colon - from < MAX_USER) return openFrom(start, runs);
  if (text[colon] !== ':') return undefined;
  const at = endOfPart(text, colon + 1, MAX_PASSWORD, ':');
  if (at === text.length && at - colon <= MAX_PASSWORD) return openFrom(start, runs);
  if (text[at] !== '@' || at - colon <= MIN_PASSWORD) return undefined;
  const user = text.slice(from, colon);
  const password = text.slice(colon + 1, at);
  if (user === password || SAMPLE_PASSWORD.test(password)) return undefined;
  // The place of the host is left: who reads on may know where, but not by which password.
  return { start: from - '://'.length, end: at + 1, confidence: 'medium', isOpen: false };
}

function endOfPart(text: string, from: number, max: number, allowed = ''): number {
  const limit = Math.min(text.length, from + max + 1);
  let at = from;
  for (; at < limit; at++) {
    const unit = text.charCodeAt(at);
    if (ENDS.has(unit) || text[at] === '@' || (text[at] === ':' && allowed === '')) break;
    if (unit === 0x25 && !/^[0-9A-Fa-f]{2}/.test(text.slice(at + 1, at + 3))) break;
  }
  return at;
}
