/**
 * What a resource server says in `WWW-Authenticate` when it wants another token: RFC 6750 section 3 and
 * RFC 9728 section 5.1. A stranger wrote it; what cannot be read is taken for not said.
 *
 * @module
 */

import { readScope, readToldScope } from './scope.ts';

/** Longest header that is read, in characters. */
const MAX_LENGTH = 4_096;

export interface BearerChallenge {
  readonly resourceMetadata?: string;
  readonly scope?: string;
  readonly error?: string;
}

/** `invalid`: another token is wanted; `insufficient`: one that is good for `scope` as well. */
export interface RefusedToken {
  readonly kind: 'invalid' | 'insufficient';
  readonly scope?: string;
}

/** What a response says of the token that its request came with; nothing if it took it. */
export function readRefusedToken(
  status: number,
  header: string | null,
  token: string,
): RefusedToken | undefined {
  if (status === 401) return { kind: 'invalid' };
  if (status !== 403) return undefined;
  const { error, scope: told } = readChallenge(header);
  if (error !== 'insufficient_scope') return undefined;
  const scope = readToldScope(told, [token]);
  return { kind: 'insufficient', ...(scope !== undefined && { scope }) };
}

const SCHEME = /(?:^|,)\s*bearer(?=\s|$)/i;
/** `name=token` or `name="text"`, after a comma or the scheme. */
const PARAMETER = /\s*,?\s*([a-z_]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))/iy;

/**
 * @example
 * ```ts
 * readChallenge('Bearer error="insufficient_scope", scope="files:write"');
 * // { error: 'insufficient_scope', scope: 'files:write' }
 * ```
 */
export function readChallenge(header: string | null): BearerChallenge {
  if (header === null || header.length > MAX_LENGTH) return {};
  const scheme = SCHEME.exec(header);
  if (scheme === null) return {};
  const told = readParameters(header, scheme.index + scheme[0].length);
  const scope = readScope(told.get('scope'));
  const resourceMetadata = told.get('resource_metadata');
  const error = told.get('error');
  return {
    ...(resourceMetadata !== undefined && { resourceMetadata }),
    ...(scope !== undefined && { scope }),
    ...(error !== undefined && { error }),
  };
}

/** The first of several of one name stands. */
function readParameters(header: string, from: number): ReadonlyMap<string, string> {
  const told = new Map<string, string>();
  PARAMETER.lastIndex = from;
  for (let found = PARAMETER.exec(header); found !== null; found = PARAMETER.exec(header)) {
    const [, name = '', quoted, token = ''] = found;
    const value = quoted === undefined ? token : quoted.replaceAll(/\\(.)/g, '$1');
    if (!told.has(name.toLowerCase())) told.set(name.toLowerCase(), value);
  }
  return told;
}
