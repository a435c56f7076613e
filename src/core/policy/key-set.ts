/**
 * The public keys of an issuer (JWKS, RFC 7517), as far as signatures can be verified with them.
 *
 * Only the public members of each key are kept. Keys of an odd size are dropped: a small one proves
 * nothing, and a giant one costs whoever verifies with it more than whoever sent it.
 *
 * @module
 */

import { isJsonObject, type JsonObject, type JsonValue } from '../primitives/json.ts';

/** Most keys of a set; one with more is refused as a whole. */
export const MAX_KEYS = 64;

/** Longest id of a key, in characters. */
export const MAX_KEY_ID_CHARACTERS = 256;

/** 2,048 and 8,192 bits, in digits of base64url. */
const MODULUS_DIGITS = { least: 342, most: 1_366 } as const;
const MAX_EXPONENT_DIGITS = 8;

const PUBLIC_MEMBERS = ['kty', 'kid', 'alg', 'n', 'e', 'crv', 'x', 'y'] as const;
const CURVES = { EC: ['P-256', 'P-384', 'P-521'], OKP: ['Ed25519'] } as const;
const MAX_COORDINATE_DIGITS = 88;

/** Nothing if it is no set of keys at all. */
export function readKeySet(document: JsonValue): readonly JsonObject[] | undefined {
  const keys = isJsonObject(document) ? document.keys : undefined;
  if (!Array.isArray(keys) || keys.length > MAX_KEYS) return undefined;
  return keys.filter(isJsonObject).filter(isForSignatures).map(toPublic);
}

/** Whether some key has this id. */
export function hasKey(keys: readonly JsonObject[], kid: string): boolean {
  return keys.some((key) => key.kid === kid);
}

function isForSignatures(key: JsonObject): boolean {
  const { kid, use, key_ops: operations } = key;
  const isNamed = kid === undefined || (typeof kid === 'string' && kid !== '');
  const mayVerify =
    (use === undefined || use === 'sig') &&
    (operations === undefined || (Array.isArray(operations) && operations.includes('verify')));
  const isShort = typeof kid !== 'string' || kid.length <= MAX_KEY_ID_CHARACTERS;
  return isNamed && isShort && mayVerify && isOfUsualSize(key);
}

function isOfUsualSize({ kty, n, e, crv, x, y }: JsonObject): boolean {
  if (kty === 'RSA') {
    const { least, most } = MODULUS_DIGITS;
    return isDigits(n, most) && n.length >= least && isDigits(e, MAX_EXPONENT_DIGITS);
  }
  const curves: readonly string[] = kty === 'EC' || kty === 'OKP' ? CURVES[kty] : [];
  if (typeof crv !== 'string' || !curves.includes(crv)) return false;
  return (
    isDigits(x, MAX_COORDINATE_DIGITS) && (kty === 'OKP' || isDigits(y, MAX_COORDINATE_DIGITS))
  );
}

function isDigits(value: JsonValue | undefined, most: number): value is string {
  return typeof value === 'string' && value.length <= most && /^[A-Za-z0-9_-]+$/.test(value);
}

function toPublic(key: JsonObject): JsonObject {
  const members = PUBLIC_MEMBERS.flatMap((name) => {
    const value = key[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(members);
}
