import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicaliseUrl } from '../../../src/core/checks/canonical/canonical-url.ts';
import { parseWorkspaceId, type WorkspaceId } from '../../../src/core/primitives/ids.ts';
import { readAuthorizationServer } from '../../../src/core/remote-sign-in/authorization-server.ts';
import { readChallenge, readRefusedToken } from '../../../src/core/remote-sign-in/challenge.ts';
import {
  chooseAuth,
  readRegisteredClient,
  toClientDocument,
} from '../../../src/core/remote-sign-in/client.ts';
import { withQuery } from '../../../src/core/remote-sign-in/form.ts';
import { isFromIssuer } from '../../../src/core/remote-sign-in/judge-answer.ts';
import {
  isGoodAt,
  readProtectedResource,
} from '../../../src/core/remote-sign-in/protected-resource.ts';
import { joinScopes } from '../../../src/core/remote-sign-in/scope.ts';
import { readState, toState } from '../../../src/core/remote-sign-in/state.ts';
import { readTokenAnswer } from '../../../src/core/remote-sign-in/token-answer.ts';
import {
  resourceMetadataPlaces,
  serverMetadataPlaces,
} from '../../../src/core/remote-sign-in/well-known.ts';
import { readSecretReference } from '../../../src/core/vault/secret-reference.ts';
import { readSignInName, toSignInName } from '../../../src/core/vault/sign-in-name.ts';

const url = (text: string) => {
  const read = canonicaliseUrl(text);
  if (!read.ok) throw new Error(read.error);
  return read.value;
};

describe('readChallenge()', () => {
  test.each([
    [
      'Bearer error="insufficient_scope", scope="a b"',
      { error: 'insufficient_scope', scope: 'a b' },
    ],
    ['bearer scope=a', { scope: 'a' }],
    [
      'Basic realm="x", Bearer resource_metadata="https://a/b"',
      { resourceMetadata: 'https://a/b' },
    ],
    ['Bearer realm="a \\"quoted\\" one", scope="x"', { scope: 'x' }],
    ['Bearer scope="first", scope="second"', { scope: 'first' }],
    ['Bearer', {}],
    ['Basic scope="x"', {}],
    ['Bearerish scope="x"', {}],
    ['Bearer scope="un\u00fcsual"', {}],
    [null, {}],
    [`Bearer scope="${'x'.repeat(5_000)}"`, {}],
  ])('reads %s', (header, expected) => {
    expect(readChallenge(header)).toEqual(expected);
  });

  test('reads whatever a stranger writes, and never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 500 }), (text) => {
        expect(Object.keys(readChallenge(`Bearer ${text}`)).length).toBeLessThanOrEqual(3);
      }),
    );
  });
});

const TOKEN = 'access-0123456789-abcdef';

describe('readRefusedToken()', () => {
  test.each([
    [401, null, { kind: 'invalid' }],
    [403, 'Bearer error="insufficient_scope", scope="a"', { kind: 'insufficient', scope: 'a' }],
    [403, 'Bearer error="insufficient_scope"', { kind: 'insufficient' }],
    [403, 'Bearer error="access_denied"', undefined],
    [403, null, undefined],
    [200, 'Bearer error="insufficient_scope"', undefined],
    [500, null, undefined],
  ])('takes %s with %s for %s', (status, header, expected) => {
    expect(readRefusedToken(status, header, TOKEN)).toEqual(expected);
  });

  test.each([TOKEN, `files:${TOKEN}`, Buffer.from(TOKEN).toString('base64')])(
    'takes a scope for not said that tells the token: %s',
    (told) => {
      const header = `Bearer error="insufficient_scope", scope="files ${told}"`;
      expect(readRefusedToken(403, header, TOKEN)).toEqual({ kind: 'insufficient' });
    },
  );
});

