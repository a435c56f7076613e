/** A person signs in to a remote MCP server: from the first request to the last call. */

import { readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Api, callApi } from '../support/api.ts';
import { changePolicy } from '../support/approvals.ts';
import {
  startAuthorizationServer,
  type TestAuthorizationServer,
} from '../support/authorization-server.ts';
import { commandLine } from '../support/command-line.ts';
import { eventually } from '../support/eventually.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { type Asked, handMade, sendResult, textResult } from '../support/hand-made-mcp.ts';
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
let server: GuardedServer;

const SIGN_IN = '/v1/plugins/remote/sign-in';

async function install(auth: object): Promise<void> {
  await api.delete('/v1/plugins/remote');
  const remote = { url: server.url.href, tools: server.tools, auth };
  const manifest = { name: 'remote', version: '1.0.0', license: 'Apache-2.0', remote };
  const { status, body } = await uploadManifest(gateway, manifest);
  expect([status, body]).toEqual([201, expect.anything()]);
  expect([body.signIn?.state, body.signsIn]).toEqual(['needed', undefined]);
}

const echo = (as = api) => as.post('/v1/tools/remote_echo/call', { arguments: { text: 'hello' } });

const calls = async (as = api) => {
  const { status, body } = await echo(as);
  return status === 200 ? 'answers' : body.reason;
};

async function asUser(id: string): Promise<Api> {
  const grants = [
    'tool:call:*',
    'tool:network:http:*',
    'system:secret:use:*',
    'system:plugin:sign-in',
  ];
  const { body } = await api.post('/v1/tokens', { subject: { kind: 'user', id }, grants });
  return callApi(gateway, body.token);
}

beforeAll(async () => {
  issuer = await startAuthorizationServer();
  server = await startGuardedServer(issuer);
  gateway = await startGateway({ examples: false });
  api = callApi(gateway);
  await changePolicy(api, { privateHosts: [server.hostPort, issuer.hostPort] });
});
afterEach(() => {
  server.scope = 'tools:call';
  delete server.instead;
  issuer.expiresIn = 3_600;
  issuer.instead.clear();
  expect(issuer.complaints.splice(0)).toEqual([]);
});
afterAll(async () => {
  issuer?.close();
  server?.close();
  await gateway?.dispose();
});

