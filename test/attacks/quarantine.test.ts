/**
 * The kill switch over HTTP: from its answer on nothing of the plugin runs, whoever had begun to
 * use it, and nothing but a person with the right to release brings it back.
 */

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Api, callApi, SCRIPT_MODEL, script } from '../support/api.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { buildVersion, installVersion, type VersionFacts } from '../support/versions.ts';

let gateway: Gateway;
let api: Api;
let world: Server;
let worldPort: number;
/** Requests that the world has not answered yet. */
const unanswered: (() => void)[] = [];
let requests = 0;

beforeAll(async () => {
  world = createServer((request, response) => {
    request.resume();
    requests += 1;
    unanswered.push(() => response.end('late'));
  });
  await new Promise<void>((resolve) => world.listen(0, '127.0.0.1', resolve));
  worldPort = (world.address() as AddressInfo).port;
  gateway = await startGateway();
  api = callApi(gateway);
  const { body } = await api.get('/v1/workspaces/default');
  const policy = { ...body.policy, privateHosts: [`127.0.0.1:${worldPort}`] };
  expect((await api.put('/v1/workspaces/default', { policy })).status).toBe(200);
});
afterAll(async () => {
  await gateway?.dispose();
  world?.closeAllConnections();
  world?.close();
});

const install = async (facts: VersionFacts) => installVersion(gateway, await buildVersion(facts));
const call = (name: string, args = {}) => api.post(`/v1/tools/${name}/call`, { arguments: args });
const quarantine = (name: string, reason?: string) =>
  api.post(`/v1/plugins/${name}/quarantine`, reason === undefined ? undefined : { reason });
const asks = (name: string) => ({ toolCalls: [{ name, arguments: {} }] });

/** Of the calls of a turn, by the record. */
async function recorded(turnId: string, action: string) {
  const { body } = await api.get(`/v1/audit?action=${action}&limit=500`);
  return body.records
    .map(({ event }: { event: { turnId: string } }) => event)
    .filter((event: { turnId: string }) => event.turnId === turnId);
}

describe('from the answer to a quarantine on', () => {
  test('nobody calls the plugin, and nothing else is touched', async () => {
    await install({ name: 'evil', version: '1.0.0' });
    expect((await call('evil')).status).toBe(200);
    const { status, body } = await quarantine('evil', 'it mines coins');
    expect([status, body.state, body.quarantine.reason]).toEqual([
      200,
      'quarantined',
      'it mines coins',
    ]);
    expect((await call('evil')).body).toMatchObject({
      status: 403,
      check: 'registry',
      reason: 'plugin_not_running',
    });
    expect((await call('text-stats', { text: 'a b' })).status).toBe(200);
    expect((await api.get('/v1/plugins')).body.quarantined).toMatchObject([
      { name: 'evil', version: '1.0.0', reason: 'it mines coins', by: 'user:root' },
    ]);
  });

  test('a turn that began before makes no further call of it', async () => {
    await install({ name: 'begun', version: '1.0.0' });
    const session = await api.session();
    const turn = script(asks('begun'), { ...asks('begun'), delayMs: 1_000 }, { text: 'End.' });
    const stream = await api.streamTurn(session, turn, SCRIPT_MODEL);
    await stream.until(({ kind }) => kind === 'round-finished');
    await quarantine('begun');
    await stream.until(({ kind }) => kind === 'turn-finished');
    const { turnId } = stream.events[0]?.data ?? {};
    const decided = () => recorded(turnId, 'tool-call');
    await expect.poll(async () => (await decided()).length).toBe(2);
    expect(await decided()).toMatchObject([
      { decision: 'allowed' },
      { decision: 'denied', reason: 'plugin_not_running' },
    ]);
  });

  test('a call that waits for the world ends there, and its answer is dropped', async () => {
    const url = `http://127.0.0.1:${worldPort}/slow`;
    const before = requests;
    const calling = call('http-fetch', { url, method: 'GET' });
    await expect.poll(() => requests).toBe(before + 1);
    await quarantine('http-fetch');
    const { status, body } = await calling;
    expect([status, body.check, body.reason]).toEqual([403, 'dispatch', 'plugin_stopped']);
    unanswered.shift()?.();
    expect(requests).toBe(before + 1);
  });

  test('calls that wait for their turn behind others do not run', async () => {
    await install({ name: 'busy', version: '1.0.0', work: 60_000_000 });
    await install({ name: 'behind', version: '1.0.0', work: 1_000_000 });
    const busy = Array.from({ length: 4 }, () => call('busy'));
    const behind = Array.from({ length: 8 }, () => call('behind'));
    const { status } = await quarantine('behind');
    expect(status).toBe(200);
    const at = Date.now();
    const answers = await Promise.all(behind);
    // Some may have run before the quarantine came.
    const ended = answers.filter((answer) => answer.status !== 200);
    expect(ended.length).toBeGreaterThan(0);
    for (const { body } of ended) {
      expect(['plugin_stopped', 'plugin_not_running']).toContain(body.reason);
    }
    await Promise.all(busy);
    const { body } = await api.get('/v1/audit?action=tool-result&limit=500');
    const late = body.records.filter(
      ({ event }: { event: { at: number; plugin: string; decision: string } }) =>
        event.plugin === 'behind' && event.decision === 'allowed' && event.at > at + 1_000,
    );
    expect(late).toEqual([]);
  });
});

