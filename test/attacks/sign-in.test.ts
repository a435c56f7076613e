/** Tokens that no issuer gave, or not for this, or not to this one; and issuers that are hostile themselves. */

import type { ServerResponse } from 'node:http';
import { base64url, exportSPKI, importJWK, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, type Api, callApi } from '../support/api.ts';
import { changePolicy } from '../support/approvals.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { AUDIENCE, type Issuer, type SigningKey, startIssuer, trust } from '../support/issuer.ts';

let gateway: Gateway;
let root: Api;
let issuer: Issuer;
let stranger: Issuer;
let rsa: SigningKey;

const RULES = [
  { when: [{ claim: ['groups'], anyOf: ['staff'] }], grants: ['system:config:read'] },
  { when: [{ claim: ['scope'], anyOf: ['audit'] }], grants: ['system:audit:read'] },
];
const STAFF = { groups: ['staff'] };

/** Issuers that answer as no issuer would; by the path of their address. */
const HOSTILE: Record<string, (path: string, response: ServerResponse) => void> = {
  endless: (_, response) => {
    const more = () => response.write('{"keys":'.padEnd(65_536)) && setImmediate(more);
    response.on('drain', more);
    more();
  },
  'too-many-keys': (path, response) => send(path, response, Array(65).fill(rsa.publicJwk)),
  'too-deep': (_, response) => response.end(`${'['.repeat(50_000)}${']'.repeat(50_000)}`),
  redirecting: (_, response) => response.writeHead(302, { Location: `${stranger.url}/` }).end(),
  'for-another': (_, response) =>
    response.end(JSON.stringify({ issuer: issuer.url, jwks_uri: `${issuer.url}/jwks` })),
  'keys-elsewhere': (path, response) =>
    response.end(JSON.stringify({ issuer: addressOf(path), jwks_uri: `${stranger.url}/jwks` })),
  'no-json': (_, response) => response.end('<html>'),
};

const addressOf = (path: string) => `${issuer.url}/${path.split('/')[1]}`;

function send(path: string, response: ServerResponse, keys: readonly object[]) {
  const address = addressOf(path);
  const document = path.endsWith('/jwks')
    ? { keys }
    : { issuer: address, jwks_uri: `${address}/jwks` };
  response.end(JSON.stringify(document));
}

beforeAll(async () => {
  [gateway, issuer, stranger] = await Promise.all([
    startGateway({ examples: false }),
    startIssuer(),
    startIssuer(),
  ]);
  rsa = await issuer.newKey('RS256');
  const other = await issuer.newKey('RS512');
  const encrypting = await issuer.newKey('RS256');
  issuer.keys = [
    ...issuer.keys,
    rsa.publicJwk,
    other.publicJwk,
    { ...encrypting.publicJwk, use: 'enc' },
    { kty: 'oct', kid: 'shared', alg: 'HS256', k: base64url.encode('0'.repeat(32)) },
  ];
  KEYS.other = other;
  KEYS.encrypting = encrypting;
  issuer.answer = (path, response) => {
    const hostile = HOSTILE[path.split('/')[1] ?? ''];
    if (hostile !== undefined) return hostile(path, response);
    response.end(JSON.stringify(path === '/jwks' ? { keys: issuer.keys } : issuer.discovery));
  };
  root = callApi(gateway);
  const hostile = Object.keys(HOSTILE).map((name, at) =>
    trust(issuer, { name: `h${at}`, issuer: `${issuer.url}/${name}` }),
  );
  await changePolicy(root, {
    privateHosts: [issuer.hostAndPort],
    signIn: { issuers: [trust(issuer, { rules: RULES, clients: ['app'] }), ...hostile] },
  });
});
afterAll(async () => {
  await gateway?.dispose();
  await Promise.all([issuer?.close(), stranger?.close()]);
});

const KEYS: Record<string, SigningKey> = {};
const MINE = { ...STAFF, azp: 'app' };
const seconds = () => Math.floor(Date.now() / 1_000);
const ask = (token: string, path = '/v1/workspaces/default'): Promise<Answer> =>
  callApi(gateway, token).get(path);
const claimsOf = (token: string): JWTPayload =>
  JSON.parse(new TextDecoder().decode(base64url.decode(token.split('.')[1] ?? '')));
const encode = (value: unknown) =>
  base64url.encode(typeof value === 'string' ? value : JSON.stringify(value));
