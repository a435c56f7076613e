/** People and programs who hold no token of ours, but one of an issuer that their workspace trusts. */

import type { JWTPayload } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Api, callApi, SCRIPT_MODEL, script } from '../support/api.ts';
import { changePolicy } from '../support/approvals.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { AUDIENCE, type Issuer, startIssuer, trust } from '../support/issuer.ts';

let gateway: Gateway;
let root: Api;
let issuer: Issuer;

const GRANTS = ['session:*', 'provider:llm:call', 'system:config:read'];
const RULES = [
  { when: [{ claim: ['groups'], anyOf: ['staff'] }], grants: GRANTS },
  {
    when: [{ claim: ['realm', 'roles'], anyOf: ['auditor'] }],
    grants: ['system:audit:read'],
  },
];
/** What is done is on the record a moment later, and a moment is long on a busy machine. */
const EVENTUALLY = { timeout: 40_000 };

const STAFF = { groups: ['staff'] };

beforeAll(async () => {
  [gateway, issuer] = await Promise.all([
    startGateway({ examples: false, env: { SALLYPORT_AUDIENCES: 'client-7=beta' } }),
    startIssuer(),
  ]);
  root = callApi(gateway);
  await trustIssuer();
});
afterAll(async () => {
  await gateway?.dispose();
  await issuer?.close();
});

const trustIssuer = (facts: object = {}) =>
  changePolicy(root, {
    privateHosts: [issuer.hostAndPort],
    signIn: { issuers: [trust(issuer, { rules: RULES, ...facts })] },
  });

const withToken = async (claims: JWTPayload) => callApi(gateway, await issuer.token(claims));
const statusOf = async (api: Api, path = '/v1/workspaces/default') => (await api.get(path)).status;
const rowsOf = async (subject: string) =>
  (await root.get('/v1/tokens')).body.tokens.filter(
    (token: { subject: string }) => token.subject === subject,
  );
const recordsOf = async (query: string) =>
  (await root.get(`/v1/audit?action=signed-in&limit=100&${query}`)).body.records.map(
    ({ event }: { event: object }) => event,
  );

