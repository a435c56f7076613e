/**
 * New versions of a plugin take over while it is used: no call fails, each answer comes from
 * exactly one version, turns keep the one that they began with, and the record says which it was.
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Api, callApi, SCRIPT_MODEL, script } from '../support/api.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { buildVersion, installVersion, type VersionFacts } from '../support/versions.ts';

const CALLS = 200;
const SWAPS = 4;
const CLIENTS = 8;
/** Some 5 ms. */
const SOME_WORK = 1_000_000;

let gateway: Gateway;
let api: Api;

beforeAll(async () => {
  gateway = await startGateway({ examples: false, env: { SALLYPORT_LEASE_MS: '1000' } });
  api = callApi(gateway);
  const { body } = await api.get('/v1/workspaces/default');
  const rate = { calls: 1_000_000, periodMs: 60_000 };
  const rates = { ...body.policy.rates, workspace: rate, principal: rate, session: rate };
  const policy = { ...body.policy, rates };
  expect((await api.put('/v1/workspaces/default', { policy })).status).toBe(200);
});
afterAll(() => gateway?.dispose());

async function install(facts: VersionFacts): Promise<void> {
  const { status, body } = await installVersion(gateway, await buildVersion(facts));
  expect(body).toMatchObject({ version: facts.version, state: 'running' });
  expect(status).toBe(201);
}

const describePlugin = async (name: string) => (await api.get(`/v1/plugins/${name}`)).body;

/** The versions that the record names for the calls of some requests, or of a turn. */
async function recorded(of: (event: { requestId: string; turnId: string }) => boolean) {
  const versions: [string, string][] = [];
  for (let after: number | null = 0; after !== null; ) {
    const { body } = await api.get(`/v1/audit?action=tool-result&limit=500&after=${after}`);
    for (const { event } of body.records) {
      if (of(event)) versions.push([event.requestId, event.pluginVersion]);
    }
    after = body.next ?? null;
  }
  return versions;
}

describe('versions that follow each other under load', () => {
  test('fail no call, and each answer is of the version that the record names', async () => {
    await install({ version: '1.0.0', work: SOME_WORK });
    const answers = new Map<string, string>();
    const failures: unknown[] = [];
    let sent = 0;
    let swapped = 0;
    const client = async () => {
      while (sent < CALLS || swapped < SWAPS) {
        sent += 1;
        const { status, headers, body } = await api.post('/v1/tools/which/call', { arguments: {} });
        if (status !== 200) failures.push(body);
        else answers.set(headers.get('X-Request-Id') ?? '', JSON.parse(body.result));
      }
    };
    const swap = async () => {
      while (swapped < SWAPS) {
        const due = (CALLS / (SWAPS + 1)) * (swapped + 1);
        while (sent < due) await new Promise((resolve) => setTimeout(resolve, 5));
        await install({ version: `${swapped + 2}.0.0`, work: SOME_WORK });
        swapped += 1;
      }
    };
    await Promise.all([...Array.from({ length: CLIENTS }, client), swap()]);

    expect(failures).toEqual([]);
    expect(answers.size).toBeGreaterThanOrEqual(CALLS);
    const versions = Array.from({ length: SWAPS + 1 }, (_, index) => `${index + 1}.0.0`);
    expect([...new Set(answers.values())].sort()).toEqual(versions);
    await expect
      .poll(async () => new Map(await recorded(({ requestId }) => answers.has(requestId))))
      .toEqual(answers);
    expect(await describePlugin('which')).toMatchObject({ version: `${SWAPS + 1}.0.0` });
    expect((await api.get('/v1/audit/verify')).body).toMatchObject({ ok: true });
  });

  test('leave nothing of the old ones once their last turn has ended', async () => {
    // A session that was put out of memory before it had settled its turn does so with its alarm.
    await expect
      .poll(async () => (await describePlugin('which')).versions, { timeout: 40_000 })
      .toBeUndefined();
    const { body } = await api.get('/v1/audit?action=plugin-drained&limit=500');
    expect(body.records.length).toBeLessThanOrEqual(SWAPS);
  });
});