test('an answer of a token endpoint has no scope that tells a token, old or new', () => {
  const answer = { access_token: TOKEN, token_type: 'bearer', refresh_token: 'refresh-0123456789' };
  const scopeOf = (scope: string) => readTokenAnswer({ ...answer, scope }, ['before-9876543210']);
  expect(scopeOf('files:read')).toMatchObject({ scope: 'files:read' });
  for (const told of [TOKEN, 'x refresh-0123456789', 'before-9876543210']) {
    expect(scopeOf(told)).toEqual({ accessToken: TOKEN, refreshToken: 'refresh-0123456789' });
  }
});

test('documents are looked for where the standards have them, in their order', () => {
  expect(resourceMetadataPlaces(url('https://mcp.example.com/public/mcp'))).toEqual([
    'https://mcp.example.com/.well-known/oauth-protected-resource/public/mcp',
    'https://mcp.example.com/.well-known/oauth-protected-resource',
  ]);
  expect(resourceMetadataPlaces(url('https://mcp.example.com'))).toHaveLength(1);
  expect(serverMetadataPlaces(url('https://auth.example.com/tenant1'))).toEqual([
    'https://auth.example.com/.well-known/oauth-authorization-server/tenant1',
    'https://auth.example.com/.well-known/openid-configuration/tenant1',
    'https://auth.example.com/tenant1/.well-known/openid-configuration',
  ]);
  expect(serverMetadataPlaces(url('https://auth.example.com:8443/'))).toEqual([
    'https://auth.example.com:8443/.well-known/oauth-authorization-server',
    'https://auth.example.com:8443/.well-known/openid-configuration',
  ]);
});

describe('isGoodAt()', () => {
  const at = (resource: string, asked: string) =>
    isGoodAt(
      { host: 'h.example:443', resource: `https://h.example${resource}` },
      `https://h.example${asked}`,
    );

  test.each([
    ['/mcp?of=a', '/mcp?of=a'],
    ['/mcp?of=a', '/mcp/tools?of=a'],
    ['/mcp', '/mcp?of=b'],
  ])('takes a token for %s to %s', (resource, asked) => {
    expect(at(resource, asked)).toBe(true);
  });

  test.each([
    ['/mcp?of=a', '/mcp?of=b'],
    ['/mcp?of=a', '/mcp'],
    ['/mcp?of=a', '/mcp?of=a&of=b'],
  ])('tells servers apart that only their queries do: %s, %s', (resource, asked) => {
    expect(at(resource, asked)).toBe(false);
  });
});

describe('readProtectedResource()', () => {
  const read = (resource: string, server = 'https://mcp.example.com/a/mcp') => {
    const document = { resource, authorization_servers: ['https://auth.example.com'] };
    return readProtectedResource(document, url(server), [])?.resource;
  };

  test.each([
    'https://mcp.example.com',
    'https://mcp.example.com/a',
    'https://mcp.example.com/a/mcp',
  ])('takes %s for the server, or what stands above it', (resource) =>
    expect(read(resource)).toBe(resource),
  );

  test.each([
    'https://mcp.example.com/a/mc',
    'https://mcp.example.com/a/mcp/more',
    'https://mcp.example.com/b',
    'https://example.com/a/mcp',
    'https://mcp.example.com:8443/a/mcp',
    'http://mcp.example.com/a/mcp',
    'https://mcp.example.com/a/mcp#fragment',
    'https://mcp.example.com@evil.example/a/mcp',
    'mcp.example.com',
  ])('does not take %s for it', (resource) => expect(read(resource)).toBeUndefined());

  test.each([null, [], 'x', {}, { resource: 'https://mcp.example.com' }])(
    'takes no %j',
    (document) => {
      expect(readProtectedResource(document, url('https://mcp.example.com'), [])).toBeUndefined();
    },
  );
});

