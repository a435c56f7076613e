/**
 * Scopes as RFC 6749 section 3.3 writes them: words with a space between.
 *
 * @module
 */

/** Longest scope that is asked for, in characters. */
const MAX_LENGTH = 1_024;

const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/;

export function readScope(text: unknown): string | undefined {
  const isScope = typeof text === 'string' && text.length <= MAX_LENGTH && SCOPE.test(text);
  return isScope ? text : undefined;
}

/** Each word once; nothing for no words at all, or for more than anybody should ask for. */
export function joinScopes(...scopes: readonly (string | undefined)[]): string | undefined {
  const words = scopes.flatMap((scope) => scope?.split(' ').filter(Boolean) ?? []);
  return readScope([...new Set(words)].join(' '));
}