describe('a token of the issuer', () => {
  test('is worth what the rules say that its claims are worth, and not more', async () => {
    const alice = await withToken(STAFF);
    expect(await statusOf(alice)).toBe(200);
    expect((await alice.get('/v1/audit')).body).toMatchObject({
      status: 403,
      reason: 'principal_grant_missing',
    });
    const auditor = await withToken({ ...STAFF, realm: { roles: ['auditor'] } });
    expect(await statusOf(auditor, '/v1/audit')).toBe(200);
    // What one token is worth is not lent to another of the same person.
    expect(await statusOf(alice, '/v1/audit')).toBe(403);
  });

  test('runs a turn, under the name that its issuer gives', async () => {
    const api = await withToken({ ...STAFF, sub: 'turner' });
    const session = await api.session();
    const turn = await api.turn(session, script({ text: 'Done.' }), SCRIPT_MODEL);
    expect(turn.body).toMatchObject({ status: 'finished', output: 'Done.' });
    const actors = async () =>
      (await root.get('/v1/audit?action=turn-admitted&limit=100')).body.records.map(
        ({ event }: { event: { actor: string } }) => event.actor,
      );
    await expect.poll(actors, EVENTUALLY).toContain('user:corp.turner');
  });

  test('names one principal for each name at the issuer, however odd', async () => {
    const odd = ['Carol', 'carol', 'auth0|carol', '.carol', 'x'.repeat(64)];
    for (const sub of odd) expect(await statusOf(await withToken({ ...STAFF, sub }))).toBe(200);
    const { tokens } = (await root.get('/v1/tokens')).body;
    const ids = tokens.map(({ subject }: { subject: string }) => subject);
    const carols = new Set(ids.filter((id: string) => /^user:corp\.(carol$|\.)/.test(id)));
    expect(carols.size).toBe(odd.length);
    expect(ids).toContain('user:corp.carol');
  });

  test('is on the record, once for each fresh token', async () => {
    const sub = 'dora';
    const now = Math.floor(Date.now() / 1_000);
    const first = await withToken({ ...STAFF, sub, exp: now + 600 });
    for (let request = 0; request < 3; request++) expect(await statusOf(first)).toBe(200);
    const [row, ...others] = await rowsOf('user:corp.dora');
    expect(others).toEqual([]);
    expect(row).toMatchObject({ createdBy: 'issuer:corp', expiresAt: (now + 630) * 1_000 });
    expect(row.origins).toMatchObject([{ client: 'node' }]);

    const later = await withToken({ ...STAFF, sub, exp: now + 1_200 });
    expect(await statusOf(later)).toBe(200);
    expect(await statusOf(first)).toBe(200);
    const [renewed] = await rowsOf('user:corp.dora');
    expect(renewed).toMatchObject({ id: row.id, expiresAt: (now + 1_230) * 1_000 });
    const mine = async () => await recordsOf('actor=user:corp.dora');
    await expect.poll(mine, EVENTUALLY).toMatchObject([
      { decision: 'allowed', tokenId: row.id },
      { decision: 'allowed', tokenId: row.id },
    ]);
  });

  test('of somebody for whom there is no rule is refused, and that is on the record', async () => {
    const stranger = await withToken({ sub: 'eve', groups: ['STAFF', 'staff2', ' staff'] });
    expect((await stranger.get('/v1/tools')).body).toMatchObject({
      status: 403,
      code: 'denied',
      reason: 'no-rule',
    });
    const refused = async () => await recordsOf('actor=user:corp.eve&decision=denied');
    await expect.poll(refused, EVENTUALLY).toMatchObject([{ reason: 'no-rule' }]);
  });

  test('gives tickets, which end with it, and open one path if they are told so', async () => {
    const api = await withToken({ ...STAFF, sub: 'fay' });
    const session = await api.session();
    const { body } = await api.turn(session, script({ text: 'Done.' }), SCRIPT_MODEL);
    const path = `/v1/sessions/${session}/turns/${body.turnId}/events`;
    const open = async (order: object, at = path) => {
      const { body: issued } = await api.post('/v1/tickets', order);
      const response = await fetch(`${gateway.url}${at}?ticket=${issued.ticket}`);
      await response.body?.cancel();
      return response.status;
    };
    expect(await open({})).toBe(200);
    expect(await open({ path })).toBe(200);
    expect(await open({ path: '/v1/blocks/x/connect' })).toBe(401);
    expect(await open({ caveats: [{ kind: 'grants', patterns: ['session:read'] }] })).toBe(200);
    expect(await open({ caveats: [{ kind: 'grants', patterns: ['session:turn'] }] })).toBe(403);
    expect(await open({ caveats: [{ kind: 'workspace', id: 'another' }] })).toBe(401);
    expect((await api.post('/v1/tickets', { expiresInSeconds: 61 })).status).toBe(422);
  });

  test('is good no more once its row is revoked, and a fresh one is', async () => {
    const claims = { ...STAFF, sub: 'gus' };
    const api = await withToken(claims);
    expect(await statusOf(api)).toBe(200);
    const [row] = await rowsOf('user:corp.gus');
    expect((await root.delete(`/v1/tokens/${row.id}`)).status).toBe(204);
    expect((await api.get('/v1/tools')).body).toMatchObject({ status: 403, reason: 'revoked' });
    // Also with other claims, if it was given before.
    const other = await withToken({ ...claims, realm: { roles: ['auditor'] }, iat: iatBefore() });
    expect(await statusOf(other)).toBe(403);
    const fresh = async () => await statusOf(await withToken(claims));
    await expect.poll(fresh, EVENTUALLY).toBe(200);
    expect((await rowsOf('user:corp.gus')).map(({ id }: { id: string }) => id)).toContain(row.id);
    expect(await statusOf(api)).toBe(403);
  });

  test('has no text of ours: it is not rotated', async () => {
    const api = await withToken({ ...STAFF, sub: 'hal' });
    expect(await statusOf(api)).toBe(200);
    const [row] = await rowsOf('user:corp.hal');
    expect((await root.post(`/v1/tokens/${row.id}/rotate`)).status).toBe(409);
  });
});

const iatBefore = () => Math.floor(Date.now() / 1_000) - 10;