const signedBy = (key: SigningKey, header: object, claims: object = MINE) =>
  issuer.token(claims as JWTPayload, { key, header });

/** A text as a payload, signed as it stands: no library would write it. */
async function signText(text: string): Promise<string> {
  const input = `${encode({ alg: rsa.alg, kid: rsa.kid })}.${encode(text)}`;
  const bytes = new TextEncoder().encode(input);
  const signature = await crypto.subtle.sign('RSASSA-PKCS1-v1_5', rsa.privateKey, bytes);
  return `${input}.${base64url.encode(new Uint8Array(signature))}`;
}

const good = () => issuer.token(MINE);

test('what all of these are compared with is let in', async () => {
  expect((await ask(await good())).status).toBe(200);
  expect((await ask(await signedBy(rsa, { typ: 'at+jwt' }))).status).toBe(200);
  expect((await ask(await signText(JSON.stringify(claimsOf(await good()))))).status).toBe(200);
});

describe('a forged token', () => {
  const strangersKey = async () => (await stranger.newKey('ES256')) as SigningKey;

  test.each<[string, () => Promise<string>]>([
    ['no signature', async () => new UnsecuredJWT(claimsOf(await good())).encode()],
    [
      'algorithm none and a signature',
      async () =>
        `${encode({ alg: 'none', kid: 'first' })}.${(await good()).split('.').slice(1).join('.')}`,
    ],
    ['its last part missing', async () => (await good()).split('.').slice(0, 2).join('.')],
    ['an empty signature', async () => `${(await good()).split('.').slice(0, 2).join('.')}.AA`],
    [
      'other claims under the same signature',
      async () => {
        const [header, claims, signature] = (await good()).split('.');
        const more = { ...claimsOf(`.${claims}.`), scope: 'audit' };
        return `${header}.${encode(more)}.${signature}`;
      },
    ],
    [
      "a stranger's key under the same id",
      async () => signedBy(await strangersKey(), { kid: 'first' }),
    ],
    [
      "a stranger's key in the header",
      async () => {
        const key = await strangersKey();
        return signedBy(key, { kid: 'first', jwk: key.publicJwk });
      },
    ],
    [
      'keys elsewhere',
      async () => {
        const key = await strangersKey();
        return signedBy(key, { jku: `${stranger.url}/jwks`, x5u: `${stranger.url}/x5u` });
      },
    ],
    [
      'the public key as a shared secret',
      async () => {
        const key = await importJWK(rsa.publicJwk, 'RS256', { extractable: true });
        const secret = new TextEncoder().encode(await exportSPKI(key as CryptoKey));
        return new SignJWT(claimsOf(await good()))
          .setProtectedHeader({ alg: 'HS256', kid: rsa.kid })
          .sign(secret);
      },
    ],
    [
      'a shared secret that the issuer has published',
      async () =>
        new SignJWT(claimsOf(await good()))
          .setProtectedHeader({ alg: 'HS256', kid: 'shared' })
          .sign(new TextEncoder().encode('0'.repeat(32))),
    ],
    ['an algorithm that is not allowed here', async () => signedBy(KEYS.other as SigningKey, {})],
    ['a key that is not for signatures', async () => signedBy(KEYS.encrypting as SigningKey, {})],
    ['a key of another kind', async () => signedBy(rsa, { kid: 'first' })],
    ['no key id where there are several', async () => signedBy(rsa, { kid: 'unknown' })],
    ['a path as key id', async () => signedBy(rsa, { kid: '../../../etc/passwd' })],
    ['a number as key id', async () => signedBy(rsa, { kid: 7 as unknown as string })],
    ['a key id without end', async () => signedBy(rsa, { kid: 'k'.repeat(257) })],
    [
      'critical words',
      async () => {
        const [, claims, signature] = (await good()).split('.');
        const header = { alg: 'ES256', kid: 'first', crit: ['b64'], b64: false };
        return `${encode(header)}.${claims}.${signature}`;
      },
    ],
    ['another type', async () => signedBy(rsa, { typ: 'logout+jwt' })],
    [
      'a name twice',
      async () => {
        const claims = JSON.stringify(claimsOf(await good()));
        return signText(claims.replace('{', '{"sub":"root",'));
      },
    ],
    [
      'depth without end',
      async () => {
        const claims = JSON.stringify(claimsOf(await good()));
        return signText(claims.replace('{', `{"x":${'['.repeat(500)}${']'.repeat(500)},`));
      },
    ],
    ['more than can be read', () => issuer.token({ ...MINE, x: 'x'.repeat(9_000) })],
  ])('with %s is nobody’s', async (_, forge) => {
    const { status, body } = await ask(await forge());
    expect([status, body.code]).toEqual([401, 'unauthenticated']);
  });

  test('has had nobody asked but the issuer itself', () => {
    expect(stranger.asked).toEqual([]);
  });
});