describe('a turn that began before a swap', () => {
  const asks = (name: string) => ({ toolCalls: [{ name, arguments: {} }] });

  test('keeps its version in all rounds, and the next turn has the new one', async () => {
    await install({ name: 'rounds', version: '1.0.0' });
    const session = await api.session();
    const rounds = script(
      asks('rounds'),
      { ...asks('rounds'), delayMs: 1_500 },
      { ...asks('rounds'), delayMs: 500 },
      { text: 'Done.' },
    );
    const stream = await api.streamTurn(session, rounds, SCRIPT_MODEL);
    await stream.until(({ kind }) => kind === 'round-finished');
    await install({ name: 'rounds', version: '2.0.0' });
    expect(await describePlugin('rounds')).toMatchObject({
      version: '2.0.0',
      versions: [{ version: '1.0.0', state: 'draining' }],
    });
    await stream.until(({ kind }) => kind === 'turn-finished');
    const { turnId } = stream.events[0]?.data ?? {};
    await expect
      .poll(async () => (await recorded((event) => event.turnId === turnId)).map(([, v]) => v))
      .toEqual(['1.0.0', '1.0.0', '1.0.0']);
    await expect.poll(async () => (await describePlugin('rounds')).versions).toBeUndefined();

    const { body } = await api.turn(session, script(asks('rounds'), { text: '.' }), SCRIPT_MODEL);
    await expect
      .poll(async () => (await recorded((event) => event.turnId === body.turnId)).map(([, v]) => v))
      .toEqual(['2.0.0']);
  });

  test('keeps it when the gateway is killed in between', async () => {
    await install({ name: 'survivor', version: '1.0.0' });
    const session = await api.session();
    const rounds = script(asks('survivor'), { ...asks('survivor'), delayMs: 1_500 }, { text: '.' });
    const before = await api.streamTurn(session, rounds, SCRIPT_MODEL);
    await before.until(({ kind }) => kind === 'round-finished');
    await install({ name: 'survivor', version: '2.0.0' });
    await gateway.kill();
    await before.ended;
    await gateway.restart();
    const { turnId } = before.events[0]?.data ?? {};
    const after = await api.follow(session, turnId, 0);
    await after.until(({ kind }) => kind === 'turn-finished');
    await expect
      .poll(async () => (await recorded((event) => event.turnId === turnId)).map(([, v]) => v))
      .toEqual(['1.0.0', '1.0.0']);
    await expect.poll(async () => (await describePlugin('survivor')).versions).toBeUndefined();
  });
});

describe('a version that cannot start', () => {
  test('is refused with the reason, and the one before goes on serving', async () => {
    await install({ name: 'steady', version: '1.0.0' });
    const broken = await buildVersion({ name: 'steady', version: '2.0.0', startWork: -1 });
    const { status, body } = await installVersion(gateway, broken);
    expect([status, body.code, body.reason]).toEqual([422, 'plugin_failed', 'fuel']);
    expect(await describePlugin('steady')).toMatchObject({
      version: '1.0.0',
      state: 'running',
      versions: [{ version: '2.0.0', state: 'failed', reason: 'fuel' }],
    });
    const call = await api.post('/v1/tools/steady/call', { arguments: {} });
    expect(call.body.result).toBe('"1.0.0"');
    const { body: audit } = await api.get('/v1/audit?action=plugin-failed');
    expect(audit.records).toMatchObject([
      { event: { plugin: 'steady', pluginVersion: '2.0.0', reason: 'fuel', decision: 'denied' } },
    ]);
    await install({ name: 'steady', version: '2.0.0' });
    expect(await describePlugin('steady')).not.toHaveProperty('versions');
  });
});