describe('readAuthorizationServer()', () => {
  const issuer = 'https://auth.example.com';
  const said = {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    code_challenge_methods_supported: ['plain', 'S256'],
  };

  test('reads what the standards ask for, and what is not said as they have it', () => {
    expect(readAuthorizationServer(said, issuer)).toEqual({
      ok: true,
      value: {
        issuer,
        authorizationEndpoint: `${issuer}/authorize`,
        tokenEndpoint: `${issuer}/token`,
        ...{ namesItself: false, readsClientDocuments: false, offersOfflineAccess: false },
        clientAuth: ['none', 'client_secret_basic'],
      },
    });
  });

  test.each([
    [{ issuer: `${issuer}/` }, 'other_issuer'],
    [{ issuer: 'https://AUTH.example.com' }, 'other_issuer'],
    [{ code_challenge_methods_supported: undefined }, 'pkce_missing'],
    [{ code_challenge_methods_supported: ['plain'] }, 'pkce_missing'],
    [{ code_challenge_methods_supported: ['s256'] }, 'pkce_missing'],
    [{ grant_types_supported: ['implicit'] }, 'code_missing'],
    [{ response_types_supported: ['token'] }, 'code_missing'],
    [{ token_endpoint: 7 }, 'not_metadata'],
  ])('does not take %j: %s', (change, problem) => {
    const changed = JSON.parse(JSON.stringify({ ...said, ...change }));
    expect(readAuthorizationServer(changed, issuer)).toEqual({ ok: false, error: problem });
  });
});

test('an answer comes from who was asked, letter by letter', () => {
  const expected = { issuer: 'https://a.example', namesItself: true };
  expect(isFromIssuer('https://a.example', expected)).toBe(true);
  for (const iss of [
    undefined,
    '',
    'https://a.example/',
    'https://A.example',
    'https://b.example',
  ]) {
    expect(isFromIssuer(iss, expected)).toBe(false);
  }
  expect(isFromIssuer(undefined, { ...expected, namesItself: false })).toBe(true);
  expect(isFromIssuer('https://b.example', { ...expected, namesItself: false })).toBe(false);
});

describe('readTokenAnswer()', () => {
  const right = { access_token: 'access-1', token_type: 'bearer' };

  test.each([
    [{}, { accessToken: 'access-1' }],
    [{ expires_in: 60.7 }, { accessToken: 'access-1', expiresInS: 60 }],
    [{ expires_in: null, refresh_token: null, scope: null }, { accessToken: 'access-1' }],
    [{ expires_in: '60' }, { accessToken: 'access-1', expiresInS: 60 }],
    [{ expires_in: 1e12 }, { accessToken: 'access-1', expiresInS: 31_536_000 }],
    [
      { refresh_token: 'refresh-1', scope: 'a b' },
      { accessToken: 'access-1', refreshToken: 'refresh-1', scope: 'a b' },
    ],
    [{ access_token: 'x'.repeat(8_000) }, { accessToken: 'x'.repeat(8_000) }],
  ])('reads %j', (more, expected) => {
    expect(readTokenAnswer({ ...right, ...more })).toEqual(expected);
  });

  test.each([
    { access_token: 'x'.repeat(8_001) },
    { access_token: 'short' },
    { access_token: 'access 1' },
    { access_token: 'access-1\r\nX: y' },
    { access_token: 7 },
    { token_type: 'DPoP' },
    { token_type: 'mac' },
    { expires_in: -1 },
    { refresh_token: 'with\nline' },
  ])('reads nothing from %j', (change) => {
    expect(readTokenAnswer({ ...right, ...change })).toBeUndefined();
  });
});

