/** Who tries to sign somebody else in, to take what a sign-in brings, or to have it sent elsewhere. */

import { readdir, readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Api, callApi, SCRIPT_MODEL, script } from '../support/api.ts';
import { changePolicy } from '../support/approvals.ts';
import {
  startAuthorizationServer,
  type TestAuthorizationServer,
} from '../support/authorization-server.ts';
import { eventually } from '../support/eventually.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import {
  consent,
  type GuardedServer,
  signIn,
  startGuardedServer,
  visit,
} from '../support/remote-sign-in.ts';
import { uploadManifest } from '../support/script-plugins.ts';

let gateway: Gateway;
let api: Api;
let issuer: TestAuthorizationServer;
let other: TestAuthorizationServer;
let server: GuardedServer;

const SIGN_IN = '/v1/plugins/remote/sign-in';
const GRANTS = [
  ...['tool:call:*', 'tool:network:http:*', 'system:secret:use:*', 'system:plugin:sign-in'],
];

const begin = async (as = api) => (await as.post(SIGN_IN)).body;
const reasonOf = async () => (await api.post(SIGN_IN)).body.reason;
const stateOf = async (as = api) => (await as.get(SIGN_IN)).body.state;
const echo = (as = api) => as.post('/v1/tools/remote_echo/call', { arguments: { text: 'hello' } });
const confirm = (code: string, as = api) => as.post(`${SIGN_IN}/confirm`, { code });

async function asUser(id: string, grants = GRANTS, workspace?: string): Promise<Api> {
  const subject = { kind: 'user', id };
  const { body } = await api.post('/v1/tokens', {
    subject,
    grants,
    ...(workspace && { workspace }),
  });
  return callApi(gateway, body.token);
}

async function install(name = 'remote', auth: object = { type: 'sign-in' }) {
  const tools = [{ ...server.tools[0], name: `${name}_echo` }];
  const remote = { url: server.url.href, tools, auth };
  return uploadManifest(gateway, { name, version: '1.0.0', license: 'Apache-2.0', remote });
}

beforeAll(async () => {
  [issuer, other] = await Promise.all([startAuthorizationServer(), startAuthorizationServer()]);
  server = await startGuardedServer(issuer);
  gateway = await startGateway({ examples: false });
  api = callApi(gateway);
  const privateHosts = [server.hostPort, issuer.hostPort, other.hostPort];
  await changePolicy(api, { privateHosts });
  expect((await install()).status).toBe(201);
});
afterEach(() => {
  issuer.metadata = {};
  issuer.redirect = {};
  issuer.instead.clear();
  server.resource = {};
  server.challenge = {};
  delete server.instead;
});
afterAll(async () => {
  for (const running of [issuer, other, server]) running?.close();
  await gateway?.dispose();
});

