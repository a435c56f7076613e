/**
 * Whether an answer comes from the authorization server that was asked (RFC 9207 section 2.4): a code of
 * one must not be shown to another.
 *
 * @module
 */

export interface ExpectedIssuer {
  readonly issuer: string;
  /** It says in each answer who it is. */
  readonly namesItself: boolean;
}

/** Compared as it stands: no two spellings are one issuer. */
export function isFromIssuer(iss: string | undefined, expected: ExpectedIssuer): boolean {
  return iss === undefined ? !expected.namesItself : iss === expected.issuer;
}
