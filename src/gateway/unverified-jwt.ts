/**
 * What a signed token (JWT, RFC 7519) says of itself, before anybody has verified it: just enough to know
 * whose keys to ask for. Nothing here may be believed.
 *
 * Read strictly, so that whoever verifies it later cannot read it otherwise.
 *
 * @module
 */

import { MAX_KEY_ID_CHARACTERS } from '../core/policy/key-set.ts';
import { SIGN_IN_ALGORITHMS } from '../core/policy/sign-in-algorithms.ts';
import { fromBase64Url } from '../core/primitives/base64url.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../core/primitives/json.ts';
import { parseJson } from '../core/primitives/parse-json.ts';
import { fromUtf8 } from '../core/primitives/utf8.ts';

/** Longest token, in ASCII characters. */
export const MAX_JWT_LENGTH = 8_192;

const COMPACT = /^(eyJ[A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]+$/;
const LIMITS = { maxBytes: MAX_JWT_LENGTH, maxDepth: 8 } as const;
const MAX_AUDIENCES = 16;

/** Other kinds of signed tokens are not for showing to anybody, though the same keys sign them. */
const TYPES: readonly JsonValue[] = ['JWT', 'jwt', 'at+jwt', 'application/at+jwt'];

export interface UnverifiedJwt {
  readonly issuer: string;
  readonly audiences: readonly string[];
  readonly kid?: string;
  readonly claims: JsonObject;
}

/** Whether it is one by its looks: no token of ours looks so. */
export function looksLikeJwt(text: string): boolean {
  return text.length <= MAX_JWT_LENGTH && COMPACT.test(text);
}

/** Nothing for what could never be accepted, whoever has signed it. */
export function peekJwt(text: string): UnverifiedJwt | undefined {
  const [, headerText, claimsText] = looksLikeJwt(text) ? (COMPACT.exec(text) ?? []) : [];
  const header = readObject(headerText);
  const claims = readObject(claimsText);
  if (header === undefined || claims === undefined || !isUsual(header)) return undefined;
  // Bound to a key that its holder would have to prove (RFC 7800), or a message about a session.
  if ('cnf' in claims || 'events' in claims) return undefined;
  const audiences = audiencesOf(claims.aud);
  const { iss: issuer } = claims;
  const { kid } = header;
  if (typeof issuer !== 'string' || audiences === undefined) return undefined;
  return { issuer, audiences, claims, ...(typeof kid === 'string' && { kid }) };
}

function isUsual({ alg, kid, typ, ...header }: JsonObject): boolean {
  return (
    SIGN_IN_ALGORITHMS.some((algorithm) => algorithm === alg) &&
    (typ === undefined || TYPES.includes(typ)) &&
    (kid === undefined || (typeof kid === 'string' && kid.length <= MAX_KEY_ID_CHARACTERS)) &&
    !('crit' in header || 'b64' in header)
  );
}

function audiencesOf(aud: JsonValue | undefined): readonly string[] | undefined {
  const list = Array.isArray(aud) ? aud : [aud];
  const texts = list.filter((one: JsonValue | undefined) => typeof one === 'string' && one !== '');
  return texts.length === list.length && list.length <= MAX_AUDIENCES ? texts : undefined;
}

function readObject(segment: string | undefined): JsonObject | undefined {
  const bytes = segment === undefined ? undefined : fromBase64Url(segment);
  const text = bytes && fromUtf8(bytes);
  if (text === undefined) return undefined;
  const json = parseJson(text, LIMITS);
  return json.ok && isJsonObject(json.value) ? json.value : undefined;
}