describe('a workspace of its own', () => {
  test('follows from the audience alone, by the operator or by its own word', async () => {
    await root.put('/v1/workspaces/beta', {});
    const { policy } = (await root.get('/v1/workspaces/beta')).body;
    const audiences = ['client-7', 'sallyport:beta'];
    const signIn = { issuers: [trust(issuer, { audiences })] };
    const privateHosts = [issuer.hostAndPort];
    const put = await root.put('/v1/workspaces/beta', {
      policy: { ...policy, privateHosts, signIn },
    });
    expect(put.status).toBe(200);
    for (const aud of audiences) {
      const api = await withToken({ aud });
      expect(await statusOf(api, '/v1/workspaces/beta')).toBe(200);
      expect(await statusOf(api, '/v1/workspaces/default')).toBe(404);
    }
    // Nobody could tell which is meant.
    const both = await withToken({ aud: ['sallyport:beta', 'sallyport:default'] });
    expect(await statusOf(both)).toBe(401);
    const named = await withToken({ ...STAFF, aud: AUDIENCE });
    expect(await statusOf(named, '/v1/workspaces/beta')).toBe(404);
  });
});

describe('the issuer', () => {
  test('changes its keys: one that was unknown is asked for, and an old one ends', async () => {
    const key = await issuer.newKey('RS256');
    const old = issuer.keys;
    expect(await statusOf(await withToken(STAFF))).toBe(200);
    issuer.keys = [...old, key.publicJwk];
    const token = await issuer.token(STAFF, { key });
    const asked = issuer.asked.length;
    expect(await statusOf(callApi(gateway, token))).toBe(200);
    expect(issuer.asked.length).toBe(asked + 2);
    expect(await statusOf(await withToken(STAFF))).toBe(200);
    expect(issuer.asked.length).toBe(asked + 2);
  });

  test('vouches for members only, if the policy says so', async () => {
    await trustIssuer({ admits: 'members' });
    const api = await withToken({ ...STAFF, sub: 'ida' });
    expect((await api.get('/v1/tools')).body).toMatchObject({ status: 403, reason: 'not-member' });
    const members = [{ id: 'corp.ida', grants: ['session:read', 'system:config:read'] }];
    await root.put('/v1/workspaces/default', { members });
    expect(await statusOf(api)).toBe(200);
    // What a member may do bounds what the rules give.
    expect((await api.post('/v1/sessions', {})).status).toBe(403);
    await root.put('/v1/workspaces/default', { members: [] });
    expect(await statusOf(api)).toBe(403);
    await trustIssuer();
  });

  test('is trusted no more: the next request is refused, also of who had signed in', async () => {
    const api = await withToken({ ...STAFF, sub: 'jim' });
    const session = await api.session();
    expect(await statusOf(api)).toBe(200);
    await changePolicy(root, { signIn: { issuers: [] } });
    expect(await statusOf(api)).toBe(401);
    await trustIssuer();
    const again = () => statusOf(api, `/v1/sessions/${session}`);
    await expect.poll(again, EVENTUALLY).toBe(200);
  });

  test('is described by who holds what its rules give, and may give it', async () => {
    const issue = async (...grants: string[]) => {
      const subject = { kind: 'service', id: 'operator' };
      const { body } = await root.post('/v1/tokens', { subject, grants });
      return callApi(gateway, body.token);
    };
    const { policy } = (await root.get('/v1/workspaces/default')).body;
    const wider = {
      ...policy.signIn.issuers[0],
      rules: [{ when: [], grants: ['session:create'] }],
    };
    const put = (api: Api, issuers: object[]) =>
      api.put('/v1/workspaces/default', { policy: { ...policy, signIn: { issuers } } });

    const config = ['system:config:read', 'system:config:write'];
    const writer = await issue(...config);
    expect((await put(writer, [wider])).status).toBe(403);
    const giver = await issue(...config, 'system:token:issue');
    expect((await put(giver, [wider])).body).toMatchObject({
      status: 403,
      errors: [{ pointer: '/policy/signIn/issuers/0/rules/0/grants' }],
    });
    const holder = await issue(...config, 'system:token:issue', 'session:create');
    expect((await put(holder, [wider])).status).toBe(200);
    // As it is, and gone: that gives nobody anything.
    expect((await put(writer, [wider])).status).toBe(200);
    expect((await put(writer, [])).status).toBe(200);
    await trustIssuer();
  });
});
