/**
 * The place within a document that a clause asks for: "the name from {…}", "`.items[0]`",
 * "query the title in …".
 *
 * @module
 */

import type { ClauseValues } from './clause-values.ts';

const WORD = '[\\p{L}\\p{N}_$.\\[\\]*-]+';

/** In the order of how certain they are; each takes one word. */
const PATTERNS: readonly RegExp[] = [
  /(?:^|\s)([$.][\p{L}\p{N}_.[\]*-]*[\p{L}\p{N}\]])(?=[\s,;?!]|$)/u,
  /(?:^|\s)([\p{L}\p{N}_-]+(?:\.[\p{L}\p{N}_-]+|\[[\d*]+\])+)(?=[\s,;?!]|$)/u,
  new RegExp(`\\b(?:field|key|property|member|path|pointer)\\s{1,4}(${WORD})`, 'iu'),
  new RegExp(
    `(${WORD})\\s{1,4}(?:from|in|of|out of|within|inside)\\s{1,4}[^\\uE000]{0,40}\\uE000`,
    'iu',
  ),
  new RegExp(
    `\\b(?:for|at|of|get|extract|select|find|query)\\s{1,4}(?:the\\s{1,4})?(${WORD})`,
    'iu',
  ),
];

const NOT_A_PLACE = /^(?:the|a|an|value|values|it|this|that|json|document|object|field|key)$/i;

export function findQuery(values: ClauseValues): string | undefined {
  const literal = values.takeLiteral('quote', 'path');
  if (literal !== undefined) return literal;
  for (const pattern of PATTERNS) {
    const word = pattern.exec(values.head)?.[1]?.replace(/\.+$/, '');
    if (word !== undefined && word !== '' && !NOT_A_PLACE.test(word)) return word;
  }
  return undefined;
}
