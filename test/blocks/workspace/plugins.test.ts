import { describe, expect, test } from 'vitest';
import { NO_USAGE } from '../../../src/core/conversation/usage.ts';
import { DEFAULT_POLICY } from '../../../src/core/policy/policy.ts';
import {
  evict,
  type Fixture,
  FORM,
  foundWorkspace,
  harden,
  inside,
  moduleOf,
  opening,
  recorded,
  rowsOf,
  statesOf,
  upload,
} from './workspace-fixture.ts';

const hashOf = (module: string) => upload({}, module).plugin.codeHash;

/** Copies of the plugin that there is, under other names. */
const fill = (fixture: Fixture, count: number, as: { role: string; state: string }) =>
  inside(fixture, (_, sql) => {
    sql.exec(
      `INSERT INTO plugin_versions (name, role, version, code_hash, state, plugin, manifest,
         installed_at, installed_by)
       WITH RECURSIVE more (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM more WHERE n < ?1)
       SELECT ?2 || n, ?2, version, code_hash, ?3, plugin, manifest, 0, installed_by
       FROM plugin_versions, more WHERE name = 'stats'`,
      ...[count, as.role, as.state],
    );
  });

const another = (name: string) => {
  const tools = [{ name: `tool-of-${name}`, description: 'x', inputSchema: { type: 'object' } }];
  return upload({ name, tools });
};

describe('installPlugin()', () => {
  test('takes no more than a workspace may have, and newer versions of these', async () => {
    const fixture = await foundWorkspace();
    const { block, root } = fixture;
    await block.installPlugin(root, upload());
    await fill(fixture, 254, { role: 'current', state: 'stopped' });
    expect(await block.installPlugin(root, another('last'))).toMatchObject({ ok: true });
    const full = { ok: false, error: { code: 'limit_reached' } };
    expect(await block.installPlugin(root, another('more'))).toMatchObject(full);
    const newer = upload({ version: '1.1.0' }, 'module-2');
    expect(await block.installPlugin(root, newer)).toMatchObject({ ok: true });
    expect(await block.deletePlugin(root, 'last')).toBe(true);
    expect(await block.installPlugin(root, another('more'))).toMatchObject({ ok: true });
  });

  test('forgets what never started where there is no room for another', async () => {
    const fixture = await foundWorkspace();
    const { block, root } = fixture;
    await block.installPlugin(root, upload());
    await fill(fixture, 254, { role: 'candidate', state: 'failed' });
    expect(await block.installPlugin(root, another('last'))).toMatchObject({ ok: true });
    expect(await rowsOf(fixture, 'SELECT name FROM plugin_versions')).toHaveLength(256);
    expect(await block.installPlugin(root, another('more'))).toMatchObject({ ok: true });
    const names = await rowsOf(fixture, 'SELECT name FROM plugin_versions ORDER BY name');
    expect(names).toEqual([{ name: 'last' }, { name: 'more' }, { name: 'stats' }]);
  });

  test('runs a plugin, and keeps its code by content', async () => {
    const fixture = await foundWorkspace();
    const { block, root } = fixture;
    expect(await block.installPlugin(root, upload())).toMatchObject({
      ok: true,
      value: { name: 'stats', version: '1.0.0', state: 'running', sha256: hashOf('module-1') },
    });
    expect(await recorded(fixture)).toContainEqual(
      expect.objectContaining({
        action: 'plugin-installed',
        plugin: 'stats',
        pluginVersion: '1.0.0',
      }),
    );
    await evict(fixture);
    const code = await block.code(hashOf('module-1'), FORM);
    expect(code).toEqual({ kind: 'hardened', hardened: harden(moduleOf('module-1')) });
    expect(await block.code(hashOf('another'), FORM)).toBeUndefined();
    expect(await statesOf(fixture)).toEqual([['stats', '1.0.0', 'running']]);
    expect(await block.plugin('stats')).toMatchObject({ manifest: { license: 'MIT' } });
  });

  test('keeps code that is longer than a row', async () => {
    const { block, root } = await foundWorkspace();
    await block.installPlugin(root, upload());
    const form = { memoryPages: 9, hardeningVersion: 99 };
    const hardened = new Uint8Array(5_000_000).map((_, index) => index % 251);
    await block.keepHardened(hashOf('module-1'), { ...form, hardened });
    expect(await block.code(hashOf('module-1'), form)).toEqual({ kind: 'hardened', hardened });
  });

  test('changes nothing when the same is installed again', async () => {
    const fixture = await foundWorkspace();
    const { block, root } = fixture;
    const first = await block.installPlugin(root, upload());
    const again = await block.installPlugin(root, upload());
    expect(again).toEqual(first);
    expect(await block.describe()).toMatchObject({ revision: 2 });
  });

  test.each([
    ['other code', { version: '1.0.0' }, 'module-2'],
    ['another manifest', { license: 'Apache-2.0' }, 'module-1'],
    ['a lower version', { version: '0.9.9' }, 'module-2'],
    ['a pre-release of it', { version: '1.0.0-rc.1' }, 'module-2'],
    ['the same precedence', { version: '1.0.0+2' }, 'module-2'],
  ])('refuses %s under a version that is not higher', async (_, manifest, module) => {
    const fixture = await foundWorkspace();
    await fixture.block.installPlugin(fixture.root, upload());
    expect(await fixture.block.installPlugin(fixture.root, upload(manifest, module))).toMatchObject(
      {
        error: { code: 'conflict', errors: [{ pointer: '/version' }] },
      },
    );
    const events = await recorded(fixture);
    expect(events.at(-1)).toMatchObject({ action: 'plugin-refused', reason: 'version_not_higher' });
  });

  test('refuses the name of a tool that another plugin serves', async () => {
    const { block, root } = await foundWorkspace();
    await block.installPlugin(root, upload());
    const other = upload({ name: 'other' }, 'module-2');
    expect(await block.installPlugin(root, other)).toMatchObject({
      error: { code: 'conflict', errors: [{ pointer: '/tools/0/name' }] },
    });
    await block.stopPlugin(root, 'stats');
    expect(await block.installPlugin(root, other)).toMatchObject({ ok: true });
    expect(await block.installPlugin(root, upload())).toMatchObject({
      error: { errors: [{ pointer: '/tools/0/name' }] },
    });
  });

  test('refuses code that is not what its hash says, and a wasm plugin without any', async () => {
    const { block, root } = await foundWorkspace();
    const { code: _, ...bare } = upload();
    expect(await block.installPlugin(root, bare)).toMatchObject({
      error: { code: 'invalid_body' },
    });
    const swapped = { ...bare, code: upload({}, 'module-2').code! };
    expect(await block.installPlugin(root, swapped)).toMatchObject({
      error: { code: 'invalid_body' },
    });
  });

  test('keeps one module in the forms of two plugins with different memory', async () => {
    const { block, root } = await foundWorkspace();
    await block.installPlugin(root, upload());
    const tools = [{ name: 'more', description: 'x', inputSchema: { type: 'object' } }];
    const other = upload({ name: 'other', tools, limits: { memoryPages: 2 } });
    expect(await block.installPlugin(root, other)).toMatchObject({ ok: true });
    for (const memoryPages of [FORM.memoryPages, 2]) {
      expect(await block.code(hashOf('module-1'), { ...FORM, memoryPages })).toMatchObject({
        kind: 'hardened',
      });
    }
  });

  test("raises the tier to the workspace's floor", async () => {
    const { block, root } = await foundWorkspace();
    await block.installPlugin(root, upload());
    await block.change(root, { policy: { ...DEFAULT_POLICY, tierFloor: 'process' } });
    const authority = await block.authority(root.principal);
    expect(authority?.plugins).toMatchObject([{ name: 'stats', tier: 'process' }]);
  });
});