describe('a client', () => {
  test('is its document, which says where it lies', () => {
    const document = toClientDocument('https://gate.example');
    expect(document).toMatchObject({
      client_id: 'https://gate.example/v1/sign-ins/client.json',
      redirect_uris: ['https://gate.example/v1/sign-ins/callback'],
      ...{ token_endpoint_auth_method: 'none', application_type: 'web' },
    });
    expect(toClientDocument('http://127.0.0.1:8787')).toMatchObject({ application_type: 'native' });
  });

  test('proves itself as far as it can, in a way that is taken', () => {
    const clientAuth = ['none', 'client_secret_basic', 'client_secret_post'] as const;
    expect(chooseAuth({ clientAuth }, false)).toBe('none');
    expect(chooseAuth({ clientAuth }, true)).toBe('client_secret_basic');
    expect(chooseAuth({ clientAuth: ['client_secret_post'] }, true)).toBe('client_secret_post');
    expect(chooseAuth({ clientAuth: ['none'] }, true)).toBeUndefined();
    expect(chooseAuth({ clientAuth: ['client_secret_basic'] }, false)).toBeUndefined();
  });

  test.each([
    [{ client_id: 'a' }, 'none', { id: 'a', auth: 'none' }],
    [{ client_id: 'a', client_secret: 's' }, 'none', { id: 'a', auth: 'none' }],
    [
      { client_id: 'a', client_secret: 's' },
      'client_secret_basic',
      { id: 'a', auth: 'client_secret_basic', secret: 's' },
    ],
    [{ client_id: 'a' }, 'client_secret_basic', undefined],
    [{ client_id: 'a', token_endpoint_auth_method: 'tls_client_auth' }, 'none', undefined],
    [{ client_id: 'a\nb' }, 'none', undefined],
    [[], 'none', undefined],
  ] as const)('that registers: %j to %s', (answer, asked, expected) => {
    expect(readRegisteredClient(JSON.parse(JSON.stringify(answer)), asked)).toEqual(expected);
  });
});

test('scopes are joined word by word, each once, as far as anybody should ask', () => {
  expect(joinScopes('a b', undefined, '', 'b c')).toBe('a b c');
  expect(joinScopes(undefined, '')).toBeUndefined();
  expect(joinScopes('x'.repeat(1_024))).toHaveLength(1_024);
  expect(joinScopes('x'.repeat(1_025))).toBeUndefined();
});

test('parameters stand behind an endpoint’s own, and stay what they are', () => {
  const fields = { state: 'a&b=c d', none: undefined };
  for (const at of ['https://a.example/x', 'https://a.example/x?y=1']) {
    const { searchParams } = new URL(withQuery(at, fields));
    expect([...searchParams].at(-1)).toEqual(['state', 'a&b=c d']);
  }
});

describe('readState()', () => {
  const hash = (text: string) => createHmac('sha256', 'key').update(text).digest('hex');
  const workspace = parseWorkspaceId('acme') as WorkspaceId;
  const state = toState(workspace, 'A'.repeat(43), hash);

  test('reads the workspace of what was given out', () => {
    expect(readState(state, hash)).toBe('acme');
    const longest = parseWorkspaceId('a'.repeat(63)) as WorkspaceId;
    expect(readState(toState(longest, 'A'.repeat(43), hash), hash)).toBe(longest);
  });

  test('reads nothing of what has any other letter, or was made with another key', () => {
    fc.assert(
      fc.property(fc.nat({ max: state.length - 1 }), fc.constantFrom(...'.aB9-_'), (at, letter) => {
        const changed = state.slice(0, at) + letter + state.slice(at + 1);
        expect(readState(changed, hash)).toBe(changed === state ? 'acme' : undefined);
      }),
    );
    expect(readState(state, (text) => hash(`${text}!`))).toBeUndefined();
    for (const text of ['', `${state}0`, `x${state}`, state.replace('acme', 'a'.repeat(64))]) {
      expect(readState(text, hash)).toBeUndefined();
    }
  });
});

test('a sign-in has a name that nothing else has, and settings may hold it', () => {
  for (const holder of ['principal', 'workspace'] as const) {
    const name = toSignInName({ plugin: 'search', holder });
    expect(readSignInName(name)).toEqual({ plugin: 'search', holder });
    expect(readSecretReference({ secret: name })).toBe(name);
  }
  for (const other of ['search', 'sign-in.', 'sign-in.Search', 'sign-in.a.b', 'x-sign-in.a', '']) {
    expect(readSignInName(other)).toBeUndefined();
  }
});