describe('an answer by the browser', () => {
  const isRefused = async (address: string) => {
    const page = await visit(address);
    expect([page.status, page.code]).toEqual([400, '']);
    expect(await stateOf()).toBe('needed');
  };
  const forged = `${'A'.repeat(43)}.${'0'.repeat(32)}`;
  const callback = (query: string) => `${gateway.url}/v1/sign-ins/callback${query}`;

  test.each([
    ['without anything', ''],
    ['without a state', '?code=abc'],
    ['with a state of nobody', `?code=abc&state=default.${forged}`],
    ['with a state of another workspace', `?code=abc&state=elsewhere.${forged}`],
    ['with a workspace that is no name', `?code=abc&state=..%2F.${forged}`],
    ['that is endless', `?code=abc&state=${'a'.repeat(4_000)}.${forged}`],
  ])('%s is refused', async (_, query) => {
    await isRefused(callback(query));
  });

  test('is good for one time', async () => {
    const { authorizationUrl } = await begin();
    const address = await consent(authorizationUrl);
    expect((await visit(address)).status).toBe(200);
    await isRefused(address);
    await isRefused(address.replace(/code=[^&]+/, 'code=another'));
  });

  test('is good for the workspace that it names, and for no other', async () => {
    const { authorizationUrl } = await begin();
    const address = await consent(authorizationUrl);
    await isRefused(address.replace('state=default.', 'state=elsewhere.'));
  });

  test.each([
    ['of another issuer', { iss: 'https://issuer.example' }],
    ['of nobody, where the issuer says that it names itself', { iss: undefined }],
    ['of an issuer that is spelled otherwise', { iss: 'HTTP://127.0.0.1' }],
    ['with an error', { error: 'access_denied', error_description: '<script>alert(1)</script>' }],
    ['without a code', { code: undefined }],
    ['with a code that it did not give', { code: 'stolen-or-guessed' }],
  ])('%s is refused, shows nothing of it, and the code goes nowhere', async (_, redirect) => {
    issuer.redirect = redirect;
    const { authorizationUrl } = await begin();
    const address = await consent(authorizationUrl);
    const before = issuer.requests.length;
    const page = await visit(address);
    expect([page.status, page.code]).toEqual([400, '']);
    expect(page.text).not.toContain('script');
    const asked = issuer.requests.slice(before).filter(({ path }) => path === '/token');
    expect(asked).toHaveLength('code' in redirect && redirect.code !== undefined ? 1 : 0);
    issuer.redirect = {};
    await isRefused(address);
  });

  test('with a parameter twice is refused', async () => {
    const { authorizationUrl } = await begin();
    await isRefused(`${await consent(authorizationUrl)}&code=another`);
  });

  test('is answered by a page that runs nothing, loads nothing, and leads nowhere', async () => {
    const query = '?redirect_uri=https://evil.example&next=//evil.example&state=%3Cscript%3E';
    const page = await visit(callback(query));
    expect(page.headers.get('Content-Security-Policy')).toContain("default-src 'none'");
    expect(page.headers.get('Location')).toBeNull();
    expect(page.headers.get('Referrer-Policy')).toBe('no-referrer');
    expect(page.headers.get('Cache-Control')).toBe('no-store');
    expect(page.text).not.toMatch(/evil|<script/);
  });
});

describe('a code that the page shows', () => {
  test('finishes nothing for who did not begin: a victim signs in nobody but himself', async () => {
    const mallory = await asUser('mallory');
    const { authorizationUrl } = await begin(mallory);
    // The victim follows the link, and gives his consent; the page tells it to him alone.
    const { code } = await visit(await consent(authorizationUrl));
    expect((await confirm(code)).status).toBe(409);
    expect(await Promise.all([stateOf(), stateOf(mallory)])).toEqual(['needed', 'needed']);
  });

  test('cannot be guessed: after five times it is none any more', async () => {
    const { authorizationUrl } = await begin();
    const { code } = await visit(await consent(authorizationUrl));
    for (const guess of ['AAAA-AAAA', '', 'x'.repeat(64), '00000000']) {
      expect((await confirm(guess)).status).toBe(422);
    }
    expect((await confirm('ZZZZ-ZZZZ')).status).toBe(409);
    expect((await confirm(code)).status).toBe(409);
    expect(await stateOf()).toBe('needed');
  });

  test('is none any more when a sign-in was begun anew, and neither is what it stood for', async () => {
    const { authorizationUrl } = await begin();
    const { code } = await visit(await consent(authorizationUrl));
    const given = issuer.given.at(-1);
    await begin();
    expect((await confirm(code)).status).toBe(409);
    await eventually(() => expect(revoked()).toContain(given));
  });

  test.each(['system:secret:use:*', 'system:secret:write', 'system:plugin:install'])(
    'takes more than %s to be asked for, or said',
    async (grant) => {
      const stranger = await asUser('stranger', [grant]);
      expect((await stranger.post(SIGN_IN)).status).toBe(403);
      expect((await confirm('AAAA-AAAA', stranger)).status).toBe(403);
      expect((await stranger.delete(SIGN_IN)).status).toBe(403);
    },
  );
});

