import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/core/primitives/json.ts';
import { type Fixture, foundWorkspace, recorded, upload } from './workspace-fixture.ts';

const CONFIG = { type: 'object', properties: { greeting: { type: 'string' } } };
const VALUES = { greeting: 'hello' };

async function withPlugin(manifest: JsonObject = { config: CONFIG }): Promise<Fixture> {
  const fixture = await foundWorkspace();
  const installed = await fixture.block.installPlugin(fixture.root, upload(manifest));
  expect(installed.ok).toBe(true);
  return fixture;
}

async function settingsOf({ block, root }: Fixture) {
  const authority = await block.authority(root.principal);
  return authority?.plugins.map(({ version, state, config }) => [version, state, config?.values]);
}

describe('configurePlugin()', () => {
  test('makes settings part of the authority, under a new revision', async () => {
    const fixture = await withPlugin();
    const { block, root } = fixture;
    const before = await block.authority(root.principal);
    expect(await block.configurePlugin(root, 'stats', VALUES)).toMatchObject({
      ok: true,
      value: { name: 'stats', state: 'running', config: VALUES },
    });
    const after = await block.authority(root.principal);
    expect(after?.revision).toBe((before?.revision ?? 0) + 1);
    expect(after?.plugins[0]?.config?.values).toEqual(VALUES);
    expect(after?.plugins[0]?.config?.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(await block.plugin('stats')).toMatchObject({ config: VALUES });
  });

  test('records that it was done, and never the values', async () => {
    const fixture = await withPlugin();
    const { block, root } = fixture;
    await block.configurePlugin(root, 'stats', { greeting: 'nobody reads this' });
    const events = await recorded(fixture);
    expect(events).toContainEqual(
      expect.objectContaining({ action: 'plugin-configured', plugin: 'stats' }),
    );
    expect(JSON.stringify(events)).not.toContain('nobody reads this');
  });

  test('takes settings back by setting none', async () => {
    const fixture = await withPlugin();
    const { block, root } = fixture;
    await block.configurePlugin(root, 'stats', VALUES);
    await block.configurePlugin(root, 'stats', {});
    expect(await settingsOf(fixture)).toEqual([['1.0.0', 'running', undefined]]);
    expect(await block.plugin('stats')).not.toHaveProperty('config');
  });

  test('refuses what the manifest does not describe, and changes nothing', async () => {
    const fixture = await withPlugin();
    const { block, root } = fixture;
    const before = await block.authority(root.principal);
    expect(await block.configurePlugin(root, 'stats', { greeting: 5 })).toMatchObject({
      ok: false,
      error: { code: 'invalid_body', errors: [{ pointer: '/values/greeting' }] },
    });
    expect(await block.authority(root.principal)).toEqual(before);
  });

  test('knows no plugin of another name', async () => {
    const { block, root } = await withPlugin();
    expect(await block.configurePlugin(root, 'other', VALUES)).toBeUndefined();
  });
});

describe('an upgrade', () => {
  const next = (config: JsonObject | undefined) =>
    upload({ version: '1.1.0', ...(config && { config }) }, 'module-2');

  test('keeps settings that fit the newer version', async () => {
    const fixture = await withPlugin();
    const { block, root } = fixture;
    await block.configurePlugin(root, 'stats', VALUES);
    expect(await block.installPlugin(root, next(CONFIG))).toMatchObject({ ok: true });
    expect(await settingsOf(fixture)).toContainEqual(['1.1.0', 'running', VALUES]);
  });

  test.each([
    ['describes others', { type: 'object', properties: { other: { type: 'string' } } }],
    ['describes none', undefined],
  ])('is refused where the newer version %s, until they are taken back', async (_, config) => {
    const fixture = await withPlugin();
    const { block, root } = fixture;
    await block.configurePlugin(root, 'stats', VALUES);
    expect(await block.installPlugin(root, next(config))).toMatchObject({
      ok: false,
      error: { code: 'conflict' },
    });
    expect(await settingsOf(fixture)).toEqual([['1.0.0', 'running', VALUES]]);
    await block.configurePlugin(root, 'stats', {});
    expect(await block.installPlugin(root, next(config))).toMatchObject({ ok: true });
  });

  test('does not begin with the settings of a plugin that was deleted', async () => {
    const fixture = await withPlugin();
    const { block, root } = fixture;
    await block.configurePlugin(root, 'stats', VALUES);
    await block.deletePlugin(root, 'stats');
    expect(await block.installPlugin(root, upload({ config: CONFIG }))).toMatchObject({ ok: true });
    expect(await settingsOf(fixture)).toEqual([['1.0.0', 'running', undefined]]);
  });
});
