/**
 * The token by which the Bot Connector proves itself (learn.microsoft.com, "Authentication with the Bot
 * Connector API"): a JWT under a key that its issuer publishes, for this bot, bound to the address that
 * replies go to. It says nothing of the activity's words: whoever has a live token can put others there.
 *
 * @module
 */

import { decodeProtectedHeader, type JWTPayload, jwtVerify } from 'jose';
import type { PublishedKey } from './adapter.ts';

/** Longest token that is looked at, in characters. */
const MAX_TOKEN_CHARS = 8_192;

/** How far clocks may be apart, in seconds: what the page recommends. */
const CLOCK_SKEW_SECONDS = 300;

const BEARER = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/;

export interface BotTokenRules {
  readonly keys: readonly PublishedKey[];
  readonly issuer: string;
  readonly appId: string;
  /** The network that the key must be endorsed for. */
  readonly network: string;
  readonly serviceUrl: string;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** Which key signed, as the token says: it proves nothing. `undefined` for what cannot be right. */
export function keyIdOf(authorization: string | undefined): string | undefined {
  const token = readBearer(authorization);
  if (token === undefined) return undefined;
  try {
    const { alg, kid } = decodeProtectedHeader(token);
    return alg === 'RS256' && typeof kid === 'string' ? kid : undefined;
  } catch {
    return undefined;
  }
}

export async function isBotToken(
  authorization: string | undefined,
  { keys, issuer, appId, network, serviceUrl, now }: BotTokenRules,
): Promise<boolean> {
  const token = readBearer(authorization);
  const keyId = keyIdOf(authorization);
  const [key, ...others] = keys.filter(({ kid, kty }) => kid === keyId && kty === 'RSA');
  if (token === undefined || key === undefined || others.length > 0) return false;
  if (key.endorsements?.includes(network) !== true) return false;
  try {
    const { payload } = await jwtVerify(token, key, {
      ...{ algorithms: ['RS256'], issuer, audience: appId },
      ...{ clockTolerance: CLOCK_SKEW_SECONDS, currentDate: new Date(now) },
      requiredClaims: ['exp'],
    });
    return serviceUrlOf(payload) === serviceUrl;
  } catch {
    return false;
  }
}

/** Microsoft's pages write `serviceUrl`, and its service `serviceurl`. */
function serviceUrlOf({ serviceurl, serviceUrl }: JWTPayload): unknown {
  return serviceurl ?? serviceUrl;
}

function readBearer(authorization = ''): string | undefined {
  return authorization.length > MAX_TOKEN_CHARS ? undefined : BEARER.exec(authorization)?.[1];
}