describe('an authorization server is not used', () => {
  const redirect = (response: ServerResponse) =>
    response.writeHead(307, { Location: `${other.issuer}/token` }).end();
  const flood = (response: ServerResponse) => response.end(`{"a":"${'x'.repeat(200_000)}"}`);

  test.each([
    ['without PKCE', { code_challenge_methods_supported: undefined }, 'pkce_missing'],
    ['with plain PKCE', { code_challenge_methods_supported: ['plain'] }, 'pkce_missing'],
    ['that gives no codes', { response_types_supported: ['token'] }, 'code_missing'],
    ['that is another one', { issuer: 'https://issuer.example' }, 'other_issuer'],
    [
      'that sends browsers to a script',
      { authorization_endpoint: 'javascript:alert(1)' },
      'address_refused',
    ],
    ['on a private address', { token_endpoint: 'http://169.254.169.254/' }, 'address_refused'],
    ['on a private host', { token_endpoint: 'https://10.0.0.1/token' }, 'address_refused'],
    ['by plain http', { token_endpoint: 'http://issuer.example/token' }, 'address_refused'],
  ])('%s', async (_, metadata, reason) => {
    issuer.metadata = metadata;
    expect(await reasonOf()).toBe(reason);
  });

  test.each([
    ['that registers nobody', { registration_endpoint: undefined }, 'client_needed'],
    ['that knows no way', { token_endpoint_auth_methods_supported: ['tls'] }, 'client_needed'],
    ['that gives no id', { registration_endpoint: 'https://127.0.0.1:1/' }, 'client_needed'],
  ])('%s', async (_, metadata, reason) => {
    other.metadata = metadata;
    server.resource = { authorization_servers: [other.issuer] };
    expect(await reasonOf()).toBe(reason);
  });

  test.each([
    ['whose description is endless', flood],
    ['whose description leads elsewhere', redirect],
    ['whose description is no JSON', (response: ServerResponse) => response.end('<html>')],
    ['that hangs up', (response: ServerResponse) => response.destroy()],
  ])('%s', async (_, instead) => {
    issuer.instead.set('/.well-known/oauth-authorization-server', instead);
    expect(await reasonOf()).toBe('issuer_unreachable');
  });

  test.each([
    ['leads elsewhere', redirect],
    ['is endless', flood],
    [
      'gives a token of another kind',
      answers({ access_token: 'x'.repeat(20), token_type: 'DPoP' }),
    ],
    [
      'gives a token that breaks headers',
      answers({ access_token: 'x'.repeat(20).concat('\r\nA: b'), token_type: 'Bearer' }),
    ],
    ['gives a token that could be guessed', answers({ access_token: 'x', token_type: 'Bearer' })],
  ])('whose token endpoint %s', async (_, instead) => {
    const { authorizationUrl } = await begin();
    issuer.instead.set('/token', instead);
    const before = other.requests.length;
    expect((await visit(await consent(authorizationUrl))).status).toBe(400);
    expect(other.requests).toHaveLength(before);
    expect(await stateOf()).toBe('needed');
  });
});

describe('a server is not believed', () => {
  test.each([
    ['that speaks of another one', { resource: 'https://mail.example/' }, 'other_resource'],
    ['that speaks of a path beside its own', { resource: 'https://x/mcpx' }, 'other_resource'],
    [
      'whose issuer is a private address',
      { authorization_servers: ['http://10.0.0.1'] },
      'address_refused',
    ],
    [
      'whose issuer is the metadata service',
      { authorization_servers: ['http://169.254.169.254'] },
      'address_refused',
    ],
    ['that names no issuer', { authorization_servers: [] }, 'other_resource'],
  ])('%s', async (_, resource, reason) => {
    server.resource = resource;
    expect(await reasonOf()).toBe(reason);
  });

  test.each(['https://evil.example/metadata', 'http://169.254.169.254/', 'javascript:1'])(
    'whose challenge points to %s',
    async (place) => {
      server.challenge = { resource_metadata: place };
      expect(await reasonOf()).toBe('other_resource');
    },
  );

  test('that names another issuer than the manifest', async () => {
    const pinned = await install('pinned', { type: 'sign-in', issuer: issuer.issuer });
    expect(pinned.status).toBe(201);
    server.resource = { authorization_servers: [other.issuer] };
    const { body } = await api.post('/v1/plugins/pinned/sign-in');
    expect(body.reason).toBe('other_issuer');
  });
});

