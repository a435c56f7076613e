/**
 * What the claims of a verified token are worth: which principal it stands for, and what that may do.
 *
 * Claims are compared as whole texts. There is no pattern, prefix or case folding here that an issuer's
 * user could choose his name to fit.
 *
 * @module
 */

import type { CapabilityPattern } from '../capabilities/pattern.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../primitives/json.ts';
import type { ClaimCondition, TrustedIssuer } from './sign-in-policy.ts';

/** SHA-256 of a text, lower-case hex. */
export type TextHash = (text: string) => string;

/** Longest value of the claim that names the principal, in characters. */
const MAX_SUBJECT_CHARACTERS = 512;

/** Ids are at most 64 characters: see `principal.ts`. */
const MAX_ID_CHARACTERS = 64;
const READABLE = /^[a-z0-9][a-z0-9._-]*$/;
const HASH_DIGITS = 40;

/** Whose value is a list with spaces between (RFC 6749 §3.3). */
const SPACED: ReadonlySet<string> = new Set(['scope', 'scp']);

export interface ReadClaims {
  readonly subject: { readonly kind: 'user' | 'service'; readonly id: string };
  /** Expanded, sorted, each once. */
  readonly patterns: readonly CapabilityPattern[];
}

/** `no-subject`: the claim that names the principal is missing; `no-rule`: no rule fits. */
export type ClaimsProblem = 'no-subject' | 'no-rule';

export function readClaims(
  issuer: TrustedIssuer,
  claims: JsonObject,
  hash: TextHash,
): ReadClaims | ClaimsProblem {
  const id = toPrincipalId(issuer, claims, hash);
  if (id === undefined) return 'no-subject';
  const fitting = issuer.rules.filter(({ when }) => when.every((one) => holds(one, claims)));
  const patterns = [...new Set(fitting.flatMap(({ grants }) => grants))].sort();
  return patterns.length === 0 ? 'no-rule' : { subject: { kind: issuer.kind, id }, patterns };
}

/**
 * `<name>.<value>` where that is an id; else `<name>..<hash>`. No value begins with a dot, so that no
 * two of an issuer's names ever give the same id.
 *
 * @example
 * ```ts
 * // corp.alice for {"sub": "alice"}; corp..3bc51062973c458d5a6f2d8d64a023246354ad7e for {"sub": "Alice"}
 * ```
 */
export function toPrincipalId(
  { name, issuer, subjectClaim }: Pick<TrustedIssuer, 'name' | 'issuer' | 'subjectClaim'>,
  claims: JsonObject,
  hash: TextHash,
): string | undefined {
  const value = memberOf(claims, subjectClaim);
  if (typeof value !== 'string' || value === '' || value.length > MAX_SUBJECT_CHARACTERS) {
    return undefined;
  }
  const readable = `${name}.${value}`;
  if (READABLE.test(value) && readable.length <= MAX_ID_CHARACTERS) return readable;
  return `${name}..${hash(JSON.stringify([issuer, value])).slice(0, HASH_DIGITS)}`;
}

function holds({ claim, anyOf }: ClaimCondition, claims: JsonObject): boolean {
  const last = claim.at(-1) ?? '';
  const found = claim.reduce<JsonValue | undefined>(
    (value, name) => (isJsonObject(value) ? memberOf(value, name) : undefined),
    claims,
  );
  return textsOf(found, SPACED.has(last)).some((text) => anyOf.includes(text));
}

/** What can be compared: texts, `true` and `false`, and lists of texts. */
function textsOf(value: JsonValue | undefined, isSpaced: boolean): readonly string[] {
  if (typeof value === 'string') return isSpaced ? value.split(' ') : [value];
  if (typeof value === 'boolean') return [String(value)];
  if (!Array.isArray(value)) return [];
  return value.filter((one: JsonValue): one is string => typeof one === 'string');
}

/** Own members only: `constructor` is no claim. */
function memberOf(value: JsonObject, name: string): JsonValue | undefined {
  return Object.hasOwn(value, name) ? value[name] : undefined;
}
