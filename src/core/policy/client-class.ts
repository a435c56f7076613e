/**
 * What kind of program a request says it comes from: a word of a short list, since the header itself is
 * whatever its sender likes, and may tell more about a person than anybody needs to keep.
 *
 * @module
 */

export const CLIENT_CLASSES = [
  ...['browser', 'curl', 'node', 'python', 'go', 'java', 'mcp', 'other', 'none'],
] as const;

export type ClientClass = (typeof CLIENT_CLASSES)[number];

/** Longest part of a header that is looked at, in characters. */
const MAX_CHARACTERS = 256;

/** The first that fits, in this order: a browser names others as well. */
const SIGNS: readonly (readonly [RegExp, ClientClass])[] = [
  [/\bmcp\b/i, 'mcp'],
  [/^Mozilla\//, 'browser'],
  [/^curl\//, 'curl'],
  [/\b(node|undici|bun|deno|axios)\b/i, 'node'],
  [/\b(python|httpx|aiohttp)\b/i, 'python'],
  [/^Go-http-client\//, 'go'],
  [/\b(java|okhttp|kotlin)\b/i, 'java'],
];

export function toClientClass(userAgent: string | null): ClientClass {
  const text = (userAgent ?? '').slice(0, MAX_CHARACTERS);
  if (text === '') return 'none';
  return SIGNS.find(([sign]) => sign.test(text))?.[1] ?? 'other';
}