describe('a token of the issuer', () => {
  test.each<[string, () => object]>([
    ['that has ended', () => ({ exp: seconds() - 60 })],
    ['without an end', () => ({ exp: undefined })],
    ['with an end that is no number', () => ({ exp: `${seconds() + 600}` })],
    ['that has not begun', () => ({ nbf: seconds() + 300 })],
    ['without a beginning', () => ({ iat: undefined })],
    ['of tomorrow', () => ({ iat: seconds() + 300 })],
    ['of long ago', () => ({ iat: seconds() - 90_000 })],
    ['of another issuer', () => ({ iss: `${issuer.url}/` })],
    ['of a list of issuers', () => ({ iss: [issuer.url] })],
    ['for another audience', () => ({ aud: 'https://elsewhere.example.com' })],
    ['for a part of the audience', () => ({ aud: AUDIENCE.slice(0, -1) })],
    ['for no audience', () => ({ aud: undefined })],
    ['for an empty list of audiences', () => ({ aud: [] })],
    ['for more audiences than there can be', () => ({ aud: Array(17).fill(AUDIENCE) })],
    ['for an audience that is no text', () => ({ aud: [AUDIENCE, { x: 1 }] })],
    ['for another client', () => ({ azp: 'other' })],
    ['for a list of clients', () => ({ azp: ['app'] })],
    ['that is bound to a key', () => ({ cnf: { jkt: 'x' } })],
    ['that is about a session', () => ({ events: {} })],
  ])('%s is nobody’s', async (_, claims) => {
    const { status } = await ask(await issuer.token({ ...MINE, ...claims() }));
    expect(status).toBe(401);
  });

  test('is good earlier and later by as much as clocks may differ', async () => {
    const ended = { ...MINE, iat: seconds() - 90, exp: seconds() - 5 };
    expect((await ask(await issuer.token({ ...ended, sub: 'late' }))).status).toBe(200);
    expect((await ask(await issuer.token({ ...MINE, iat: seconds() + 20 }))).status).toBe(200);
  });

  test.each<[string, object]>([
    ['says what it holds', { grants: ['system:audit:read'], capabilities: ['*'] }],
    ['says who it is', { kind: 'service', tokenId: 'root', workspace: 'default', caveats: [] }],
    ['names what every object has', { constructor: { groups: 'audit' }, toString: 'audit' }],
    ['speaks of a rule for something else', { groups: ['staff', 'audit'], roles: ['audit'] }],
    ['has the word within another', { scope: 'audits xaudit audit,read' }],
    ['has the word in a list within', { scope: [['audit']] }],
    ['has the word as a name', { scope: { audit: true } }],
    ['has the word in other letters', { scope: 'AUDIT' }],
  ])('gains nothing when it %s', async (_, claims) => {
    const token = await issuer.token({ ...MINE, ...claims });
    expect((await ask(token)).status).toBe(200);
    expect((await ask(token, '/v1/audit')).status).toBe(403);
  });

  test.each(['root', 'user:root', '..', 'root\u0000', 'ROOT'])(
    'is not root as "%s"',
    async (sub) => {
      const token = await issuer.token({ ...MINE, sub });
      expect((await ask(token)).status).toBe(200);
      expect((await ask(token, '/v1/workspaces/another')).status).toBe(404);
      const { tokens } = (await root.get('/v1/tokens')).body;
      const names = tokens.map(({ subject }: { subject: string }) => subject);
      expect(names).not.toContain('user:root');
    },
  );

  test.each([7, '', null, ['alice'], { id: 'alice' }, 'x'.repeat(513)])(
    'has no name as %j',
    async (sub) => {
      const { status } = await ask(await issuer.token({ ...MINE, sub } as unknown as JWTPayload));
      expect([401, 403]).toContain(status);
    },
  );

  test('is worth nothing in another workspace, in a URL, or beside another credential', async () => {
    const token = await good();
    const { body } = await root.get('/openapi.json');
    expect(body.paths['/v1/tickets']).toBeDefined();
    const inUrl = await fetch(`${gateway.url}/v1/blocks/x/connect?ticket=${token}`);
    expect(inUrl.status).toBe(401);
    const two = { Authorization: `Bearer ${gateway.token}`, 'x-api-key': token };
    const both = await fetch(`${gateway.url}/v1/messages`, { method: 'POST', headers: two });
    expect(both.status).toBe(401);
  });
});

