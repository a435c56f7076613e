/**
 * Algorithms by which the token of an issuer may be signed (RFC 7518, RFC 8037).
 *
 * @module
 */

/** Signatures only: no secret is shared with an issuer, and a token without signature is none. */
export const SIGN_IN_ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA'],
] as const;

export type SignInAlgorithm = (typeof SIGN_IN_ALGORITHMS)[number];
