/**
 * JSON Web Tokens (RFC 7519): three parts, of which the first two begin as base64url of `{"`, and the
 * first decodes to a header with an algorithm.
 *
 * @module
 */

import { decodeBase64 } from '../encodings.ts';
import { type Candidate, isWithinWord, type Matcher, openFrom } from '../matcher.ts';
import type { TextRuns } from '../text-runs.ts';

const LITERAL = 'eyJ';
const MAX_HEADER = 4_096;
const MAX_PAYLOAD = 8_192;
const MIN_PART = 10;
const MIN_SIGNATURE = 16;
const MAX_SIGNATURE = 2_048;

export const WEB_TOKEN: Matcher = {
  name: 'jwt',
  literal: LITERAL,
  read(runs, start, end) {
    if (isWithinWord(runs, start) || !runs.text.startsWith(LITERAL, start)) return undefined;
    return readToken(runs, start, end);
  },
};

function readToken(runs: TextRuns, start: number, from: number): Candidate | undefined {
  const { text } = runs;
  const headerEnd = runs.endOfRun('url', from, MAX_HEADER);
  if (headerEnd === text.length) return openFrom(start, runs);
  if (headerEnd - from < MIN_PART || text[headerEnd] !== '.') return undefined;
  const payload = headerEnd + 1;
  if (!text.startsWith(LITERAL, payload)) {
    return LITERAL.startsWith(text.slice(payload)) ? openFrom(start, runs) : undefined;
  }
  const payloadEnd = runs.endOfRun('url', payload, MAX_PAYLOAD);
  if (payloadEnd === text.length) return openFrom(start, runs);
  if (payloadEnd - payload < MIN_PART || text[payloadEnd] !== '.') return undefined;
  const end = runs.endOfRun('url', payloadEnd + 1, MAX_SIGNATURE);
  const isOpen = end === text.length;
  if (end - payloadEnd <= MIN_SIGNATURE) return isOpen ? openFrom(start, runs) : undefined;
  const header = decodeBase64(text.slice(start, headerEnd)) ?? '';
  const confidence = header.includes('"alg"') ? 'high' : 'medium';
  return { start, end, confidence, isOpen };
}
