/**
 * Narrows a token without asking anybody: the result does less, and cannot be widened again.
 *
 * Needs WebCrypto only, so that it runs in browsers, Node and Workers. What a caveat may hold, and how
 * it is tied to the token, is specified in `docs/security/tokens.md`. The gateway refuses a token with
 * a caveat that it cannot read: a mistake here never widens anything.
 *
 * @module
 */

import type { WrittenCaveat } from '../core/policy/caveat.ts';

const TOKEN = /^(spt_[a-z0-9-]{1,63}_[0-9a-f]{64})_([0-9a-f]{64})((?:\.[\w-]+)*)$/;

/**
 * A token that is bound by these caveats and by all that the given one is bound by already.
 *
 * @throws TypeError unless the text is an access token; it is never part of the message.
 *
 * @example
 * ```ts
 * await attenuate(token, [
 *   { kind: 'grants', patterns: ['session:read'] },
 *   { kind: 'expiry', at: Date.now() + 3_600_000 },
 * ]);
 * ```
 */
export async function attenuate(token: string, caveats: readonly WrittenCaveat[]): Promise<string> {
  const [, head, tag, suffix = ''] = TOKEN.exec(token) ?? [];
  if (head === undefined || tag === undefined) {
    throw new TypeError('Cannot narrow the token: it must be one that POST /v1/tokens has issued');
  }
  const segments = caveats.map(toSegment);
  let narrowed = tag;
  for (const segment of segments) narrowed = await narrowTag(narrowed, segment);
  return `${head}_${narrowed}${suffix}${segments.map((segment) => `.${segment}`).join('')}`;
}

/** The next tag: HMAC-SHA256 of the segment, under the bytes of the tag before. */
async function narrowTag(tag: string, segment: string): Promise<string> {
  const bytes = Uint8Array.from(tag.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', bytes, algorithm, false, ['sign']);
  const next = await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(segment));
  return Array.from(new Uint8Array(next), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Base64url without padding of the caveat's JSON in UTF-8. */
function toSegment(caveat: WrittenCaveat): string {
  const bytes = new TextEncoder().encode(JSON.stringify(caveat));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}