describe('what is in quarantine', () => {
  test('is refused under its name, and its code under every name', async () => {
    await install({ name: 'pinned', version: '1.0.0' });
    await quarantine('pinned');
    const same = await buildVersion({ name: 'pinned', version: '1.0.0' });
    const uploads = [
      same,
      { ...same, manifest: { ...same.manifest, version: '1.0.1' } },
      { ...same, manifest: { ...same.manifest, name: 'innocent' } },
      await buildVersion({ name: 'pinned', version: '2.0.0' }),
    ];
    for (const upload of uploads) {
      const { status, body } = await installVersion(gateway, upload);
      expect([status, body.code]).toEqual([409, 'code_quarantined']);
    }
    expect((await api.delete('/v1/plugins/pinned')).status).toBe(204);
    expect((await installVersion(gateway, same)).status).toBe(409);
  });

  test('is released by nobody without the right to, however much else he may do', async () => {
    await install({ name: 'guarded', version: '1.0.0' });
    await quarantine('guarded');
    const { body: issued } = await api.post('/v1/tokens', {
      subject: { kind: 'service', id: 'deployer' },
      grants: ['system:plugin:install', 'system:plugin:stop', 'system:plugin:delete', 'tool:*'],
    });
    const deployer = callApi(gateway, issued.token);
    const { status, body } = await deployer.post('/v1/plugins/guarded/release');
    expect([status, body.code, body.reason]).toEqual([403, 'denied', 'principal_grant_missing']);
    expect((await deployer.post('/v1/plugins/guarded/stop')).body.state).toBe('quarantined');
    expect((await deployer.delete('/v1/plugins/guarded')).status).toBe(204);
    const again = await install({ name: 'guarded', version: '1.0.0' });
    expect(again.status).toBe(409);
  });

  test('cannot be released by a plugin: no manifest may ask for that', async () => {
    const upload = await buildVersion({ name: 'greedy', version: '1.0.0' });
    for (const capability of ['system:plugin:release', 'system:plugin:*', 'system:*']) {
      const manifest = { ...upload.manifest, capabilities: [capability] };
      const { status, body } = await installVersion(gateway, { ...upload, manifest });
      expect([status, body.code]).toEqual([422, 'invalid_body']);
    }
  });

  test('comes back by a release and an upload that is reviewed again, on the record', async () => {
    await install({ name: 'pardoned', version: '1.0.0' });
    await quarantine('pardoned');
    const { body } = await api.post('/v1/plugins/pardoned/release');
    expect(body).toMatchObject({
      released: [{ name: 'pardoned', version: '1.0.0' }],
      plugin: { state: 'stopped' },
    });
    expect((await call('pardoned')).body.reason).toBe('plugin_not_running');
    expect((await install({ name: 'pardoned', version: '1.0.0' })).status).toBe(201);
    expect((await call('pardoned')).body.result).toBe('"1.0.0"');
    for (const action of ['plugin-quarantined', 'plugin-released']) {
      await expect
        .poll(async () => {
          const { body: audit } = await api.get(`/v1/audit?action=${action}&limit=500`);
          return audit.records.map(({ event }: { event: { plugin: string } }) => event.plugin);
        })
        .toContain('pardoned');
    }
  });

  test('is asked for in words that are checked', async () => {
    await install({ name: 'named', version: '1.0.0' });
    const refused = [
      await api.post('/v1/plugins/named/quarantine', { reason: 'x'.repeat(501) }),
      await api.post('/v1/plugins/named/quarantine', { why: 'no such member' }),
      await api.post('/v1/plugins/named/quarantine', { reason: 7 }),
    ];
    expect(refused.map(({ status }) => status)).toEqual([422, 422, 422]);
    expect((await api.get('/v1/plugins/named')).body.state).toBe('running');
    expect((await quarantine('nobody')).status).toBe(404);
    expect((await api.post('/v1/plugins/nobody/release')).status).toBe(404);
  });
});