describe('a principal for itself', () => {
  beforeAll(() => install({ type: 'sign-in' }));

  test('nobody calls before he has signed in, and the list says so', async () => {
    expect(await calls()).toBe('sign_in_needed');
    const { body } = await api.get('/v1/plugins');
    expect(body.plugins[0].signIn).toEqual({ holder: 'user:root', state: 'needed' });
  });

  test('is sent to the issuer, comes back, says the code, and calls', async () => {
    const begun = await api.post(SIGN_IN);
    expect([begun.status, begun.body]).toEqual([
      201,
      { ...begun.body, issuer: issuer.issuer, scope: 'tools:call' },
    ]);
    const asked = new URL(begun.body.authorizationUrl).searchParams;
    expect(asked.get('resource')).toBe(server.url.href);
    expect(asked.get('redirect_uri')).toBe(`${gateway.url}/v1/sign-ins/callback`);
    const page = await visit(await consent(begun.body.authorizationUrl));
    expect([page.status, page.code]).toEqual([200, expect.stringMatching(/^\w{4}-\w{4}$/)]);
    expect(await calls()).toBe('sign_in_needed');
    const finished = await api.post(`${SIGN_IN}/confirm`, { code: page.code.toLowerCase() });
    expect([finished.status, finished.body]).toMatchObject([
      200,
      { holder: 'user:root', state: 'signed-in', issuer: issuer.issuer, renews: true },
    ]);
    expect(await calls()).toBe('answers');
    expect((await api.get('/v1/plugins/remote')).body.signIn).toEqual(finished.body);
  });

  test('another one has to sign in by himself', async () => {
    const alice = await asUser('alice');
    expect(await calls(alice)).toBe('sign_in_needed');
    expect((await signIn(alice, 'remote')).status).toBe(200);
    expect([await calls(alice), await calls()]).toEqual(['answers', 'answers']);
    expect((await alice.delete(SIGN_IN)).status).toBe(204);
    expect([await calls(alice), await calls()]).toEqual(['sign_in_needed', 'answers']);
  });

  test('who administers secrets sees who has signed in, and signs others out', async () => {
    const carol = await asUser('carol');
    expect((await signIn(carol, 'remote')).status).toBe(200);
    const { body } = await api.get('/v1/plugins/remote/sign-ins');
    const holders = body.signIns.map(({ holder }: { holder: string }) => holder);
    expect(holders).toEqual(['user:carol', 'user:root']);
    expect((await carol.get('/v1/plugins/remote/sign-ins')).status).toBe(403);
    expect((await api.get('/v1/plugins/unknown/sign-ins')).status).toBe(404);
    const hers = '/v1/plugins/remote/sign-ins/user:carol';
    expect((await carol.delete(hers)).status).toBe(403);
    expect((await api.delete(hers)).status).toBe(204);
    expect([await calls(carol), await calls()]).toEqual(['sign_in_needed', 'answers']);
  });

  test('survives a crash of the gateway', async () => {
    await gateway.restart();
    expect(await calls()).toBe('answers');
  });

  test('a token that the server does not take any more is renewed, and the call goes on', async () => {
    issuer.revokeAll('access');
    expect(await calls()).toBe('answers');
  });

  test('a token is renewed before its end, once for all who want it', async () => {
    issuer.expiresIn = 0;
    expect((await signIn(api, 'remote')).status).toBe(200);
    issuer.expiresIn = 3_600;
    const renewals = () =>
      issuer.requests.filter(({ fields }) => fields.get('grant_type') === 'refresh_token').length;
    const before = renewals();
    const all = await Promise.all(Array.from({ length: 6 }, () => calls()));
    expect(new Set(all)).toEqual(new Set(['answers']));
    expect(renewals()).toBe(before + 1);
  });

  test('a session whose end is not taken costs neither the result nor the sign-in', async () => {
    const call = ({ id }: Asked, to: ServerResponse) => sendResult(to, id, textResult('kept'));
    const answer = handMade({ call });
    server.instead = (response, request) => {
      response.setHeader('Mcp-Session-Id', 'a-session');
      return request.method === 'DELETE'
        ? response.writeHead(401).end()
        : answer(response, request);
    };
    expect([await calls(), await calls()]).toEqual(['answers', 'answers']);
  });

  test('an issuer that cannot be reached ends a call, and not the sign-in', async () => {
    issuer.revokeAll('access');
    issuer.instead.set('/token', (response) => response.destroy());
    expect(await calls()).toBe('host_denied');
    expect((await api.get(SIGN_IN)).body.state).toBe('signed-in');
    issuer.instead.clear();
    expect(await calls()).toBe('answers');
  });

  test('what is missing is asked for with the next sign-in, beside what there was', async () => {
    server.scope = 'tools:write';
    expect(await calls()).toBe('sign_in_needed');
    const { body } = await api.get(SIGN_IN);
    expect(body).toMatchObject({ state: 'needed', reason: 'insufficient_scope' });
    const begun = await api.post(SIGN_IN);
    expect(begun.body.scope.split(' ').toSorted()).toEqual(['tools:call', 'tools:write']);
    const { code } = await visit(await consent(begun.body.authorizationUrl));
    expect((await api.post(`${SIGN_IN}/confirm`, { code })).body.state).toBe('signed-in');
    expect(await calls()).toBe('answers');
  });

  test('an issuer that has ended it makes the plugin say that a sign-in is needed', async () => {
    issuer.revokeAll();
    expect(await calls()).toBe('sign_in_needed');
    issuer.complaints.length = 0; // it was asked with what it had ended
    const { body } = await api.get('/v1/plugins/remote');
    expect(body.signIn).toMatchObject({ state: 'needed', reason: 'refused' });
    expect((await signIn(api, 'remote')).status).toBe(200);
    expect(await calls()).toBe('answers');
  });

  test('who signs out is forgotten, here and there', async () => {
    const given = issuer.given.at(-2) ?? '';
    expect(issuer.scopeOf(given, server.url.href)).toBeDefined();
    expect((await api.delete(SIGN_IN)).status).toBe(204);
    expect(issuer.scopeOf(given, server.url.href)).toBeUndefined();
    expect(await calls()).toBe('sign_in_needed');
    expect((await api.delete(SIGN_IN)).status).toBe(404);
  });

  test('each step is on the record, and the record holds no token', async () => {
    const records = await eventually(async () => {
      const { body } = await api.get('/v1/audit?limit=500');
      expect(JSON.stringify(body)).toContain('remote-sign-in-ended');
      return body.records;
    });
    const text = JSON.stringify(records);
    for (const what of ['begun', 'finished', 'renewed', 'ended']) {
      expect(text).toContain(`remote-sign-in-${what}`);
    }
    const told = text + gateway.log();
    expect(issuer.given.filter((secret) => told.includes(secret))).toEqual([]);
  });
});

