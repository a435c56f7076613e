/**
 * Scopes as RFC 6749 section 3.3 writes them: words with a space between.
 *
 * @module
 */

import { compileKnownValues } from '../scan/known-values.ts';
import { scanText } from '../scan/scan-text.ts';

/** Longest scope that is asked for, in characters. */
const MAX_LENGTH = 1_024;

const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/;

export function readScope(text: unknown): string | undefined {
  const isScope = typeof text === 'string' && text.length <= MAX_LENGTH && SCOPE.test(text);
  return isScope ? text : undefined;
}

/** As a stranger says it who was given these tokens: one that tells them is taken for not said, since scopes are shown. */
export function readToldScope(text: unknown, tokens: readonly string[]): string | undefined {
  const scope = readScope(text);
  if (scope === undefined) return undefined;
  const known = compileKnownValues(tokens.map((value) => ({ name: 'token', value })));
  const { findings, uninspected } = scanText(scope, { kinds: ['known'], known });
  return findings.length > 0 || uninspected !== undefined ? undefined : scope;
}

/** Each word once; nothing for no words at all, or for more than anybody should ask for. */
export function joinScopes(...scopes: readonly (string | undefined)[]): string | undefined {
  const words = scopes.flatMap((scope) => scope?.split(' ').filter(Boolean) ?? []);
  return readScope([...new Set(words)].join(' '));
}