describe('what a sign-in has brought', () => {
  beforeAll(async () => {
    expect((await signIn(api, 'remote')).status).toBe(200);
    expect((await echo()).status).toBe(200);
  });

  test('is for its plugin: another one that names it gets nothing', async () => {
    expect((await install('thief')).status).toBe(201);
    await api.put('/v1/plugins/thief/config', { values: { token: { secret: 'sign-in.remote' } } });
    const before = server.authorizations.length;
    const stolen = await api.post('/v1/tools/thief_echo/call', { arguments: { text: 'x' } });
    expect(stolen.body.code).toBe('denied');
    expect(server.authorizations.slice(before).filter(Boolean)).toEqual([]);
  });

  test('is for its server: another one of the same host gets nothing by an upgrade', async () => {
    const tools = [{ ...server.tools[0], name: 'tenant_echo' }];
    const tenant = (version: string, url: string) => {
      const remote = { url, tools, auth: { type: 'sign-in' } };
      return uploadManifest(gateway, { name: 'tenant', version, license: 'Apache-2.0', remote });
    };
    expect((await tenant('1.0.0', server.url.href)).status).toBe(201);
    expect((await signIn(api, 'tenant')).status).toBe(200);
    expect((await tenant('1.1.0', new URL('/others/mcp', server.url).href)).status).toBe(201);
    const before = server.authorizations.length;
    const called = await api.post('/v1/tools/tenant_echo/call', { arguments: { text: 'x' } });
    expect(called.body).toMatchObject({ code: 'denied', reason: 'host_denied' });
    expect(server.authorizations).toHaveLength(before);
    const shown = (await api.get('/v1/plugins/tenant/sign-in')).body;
    expect(shown).toMatchObject({ state: 'needed', reason: 'unused' });
    expect((await api.delete('/v1/plugins/tenant')).status).toBe(204);
  });

  test('is for who signed in: a schedule of his has none, and nobody can sign in under its name', async () => {
    const subject = { kind: 'service', id: 'schedule-namesake' };
    const issued = await api.post('/v1/tokens', { subject, grants: GRANTS });
    expect(issued.status).toBe(422);
    expect(issued.body.errors).toMatchObject([{ pointer: '/subject/id' }]);
    const toolCalls = [{ name: 'remote_echo', arguments: { text: 'x' } }];
    const created = await api.post('/v1/schedules', {
      ...{ name: 'namesake', when: { at: Date.now() + 300 }, model: 'embedded/script' },
      input: JSON.stringify({ script: [{ toolCalls }, { text: 'done' }] }),
      capabilities: ['provider:llm:call:embedded/script', ...GRANTS.slice(0, -1)],
    });
    expect(created.status).toBe(201);
    const before = server.authorizations.length;
    const run = await eventually(async () => {
      const [last] = (await api.get('/v1/schedules/namesake')).body.runs;
      expect(last?.status).toBe('finished');
      return last;
    });
    expect(server.authorizations.slice(before).filter(Boolean)).toEqual([]);
    await eventually(async () => {
      const { body } = await api.get('/v1/audit?limit=500&decision=denied');
      const needed = { sessionId: run.sessionId, reason: 'sign_in_needed' };
      expect(body.records).toContainEqual(
        expect.objectContaining({ event: expect.objectContaining(needed) }),
      );
    });
  });

  test('does not become everybody’s by an upgrade that nobody has accepted', async () => {
    const manifest = { name: 'remote', version: '1.1.0', license: 'Apache-2.0' };
    const auth = { type: 'sign-in', holder: 'workspace' };
    const remote = { url: server.url.href, tools: server.tools, auth };
    const upgraded = await uploadManifest(gateway, { ...manifest, remote });
    expect(upgraded.status).toBe(409);
    expect(JSON.stringify(upgraded.body)).toContain('shared-sign-in.remote');
  });

  test('cannot be read, written or shadowed as a secret', async () => {
    const { body } = await api.get('/v1/secrets');
    expect(JSON.stringify(body)).not.toContain('sign-in');
    const value = { value: 'x'.repeat(20), hosts: [server.hostPort] };
    expect((await api.put('/v1/secrets/sign-in.remote', value)).status).toBe(422);
  });

  test('stays here when the server says it back', async () => {
    server.instead = (response) => {
      const token = issuer.given.findLast((given) => issuer.scopeOf(given, server.url.href));
      const tools = [{ name: `said: ${token}`, inputSchema: { type: 'object' } }];
      const result = { protocolVersion: '2025-11-25', tools };
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify([1, 2, 3].map((id) => ({ jsonrpc: '2.0', id, result }))));
    };
    const looked = await api.post('/v1/tools/remote-look/call', { arguments: {} });
    expect(looked.status).toBe(200);
    expect(looked.body.result).toContain('said: ');
    expect(issuer.given.filter((given) => JSON.stringify(looked.body).includes(given))).toEqual([]);
  });

  test('is not shown as the scope that the server wants', async () => {
    const token = () => issuer.given.findLast((one) => issuer.scopeOf(one, server.url.href)) ?? '';
    server.instead = (response) => {
      const wanted = `error="insufficient_scope", scope="tools:call ${token()}"`;
      response.writeHead(403, { 'WWW-Authenticate': `Bearer ${wanted}` }).end();
    };
    expect((await echo()).body.reason).toBe('sign_in_needed');
    delete server.instead;
    expect((await api.get(SIGN_IN)).body.reason).toBe('insufficient_scope');
    const { authorizationUrl } = await begin();
    expect(new URL(authorizationUrl).searchParams.get('scope')).toBe('tools:call');
    expect((await signIn(api, 'remote')).status).toBe(200);
  });

  test('is looked for in what its holder is told, and takes no word from others', async () => {
    // An issuer may call a token what it likes, also by what others say.
    const token = 'case-7Qx2mV9k4LpZ';
    issuer.instead.set('/token', answers({ access_token: token, token_type: 'Bearer' }));
    const mallory = await asUser('mallory', [...GRANTS, 'session:*', 'provider:llm:call']);
    expect((await signIn(mallory, 'remote')).status).toBe(200);
    const told = async (to: Api) => {
      const turn = await to.turn(
        await to.session(),
        script({ text: `It is ${token}.` }),
        SCRIPT_MODEL,
      );
      return turn.body.output;
    };
    await eventually(async () => {
      expect(await told(mallory)).toBe('It is [removed by the gateway: known:sign-in.remote].');
    });
    expect(await told(api)).toBe(`It is ${token}.`);
    expect((await mallory.delete(SIGN_IN)).status).toBe(204);
  });

  test('is in no answer, record or log, and not on disk as it is', async () => {
    const answers = await Promise.all(
      ['/v1/plugins', '/v1/plugins/remote', SIGN_IN, '/v1/audit?limit=500', '/v1/secrets'].map(
        async (path) => JSON.stringify((await api.get(path)).body),
      ),
    );
    const told = [...answers, gateway.log(), await readAll(gateway.dataFolder)].join();
    expect(told).toContain('remote-sign-in-finished');
    expect(issuer.given.filter((given) => told.includes(given))).toEqual([]);
  });

  test('is not sent to a server that refuses it again and again', async () => {
    server.instead = (response) => response.writeHead(401).end();
    expect((await echo()).body.reason).toBe('sign_in_needed');
    expect(await stateOf()).toBe('needed');
    const before = server.authorizations.length;
    expect((await echo()).body.reason).toBe('sign_in_needed');
    expect(server.authorizations).toHaveLength(before);
  });
});

const revoked = () =>
  issuer.requests.filter(({ path }) => path === '/revoke').map(({ fields }) => fields.get('token'));

function answers(body: object) {
  return (response: ServerResponse) => {
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify(body));
  };
}

/** Every file, byte by byte. */
async function readAll(folder: string): Promise<string> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile());
  const texts = files.map(({ parentPath, name }) => readFile(join(parentPath, name), 'latin1'));
  return (await Promise.all(texts)).join();
}