describe('the workspace as a whole', () => {
  beforeAll(() => install({ type: 'sign-in', holder: 'workspace' }));

  test('one who may write secrets signs in, and all may call', async () => {
    const bob = await asUser('bob');
    expect((await bob.post(SIGN_IN)).body.reason).toBe('principal_grant_missing');
    expect((await signIn(api, 'remote')).body).toMatchObject({ holder: 'workspace' });
    expect([await calls(bob), await calls()]).toEqual(['answers', 'answers']);
    expect((await bob.delete(SIGN_IN)).status).toBe(403);
  });

  test('its tokens go with the plugin', async () => {
    await install({ type: 'sign-in', holder: 'workspace' });
    expect(await calls()).toBe('sign_in_needed');
  });
});

test('a client that was registered by hand shows its password, and to its issuer alone', async () => {
  const redirectUri = `${gateway.url}/v1/sign-ins/callback`;
  issuer.clients.set('by-hand', { redirectUri, secret: 'password-of-a-client' });
  const auth = { type: 'sign-in', issuer: issuer.issuer };
  await install({ ...auth, client: { id: 'by-hand', secret: 'client-password' } });
  const put = (hosts: string[]) =>
    api.put('/v1/secrets/client-password', { value: 'password-of-a-client', hosts });
  await put([server.hostPort]);
  expect((await api.post(SIGN_IN)).body.reason).toBe('client_needed');
  await put([issuer.hostPort]);
  expect((await signIn(api, 'remote')).status).toBe(200);
  expect(await calls()).toBe('answers');
  issuer.revokeAll('access');
  expect(await calls()).toBe('answers');
  const other = { ...auth, issuer: 'http://127.0.0.1:1', client: { id: 'by-hand' } };
  await install(other);
  expect((await api.post(SIGN_IN)).body.reason).toBe('other_issuer');
});

test('the command line makes the plugin, prints where to go, and takes the code', async () => {
  await api.delete('/v1/plugins/remote');
  const cli = commandLine(gateway);
  try {
    const words = ['plugin', 'remote', 'remote', server.url.href, '--sign-in', '--dir', cli.folder];
    expect((await cli.run(...words)).out).toContain('call remote-look for its tools');
    const made = JSON.parse(await readFile(join(cli.folder, 'remote/plugin.json'), 'utf8'));
    expect((await uploadManifest(gateway, made)).status).toBe(201);
    const begun = await cli.run('plugin', 'sign-in', 'remote');
    const [address = ''] = /http:\S+\/authorize\S+/.exec(begun.out) ?? [];
    expect([begun.exit, address]).toEqual([0, expect.stringContaining('code_challenge=')]);
    const { code } = await visit(await consent(address));
    const done = await cli.run('plugin', 'sign-in', 'remote', '--code', code);
    expect([done.exit, done.out]).toEqual([0, expect.stringContaining('Signed in')]);
    const looked = await api.post('/v1/tools/remote-look/call', { arguments: {} });
    const remote = { ...made.remote, tools: JSON.parse(looked.body.result).tools };
    const accepted = await uploadManifest(gateway, { ...made, version: '1.1.0', remote });
    expect([accepted.status, await calls()]).toEqual([201, 'answers']);
    const out = await cli.run('plugin', 'sign-out', 'remote');
    expect([out.exit, out.out]).toEqual([0, expect.stringContaining('Signed out')]);
    expect(await calls()).toBe('sign_in_needed');
  } finally {
    cli.dispose();
  }
});