describe('who may write the policy, and no more', () => {
  const RULE = { when: [], grants: ['system:config:read', 'system:audit:read'] };
  const setMembers = (by: Api, members: readonly object[]) =>
    by.put('/v1/workspaces/default', { members });
  const writer = async (more: readonly string[]): Promise<Api> => {
    const subject = { kind: 'service', id: 'policy-bot' };
    const grants = ['system:config:write', ...more];
    const { status, body } = await root.post('/v1/tokens', { subject, grants });
    expect(status).toBe(201);
    return callApi(gateway, body.token);
  };
  const eve = (...grants: readonly string[]) => [{ id: 'guild.eve', grants }];

  test.each([
    ['as a new member', { admits: 'members' }, [], eve('system:*')],
    ['by a wider bound', {}, eve('system:config:read'), eve('system:*')],
    ['by no bound any more', {}, eve('system:config:read'), []],
  ])('gives nobody what an issuer vouches for: %s', async (_, how, before, after) => {
    const guild = await startIssuer();
    const { privateHosts, signIn } = (await root.get('/v1/workspaces/default')).body.policy;
    const trusted = trust(guild, { ...{ name: 'guild', rules: [RULE] }, ...how });
    await changePolicy(root, {
      privateHosts: [...privateHosts, guild.hostAndPort],
      signIn: { issuers: [...signIn.issuers, trusted] },
    });
    await setMembers(root, before);
    // As of after all that is revoked on the way.
    const token = () => guild.token({ sub: 'eve', iat: seconds() + 10 });
    const readsRecord = async () => (await ask(await token(), '/v1/audit')).status;

    const [bot, issuing, whole] = await Promise.all([
      writer([]),
      writer(['system:token:issue']),
      writer(['system:token:issue', ...RULE.grants]),
    ]);
    for (const by of [bot, issuing]) {
      const refused = await setMembers(by, after);
      expect([refused.status, refused.body.code]).toEqual([403, 'denied']);
    }
    expect(await readsRecord()).toBe(403);
    expect((await setMembers(whole, after)).status).toBe(200);
    expect(await readsRecord()).toBe(200);
    // To take away is free.
    expect((await setMembers(bot, eve())).status).toBe(200);
    expect(await readsRecord()).toBe(403);
    await setMembers(root, []);
    await changePolicy(root, { privateHosts, signIn });
    await guild.close();
  });
});

describe('a hostile issuer', () => {
  const tokenOf = (name: string) => issuer.token({ ...MINE, iss: `${issuer.url}/${name}` });

  test('costs a bounded time, and lets nobody in', async () => {
    const answers = Object.keys(HOSTILE).map(async (name) => {
      const { status, body, headers } = await ask(await tokenOf(name));
      return [name, status, body.code, Number(headers.get('Retry-After')) >= 1];
    });
    const refused = Object.keys(HOSTILE).map((name) => [name, 503, 'issuer_unavailable', true]);
    expect(await Promise.all(answers)).toEqual(refused);
    expect(stranger.asked).toEqual([]);
  });

  test('keeps nobody out whom another issuer vouches for', async () => {
    expect((await ask(await good())).status).toBe(200);
  });
});

test('unknown keys without number have the issuer asked a few times, and keep nobody out', async () => {
  const before = issuer.asked.length;
  const tokens = await Promise.all(
    Array.from({ length: 60 }, (_, at) => signedBy(rsa, { kid: `unknown-${at}` })),
  );
  const statuses = await Promise.all(tokens.map(async (token) => (await ask(token)).status));
  expect(new Set(statuses)).toEqual(new Set([401]));
  expect(issuer.asked.length - before).toBeLessThanOrEqual(8);
  expect((await ask(await good())).status).toBe(200);
});
