/** The history of a workspace's policy: what was changed, and the way back. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { proveFlow } from '../../src/core/policy/prove-flow.ts';
import { provedWorkspaceSchema } from '../../src/core/policy/proved-workspace-schema.ts';
import { type Api, callApi } from '../support/api.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

const AT = '/v1/workspaces/default';

let gateway: Gateway;
let root: Api;

beforeAll(async () => {
  gateway = await startGateway();
  root = callApi(gateway);
});
afterAll(() => gateway?.dispose());

const policy = async () => (await root.get(AT)).body.policy;
const history = async () => (await root.get(`${AT}/policy/history`)).body.versions;
const count = async () =>
  (await root.post('/v1/tools/text-stats/call', { arguments: { text: 'a' } })).status;

test('a policy is changed, compared, and rolled back', async () => {
  const [founded] = await history();
  const first = await policy();
  const deny = ['tool:call:text-stats'];
  const changed = await root.put(AT, { policy: { ...first, deny, tierFloor: 'process' } });
  const { revision } = changed.body;
  expect(await count()).toBe(403);

  expect(await history()).toMatchObject([{ revision, by: 'user:root' }, founded]);
  const { body } = await root.get(`${AT}/policy/diff?from=${founded.revision}&to=${revision}`);
  expect(body.changes).toEqual([
    { pointer: '/deny', added: expect.arrayContaining(deny), removed: [] },
    { pointer: '/tierFloor', from: 'wasm', to: 'process' },
  ]);

  const back = await root.post(`${AT}/policy/rollback`, { revision: founded.revision });
  expect(back.body.revision).toBeGreaterThan(revision);
  expect(await policy()).toEqual(first);
  expect(await count()).toBe(200);
  expect(await history()).toHaveLength(3);
});

test('what the prover needs is exported, and its proof is true of the policy in force', async () => {
  const grants = ['tool:*', 'storage:*', 'block:spawn'];
  await root.post('/v1/tokens', { subject: { kind: 'service', id: 'agent' }, grants });
  const prove = async () => {
    const { body } = await root.get(`${AT}/policy/export`);
    return proveFlow(provedWorkspaceSchema.parse(body));
  };
  expect(await prove()).toEqual([]);
  const before = await policy();
  const send = { ...before.flow.send, untrusted: { secret: 'allow' } };
  await root.put(AT, { policy: { ...before, flow: { ...before.flow, send } } });
  const leaks = await prove();
  expect(leaks.map(({ principal }) => principal)).toEqual(['user:root', 'service:agent']);
  const leak = leaks.at(-1);
  expect(leak?.path.at(-1)?.move).toBe('tool http-fetch');
  await root.put(AT, { policy: before });
});

test('the gateway’s own tools are a part of the proof, and of what a policy is tried on', async () => {
  const before = await policy();
  const send = { ...before.flow.send, untrusted: { secret: 'allow' } };
  const memory = { ...before.memory, enabled: true };
  await root.put(AT, { policy: { ...before, memory, flow: { ...before.flow, send } } });
  const subject = { kind: 'service', id: 'rememberer' };
  const grants = ['tool:call:memory-recall', 'storage:memory:read'];
  const reach = ['tool:call:http-fetch', 'tool:network:http:api.example.com:443'];
  await root.post('/v1/tokens', { subject, grants: [...grants, ...reach] });
  const { body } = await root.get(`${AT}/policy/export`);
  const leaks = proveFlow(provedWorkspaceSchema.parse(body));
  const leak = leaks.find(({ principal }) => principal === 'service:rememberer');
  expect(leak?.path.map(({ move }) => move)).toEqual(['tool memory-recall', 'tool http-fetch']);

  const recalled = { arguments: { query: 'anything' } };
  expect((await root.post('/v1/tools/memory-recall/call', recalled)).status).toBe(200);
  const tried = async (changed: object) =>
    (await root.post(`${AT}/policy/dry-run`, { policy: { ...before, ...changed } })).body.tools;
  await expect
    .poll(async () => (await tried({}))['memory-recall'])
    .toEqual({ allowed: 1, denied: 0, would: 'allowed' });
  const deny = ['storage:memory:read'];
  expect((await tried({ deny }))['memory-recall']).toMatchObject({ would: 'denied' });
  await root.put(AT, { policy: before });
});

test('a policy is tried on what was recorded, and changes nothing', async () => {
  await count();
  const before = await root.get(AT);
  const dryRun = async (deny: string[], from?: number) => {
    const body = { policy: { ...before.body.policy, deny }, ...(from && { from }) };
    return (await root.post(`${AT}/policy/dry-run`, body)).body.tools;
  };
  await expect
    .poll(async () => (await dryRun(['tool:call:text-stats']))['text-stats'])
    .toMatchObject({ allowed: expect.any(Number), would: 'denied' });
  expect((await dryRun([]))['text-stats']).toMatchObject({ would: 'allowed' });
  expect(await dryRun([], Date.now() + 60_000)).toEqual({});
  expect((await root.get(AT)).body).toEqual(before.body);
  expect(await count()).toBe(200);
  expect((await root.post(`${AT}/policy/dry-run`, { policy: {} })).status).toBe(422);
});

test('members change without a new version', async () => {
  const before = await history();
  await root.put(AT, { members: [{ id: 'alice', grants: ['session:read'] }] });
  expect(await history()).toEqual(before);
});

test('what never was cannot be compared or put in force', async () => {
  expect((await root.get(`${AT}/policy/diff?from=1&to=9999`)).status).toBe(404);
  expect((await root.post(`${AT}/policy/rollback`, { revision: 9_999 })).status).toBe(404);
  expect((await root.get(`${AT}/policy/diff?from=0&to=1`)).status).toBe(422);
  expect((await root.post(`${AT}/policy/rollback`, { revision: 0 })).status).toBe(422);
  expect((await root.get('/v1/workspaces/never/policy/history')).status).toBe(404);
});

test('nobody reads or rolls back the policy of another workspace', async () => {
  await root.put('/v1/workspaces/acme', {});
  const subject = { kind: 'service', id: 'foreign' };
  const grants = ['system:config:read', 'system:config:write'];
  const { body } = await root.post('/v1/tokens', { subject, grants, workspace: 'acme' });
  const foreign = callApi(gateway, body.token);
  expect((await foreign.get('/v1/workspaces/acme/policy/history')).status).toBe(200);
  expect((await foreign.get(`${AT}/policy/history`)).status).toBe(404);
  expect((await foreign.get(`${AT}/policy/diff?from=1&to=1`)).status).toBe(404);
  expect((await foreign.post(`${AT}/policy/rollback`, { revision: 1 })).status).toBe(404);
});
