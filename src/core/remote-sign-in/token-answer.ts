/**
 * The answer of a token endpoint (RFC 6749 section 5.1).
 *
 * @module
 */

import * as z from 'zod';
import type { JsonValue } from '../primitives/json.ts';
import { MIN_KNOWN_CHARS } from '../scan/known-values.ts';
import { readToldScope } from './scope.ts';

/** Longest token, in characters: what a request header may hold. */
const MAX_TOKEN_CHARS = 8_000;

/** Longest time that a token is believed to last, in seconds: a year. */
const MAX_EXPIRY_S = 31_536_000;

export interface TokenAnswer {
  readonly accessToken: string;
  readonly refreshToken?: string;
  /** From now on; absent where it was not said. */
  readonly expiresInS?: number;
  readonly scope?: string;
}

/** Visible characters; a shorter one could be guessed, and not be looked for in what leaves. */
const token = z
  .string()
  .regex(/^[\x21-\x7e]+$/)
  .min(MIN_KNOWN_CHARS)
  .max(MAX_TOKEN_CHARS);

const answerSchema = z.object({
  access_token: token,
  token_type: z.string().regex(/^bearer$/i),
  expires_in: z.coerce.number().min(0).nullish(),
  refresh_token: token.nullish(),
  scope: z.string().nullish(),
});

/** To a request that held `sent`. Nothing for what is no such answer, or holds a token of another type. */
export function readTokenAnswer(
  answer: JsonValue,
  sent: readonly string[] = [],
): TokenAnswer | undefined {
  const read = answerSchema.safeParse(answer);
  if (!read.success) return undefined;
  const { access_token: accessToken, refresh_token: refreshToken, expires_in: expires } = read.data;
  const scope = readToldScope(read.data.scope, [accessToken, refreshToken ?? '', ...sent]);
  return {
    accessToken,
    ...(isSaid(refreshToken) && { refreshToken }),
    ...(isSaid(expires) && { expiresInS: Math.min(Math.floor(expires), MAX_EXPIRY_S) }),
    ...(scope !== undefined && { scope }),
  };
}

/** Some write `null` for what they do not say. */
function isSaid<T>(value: T | null | undefined): value is T {
  return value !== null && value !== undefined;
}
