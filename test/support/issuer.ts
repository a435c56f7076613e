/**
 * A stand-in for an OpenID Connect issuer: real HTTP, real keys, and whatever else a test wants of it.
 *
 * @module
 */

import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type CryptoKey,
  exportJWK,
  generateKeyPair,
  type JWK,
  type JWTHeaderParameters,
  type JWTPayload,
  SignJWT,
} from 'jose';

export const AUDIENCE = 'https://gateway.example.com';

export interface SigningKey {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: CryptoKey;
  readonly publicJwk: JWK;
}

export interface Issuer {
  /** Also its `iss`. */
  readonly url: string;
  readonly hostAndPort: string;
  /** What its two documents say; tests may change it. */
  discovery: object;
  keys: readonly object[];
  /** Answers instead of the documents. */
  answer: ((path: string, response: ServerResponse) => void) | undefined;
  /** Paths that were asked for. */
  readonly asked: string[];
  /** The key that it signs with; there is one of each algorithm that a test has asked for. */
  readonly newKey: (alg?: string) => Promise<SigningKey>;
  /** A token as it would issue one now, with these claims in place of its own. */
  readonly token: (claims?: JWTPayload, by?: Signature) => Promise<string>;
  readonly close: () => Promise<void>;
}

interface Signature {
  readonly key?: SigningKey;
  readonly header?: Partial<JWTHeaderParameters>;
}

export async function startIssuer(): Promise<Issuer> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    asked.push(path);
    if (issuer.answer !== undefined) return issuer.answer(path, response);
    const document = path === '/jwks' ? { keys: issuer.keys } : issuer.discovery;
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify(document));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const hostAndPort = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const url = `http://${hostAndPort}`;
  const first = await makeKey('first', 'ES256');
  let made = 0;
  const issuer: Issuer = {
    url,
    hostAndPort,
    discovery: { issuer: url, jwks_uri: `${url}/jwks` },
    keys: [first.publicJwk],
    answer: undefined,
    asked,
    newKey: (alg = 'ES256') => makeKey(`key-${++made}`, alg),
    token: (claims, by) => sign({ ...freshClaims(url), ...claims }, { key: first, ...by }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return issuer;
}

/** What an issuer is told to vouch for; a part of a policy. */
export function trust(issuer: Issuer, facts: object = {}): object {
  return {
    name: 'corp',
    issuer: issuer.url,
    audiences: [AUDIENCE],
    rules: [{ when: [], grants: ['system:config:read'] }],
    ...facts,
  };
}

function freshClaims(iss: string): JWTPayload {
  const now = Math.floor(Date.now() / 1_000);
  return { iss, aud: AUDIENCE, sub: 'alice', iat: now, exp: now + 600 };
}

async function sign(
  claims: JWTPayload,
  { key, header = {} }: Required<Pick<Signature, 'key'>> & Signature,
): Promise<string> {
  const present = Object.entries(claims).filter(([, value]) => value !== undefined);
  return await new SignJWT(Object.fromEntries(present))
    .setProtectedHeader({ alg: key.alg, kid: key.kid, ...header })
    .sign(key.privateKey);
}

async function makeKey(kid: string, alg: string): Promise<SigningKey> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  const publicJwk = { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' };
  return { kid, alg, privateKey, publicJwk };
}