describe('a new version', () => {
  test('drains the old one, whose code stays until no turn is left that began with it', async () => {
    const fixture = await foundWorkspace();
    const { block, root } = fixture;
    await block.installPlugin(root, upload());
    const old = opening(fixture, root);
    const opened = await block.openTurn(old);
    expect(opened).toMatchObject({ value: { authority: { plugins: [{ version: '1.0.0' }] } } });

    await block.installPlugin(root, upload({ version: '2.0.0' }, 'module-2'));
    expect(await statesOf(fixture)).toEqual([
      ['stats', '2.0.0', 'running'],
      ['stats', '1.0.0', 'draining'],
    ]);
    const young = opening(fixture, root);
    await block.openTurn(young);
    expect(await block.code(hashOf('module-1'), FORM)).toBeDefined();

    await block.settleTurn(young.turnId, NO_USAGE, {});
    expect(await block.code(hashOf('module-1'), FORM)).toBeDefined();
    await block.settleTurn(old.turnId, NO_USAGE, {});
    expect(await block.code(hashOf('module-1'), FORM)).toBeUndefined();
    expect(await block.code(hashOf('module-2'), FORM)).toBeDefined();
    expect(await statesOf(fixture)).toEqual([['stats', '2.0.0', 'running']]);
  });

  test('leaves nothing of the old one when no turn is live', async () => {
    const fixture = await foundWorkspace();
    const { block, root } = fixture;
    await block.installPlugin(root, upload());
    await block.installPlugin(root, upload({ version: '2.0.0' }, 'module-2'));
    expect(await block.code(hashOf('module-1'), FORM)).toBeUndefined();
    const parts = await rowsOf(fixture, 'SELECT DISTINCT key FROM value_parts ORDER BY key');
    const left = hashOf('module-2');
    expect(parts).toEqual([
      { key: `code/${left}/hardened/${FORM.memoryPages}` },
      { key: `code/${left}/original` },
    ]);
  });
});

describe('stopPlugin() and deletePlugin()', () => {
  test('a stopped plugin serves nobody, and comes back as it was', async () => {
    const fixture = await foundWorkspace();
    const { block, root } = fixture;
    await block.installPlugin(root, upload());
    expect(await block.stopPlugin(root, 'stats')).toMatchObject({ state: 'stopped' });
    expect(await block.stopPlugin(root, 'stats')).toMatchObject({ state: 'stopped' });
    expect(await statesOf(fixture)).toEqual([['stats', '1.0.0', 'stopped']]);
    expect(await block.installPlugin(root, upload())).toMatchObject({
      value: { state: 'running' },
    });
    expect(await statesOf(fixture)).toEqual([['stats', '1.0.0', 'running']]);
    expect(await block.stopPlugin(root, 'none')).toBeUndefined();
  });

  test('a deleted plugin is gone, code and all, and an older version can follow', async () => {
    const fixture = await foundWorkspace();
    const { block, root } = fixture;
    await block.installPlugin(root, upload());
    expect(await block.deletePlugin(root, 'stats')).toBe(true);
    expect(await block.deletePlugin(root, 'stats')).toBe(false);
    expect(await block.listPlugins()).toEqual([]);
    expect(await block.code(hashOf('module-1'), FORM)).toBeUndefined();
    const older = await block.installPlugin(root, upload({ version: '0.1.0' }));
    expect(older).toMatchObject({ ok: true });
    const actions = (await recorded(fixture)).map(({ action }) => action);
    expect(actions).toEqual(expect.arrayContaining(['plugin-installed', 'plugin-deleted']));
  });
});
