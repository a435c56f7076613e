/** How sign-ins to a remote MCP server end: with their holder, the next sign-in, another server, or policy. */

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Api, callApi } from '../support/api.ts';
import { changePolicy } from '../support/approvals.ts';
import {
  startAuthorizationServer,
  type TestAuthorizationServer,
} from '../support/authorization-server.ts';
import { eventually } from '../support/eventually.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { type GuardedServer, signIn, startGuardedServer } from '../support/remote-sign-in.ts';
import { uploadManifest } from '../support/script-plugins.ts';

let gateway: Gateway;
let api: Api;
let issuer: TestAuthorizationServer;
let server: GuardedServer;
let next: GuardedServer;

const SIGN_IN = '/v1/plugins/remote/sign-in';
const GRANTS = [
  ...['tool:call:*', 'tool:network:http:*', 'system:secret:use:*', 'system:plugin:sign-in'],
];

async function install({ url, tools }: GuardedServer, version: string): Promise<void> {
  const remote = { url: url.href, tools, auth: { type: 'sign-in' } };
  const manifest = { name: 'remote', version, license: 'Apache-2.0', remote };
  const asked = await uploadManifest(gateway, manifest);
  const { digest } = asked.body.growth ?? {};
  const { status, body } = digest ? await uploadManifest(gateway, manifest, digest) : asked;
  expect([status, body]).toEqual([201, expect.anything()]);
}

const calls = async (as = api) => {
  const { status, body } = await as.post('/v1/tools/remote_echo/call', {
    arguments: { text: 'hello' },
  });
  return status === 200 ? 'answers' : body.reason;
};

async function signedIn(id: string) {
  const subject = { kind: 'user', id };
  const { body } = await api.post('/v1/tokens', { subject, grants: GRANTS });
  const user = callApi(gateway, body.token);
  expect((await signIn(user, 'remote')).status).toBe(200);
  expect(await calls(user)).toBe('answers');
  const tokens = issuer.given.slice(-2);
  return { api: user, tokenId: body.id, tokens };
}

const isGood = (token: string) => issuer.scopeOf(token, server.url.href) !== undefined;
const areOver = (tokens: readonly string[]) =>
  eventually(() => expect(tokens.filter(isGood)).toEqual([]));

const holders = async () => {
  const { body } = await api.get('/v1/plugins/remote/sign-ins');
  return body.signIns.map(({ holder }: { holder: string }) => holder);
};

beforeAll(async () => {
  issuer = await startAuthorizationServer();
  [server, next] = await Promise.all([startGuardedServer(issuer), startGuardedServer(issuer)]);
  gateway = await startGateway({ examples: false });
  api = callApi(gateway);
  const privateHosts = [server.hostPort, next.hostPort, issuer.hostPort];
  await changePolicy(api, { privateHosts });
  await install(server, '1.0.0');
});
afterEach(() => {
  expect(issuer.complaints.splice(0)).toEqual([]);
});
afterAll(async () => {
  for (const running of [issuer, server, next]) running?.close();
  await gateway?.dispose();
});

describe('a sign-in ends, here and where its tokens came from', () => {
  test('with the last token of its holder', async () => {
    const alice = await signedIn('alice');
    expect(alice.tokens.some(isGood)).toBe(true);
    expect((await api.delete(`/v1/tokens/${alice.tokenId}`)).status).toBe(204);
    expect(await holders()).toEqual([]);
    await areOver(alice.tokens);
  });

  test('with the membership of its holder, for good', async () => {
    const { body } = await api.get('/v1/workspaces/default');
    const change = (members: object[]) => api.put('/v1/workspaces/default', { members });
    expect((await change([...body.members, { id: 'bob', grants: GRANTS }])).status).toBe(200);
    const bob = await signedIn('bob');
    expect(await holders()).toEqual(['user:bob']);
    expect((await change(body.members)).status).toBe(200);
    expect(await holders()).toEqual([]);
    await areOver(bob.tokens);
    const { body: again } = await api.post('/v1/tokens', {
      ...{ subject: { kind: 'user', id: 'bob' }, grants: GRANTS },
    });
    expect(await calls(callApi(gateway, again.token))).toBe('sign_in_needed');
  });
});

describe('policy', () => {
  const hostOf = (place: { readonly hostPort: string }) => `tool:network:http:${place.hostPort}`;
  afterAll(() => changePolicy(api, { deny: [] }));

  test('keeps people from an authorization server that nothing of the workspace may reach', async () => {
    await changePolicy(api, { deny: [hostOf(issuer)] });
    const before = issuer.requests.length;
    const begun = await api.post(SIGN_IN);
    expect([begun.status, begun.body.reason]).toEqual([409, 'host_denied']);
    await changePolicy(api, { deny: [hostOf(server)] });
    expect((await api.post(SIGN_IN)).body.reason).toBe('host_denied');
    expect(issuer.requests).toHaveLength(before);
  });
});

test('a sign-in to the server that the plugin had before is shown as what it is: of no use', async () => {
  const dora = await signedIn('dora');
  await install(next, '2.0.0');
  const shown = { state: 'needed', reason: 'unused', server: server.url.href };
  expect((await dora.api.get(SIGN_IN)).body).toMatchObject(shown);
  expect((await api.get('/v1/plugins/remote/sign-ins')).body.signIns).toMatchObject([shown]);
  expect(await calls(dora.api)).not.toBe('answers');
  expect((await signIn(dora.api, 'remote')).body).toMatchObject({ state: 'signed-in' });
  expect(await calls(dora.api)).toBe('answers');
});
