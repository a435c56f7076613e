/**
 * The gateway is killed (`SIGKILL`) while a plugin is installed, started or drained, and started
 * again on the same disk. No plugin is half there, and no version that served is lost.
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Api, callApi, SCRIPT_MODEL, script } from '../support/api.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { buildVersion, installVersion, type VersionFacts } from '../support/versions.ts';

let gateway: Gateway;
let api: Api;

beforeAll(async () => {
  gateway = await startGateway({ examples: false, env: { SALLYPORT_LEASE_MS: '1000' } });
  api = callApi(gateway);
});
afterAll(() => gateway?.dispose());

/** Takes some tenths of a second to start. */
const SLOW_START = 100_000_000;

async function install(facts: VersionFacts) {
  return installVersion(gateway, await buildVersion(facts));
}

const describePlugin = async (name: string) => (await api.get(`/v1/plugins/${name}`)).body;
const answerOf = async (name: string) =>
  (await api.post(`/v1/tools/${name}/call`, { arguments: {} })).body.result;

/** What the record names for the calls of a turn. */
async function recordedVersions(turnId: string): Promise<string[]> {
  const { body } = await api.get('/v1/audit?action=tool-result&limit=500');
  const events: { turnId: string; pluginVersion: string }[] = body.records.map(
    ({ event }: { event: unknown }) => event,
  );
  return events.filter((event) => event.turnId === turnId).map((event) => event.pluginVersion);
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('a gateway killed', () => {
  test.each([0, 30, 100, 250, 600])(
    '%d ms after an upgrade was sent serves exactly one version, and takes the upgrade again',
    async (delayMs) => {
      const name = `plugin-${delayMs}`;
      expect((await install({ name, version: '1.0.0' })).status).toBe(201);
      const upgrade = await buildVersion({ name, version: '2.0.0', startWork: SLOW_START });
      const sent = installVersion(gateway, upgrade).catch(() => undefined);
      await sleep(delayMs);
      await gateway.kill();
      await sent;
      await gateway.restart();

      const { version, state, versions = [] } = await describePlugin(name);
      expect(state).toBe('running');
      expect(['1.0.0', '2.0.0']).toContain(version);
      expect(await answerOf(name)).toBe(JSON.stringify(version));
      for (const other of versions) {
        expect(other).toMatchObject({ version: '2.0.0', state: 'failed', reason: 'interrupted' });
      }
      expect((await installVersion(gateway, upgrade)).status).toBe(201);
      expect(await answerOf(name)).toBe('"2.0.0"');
      expect(await describePlugin(name)).not.toHaveProperty('versions');
      expect((await api.get('/v1/audit/verify')).body).toMatchObject({ ok: true });
    },
  );

  test('while the first version of a plugin starts, has none that serves or one that does', async () => {
    const first = await buildVersion({ name: 'first', version: '1.0.0', startWork: SLOW_START });
    const sent = installVersion(gateway, first).catch(() => undefined);
    await sleep(80);
    await gateway.kill();
    await sent;
    await gateway.restart();
    const { status, body } = await api.get('/v1/plugins/first');
    if (status === 200) expect(['running', 'failed']).toContain(body.state);
    else expect(status).toBe(404);
    if (body.state !== 'running') expect(await answerOf('first')).toBeUndefined();
    expect((await installVersion(gateway, first)).status).toBe(201);
    expect(await answerOf('first')).toBe('"1.0.0"');
  });

  test('while a version drains, keeps it for its turn, and forgets it afterwards', async () => {
    await install({ name: 'drained', version: '1.0.0' });
    const session = await api.session();
    const asks = { toolCalls: [{ name: 'drained', arguments: {} }] };
    const turn = script(asks, { ...asks, delayMs: 1_000 }, { ...asks, delayMs: 1_000 });
    const before = await api.streamTurn(session, turn, SCRIPT_MODEL);
    await before.until(({ kind }) => kind === 'round-finished');
    await install({ name: 'drained', version: '2.0.0' });
    for (let kill = 0; kill < 2; kill++) {
      await gateway.kill();
      await gateway.restart();
      expect(await answerOf('drained')).toBe('"2.0.0"');
    }
    const after = await api.follow(session, before.events[0]?.data.turnId, 0);
    await after.until(({ kind }) => kind === 'turn-finished');
    await after.ended;
    await expect
      .poll(() => recordedVersions(before.events[0]?.data.turnId))
      .toEqual(['1.0.0', '1.0.0', '1.0.0']);
    await expect.poll(async () => (await describePlugin('drained')).versions).toBeUndefined();
  });

  test('after a quarantine was answered has it in force', async () => {
    await install({ name: 'banned', version: '1.0.0' });
    expect((await api.post('/v1/plugins/banned/quarantine')).body.state).toBe('quarantined');
    await gateway.kill();
    await gateway.restart();
    expect(await describePlugin('banned')).toMatchObject({ state: 'quarantined' });
    const again = await install({ name: 'banned', version: '2.0.0' });
    expect([again.status, again.body.code]).toEqual([409, 'code_quarantined']);
  });
});
