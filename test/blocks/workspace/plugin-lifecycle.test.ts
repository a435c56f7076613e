/** How versions of a plugin follow each other: started, drained, and what is left when that fails. */

import { describe, expect, test } from 'vitest';
import type { WorkspaceApi } from '../../../src/blocks/workspace/workspace-api.ts';
import { NO_USAGE } from '../../../src/core/conversation/usage.ts';
import { HARDENING_VERSION } from '../../../src/wasm-hardening/harden.ts';
import {
  evict,
  type Fixture,
  FORM,
  failingModule,
  foundWorkspace,
  harden,
  inside,
  moduleOf,
  opening,
  recorded,
  ring,
  rowsOf,
  upload,
  uploadOf,
} from './workspace-fixture.ts';

const hashOf = (module: string) => upload({}, module).plugin.codeHash;
const V2 = { version: '2.0.0' };
const failing = (version = '2.0.0') => uploadOf(failingModule(), { version });

async function servedTo({ block, root }: Fixture): Promise<readonly (readonly string[])[]> {
  const authority = await block.authority(root.principal);
  return (authority?.plugins ?? []).map(({ version, state }) => [version, state]);
}

/** Waits, within the object, until a version of the plugin is starting. */
async function whenStarting(direct: WorkspaceApi): Promise<void> {
  for (let turns = 0; turns < 1_000; turns++) {
    const plugin = await direct.plugin('stats');
    const states = [plugin, ...(plugin?.versions ?? [])].map((version) => version?.state);
    if (states.includes('loading')) return;
  }
  throw new Error('nothing is starting');
}

const actionsOf = async (fixture: Fixture) =>
  (await recorded(fixture)).map(({ action, pluginVersion }) => `${action} ${pluginVersion ?? ''}`);

describe('a version that does not start', () => {
  test('leaves the one before serving, and stays as failed with the reason', async () => {
    const fixture = await foundWorkspace();
    const { block, root } = fixture;
    await block.installPlugin(root, upload());
    expect(await block.installPlugin(root, failing())).toMatchObject({
      error: { code: 'plugin_failed', reason: 'plugin_error', errors: [{ pointer: '/module' }] },
    });
    expect(await servedTo(fixture)).toEqual([['1.0.0', 'running']]);
    expect(await block.plugin('stats')).toMatchObject({
      version: '1.0.0',
      state: 'running',
      versions: [{ version: '2.0.0', state: 'failed', reason: 'plugin_error' }],
    });
    expect(await actionsOf(fixture)).toContain('plugin-failed 2.0.0');
    expect(await block.code(failing().plugin.codeHash, FORM)).toBeUndefined();
  });

  test('takes no revision: for turns nothing has changed', async () => {
    const { block, root } = await foundWorkspace();
    await block.installPlugin(root, upload());
    const before = await block.describe();
    await block.installPlugin(root, failing());
    expect(await block.describe()).toMatchObject({ revision: before?.revision });
  });

  test('is all there is of a plugin that never ran', async () => {
    const fixture = await foundWorkspace();
    const { block, root } = fixture;
    await block.installPlugin(root, failing());
    const failed = { name: 'stats', version: '2.0.0', state: 'failed', reason: 'plugin_error' };
    expect(await block.plugin('stats')).toMatchObject(failed);
    expect(await block.listPlugins()).toMatchObject([failed]);
    expect(await servedTo(fixture)).toEqual([]);
    expect(await block.deletePlugin(root, 'stats')).toBe(true);
    expect(await block.plugin('stats')).toBeUndefined();
  });

  test('can be followed by the same version, mended', async () => {
    const fixture = await foundWorkspace();
    const { block, root } = fixture;
    await block.installPlugin(root, upload());
    await block.installPlugin(root, failing());
    expect(await block.installPlugin(root, upload(V2, 'mended'))).toMatchObject({ ok: true });
    expect(await servedTo(fixture)).toEqual([['2.0.0', 'running']]);
    expect(await block.plugin('stats')).not.toHaveProperty('versions');
  });
});

describe('a version that is starting', () => {
  test('serves nobody yet', async () => {
    const fixture = await foundWorkspace();
    const { block, root } = fixture;
    await block.installPlugin(root, upload());
    const [installed, described, authority] = await inside(fixture, (direct) => {
      const installing = direct.installPlugin(root, upload(V2, 'module-2'));
      const seen = whenStarting(direct).then(() =>
        Promise.all([direct.plugin('stats'), direct.authority(root.principal)]),
      );
      return Promise.all([installing, seen]).then(([a, [b, c]]) => [a, b, c] as const);
    });
    expect(described).toMatchObject({
      version: '1.0.0',
      versions: [{ version: '2.0.0', state: 'loading' }],
    });
    expect(authority?.plugins).toMatchObject([{ version: '1.0.0', state: 'running' }]);
    expect(installed).toMatchObject({ value: { version: '2.0.0', state: 'running' } });
  });

  test('waits for the one before, so that the higher one is left in the end', async () => {
    const fixture = await foundWorkspace();
    const { block, root } = fixture;
    const versions = ['1.0.0', '1.1.0', '1.2.0'];
    const installed = await Promise.all(
      versions.map((version) => block.installPlugin(root, upload({ version }, `m${version}`))),
    );
    expect(installed.map(({ ok }) => ok)).toEqual([true, true, true]);
    expect(await servedTo(fixture)).toEqual([['1.2.0', 'running']]);
  });

  test('is not installed if it is stopped meanwhile', async () => {
    const fixture = await foundWorkspace();
    const { block, root } = fixture;
    await block.installPlugin(root, upload());
    const installed = await inside(fixture, async (direct) => {
      const installing = direct.installPlugin(root, upload(V2, 'module-2'));
      await whenStarting(direct);
      await direct.stopPlugin(root, 'stats');
      return installing;
    });
    expect(installed).toMatchObject({ error: { code: 'conflict' } });
    expect(await servedTo(fixture)).toEqual([['1.0.0', 'stopped']]);
    expect(await block.plugin('stats')).toMatchObject({
      versions: [{ version: '2.0.0', state: 'failed', reason: 'plugin_stopped' }],
    });
  });

  test('is not installed if it is deleted meanwhile', async () => {
    const fixture = await foundWorkspace();
    const { block, root } = fixture;
    const installed = await inside(fixture, async (direct) => {
      const installing = direct.installPlugin(root, upload());
      await whenStarting(direct);
      await direct.deletePlugin(root, 'stats');
      return installing;
    });
    expect(installed).toMatchObject({ error: { code: 'conflict' } });
    expect(await block.listPlugins()).toEqual([]);
    expect(await block.code(hashOf('module-1'), FORM)).toBeUndefined();
  });

  test('has failed when the object was lost under it, and the one before serves', async () => {
    const fixture = await foundWorkspace();
    const { block, root } = fixture;
    await block.installPlugin(root, upload());
    await block.installPlugin(root, failing());
    await rowsOf(fixture, "UPDATE plugin_versions SET state = 'loading' WHERE role = 'candidate'");
    await evict(fixture);
    expect(await block.plugin('stats')).toMatchObject({
      version: '1.0.0',
      state: 'running',
      versions: [{ version: '2.0.0', state: 'failed', reason: 'interrupted' }],
    });
    await ring(fixture, 'flush');
    const last = (await recorded(fixture)).at(-1);
    expect(last).toMatchObject({
      action: 'plugin-failed',
      actor: 'gateway',
      reason: 'interrupted',
    });
    expect(await block.installPlugin(root, upload(V2, 'module-2'))).toMatchObject({ ok: true });
  });
});

describe('draining', () => {
  test('goes on until the last turn that began with the version has ended, each with its own', async () => {
    const fixture = await foundWorkspace();
    const { block, root } = fixture;
    const turns = [];
    for (const version of ['1.0.0', '2.0.0', '3.0.0']) {
      await block.installPlugin(root, upload({ version }, `m${version}`));
      const turn = opening(fixture, root);
      await block.openTurn(turn);
      turns.push(turn);
    }
    const states = async () =>
      (await block.plugin('stats'))?.versions?.map(({ version, state }) => [version, state]);
    expect(await states()).toEqual([
      ['1.0.0', 'draining'],
      ['2.0.0', 'draining'],
    ]);
    await block.settleTurn(turns[1]!.turnId, NO_USAGE, {});
    await block.settleTurn(turns[2]!.turnId, NO_USAGE, {});
    expect(await states()).toHaveLength(2);
    await block.settleTurn(turns[0]!.turnId, NO_USAGE, {});
    expect(await states()).toBeUndefined();
    await ring(fixture, 'flush');
    const actions = await actionsOf(fixture);
    expect(actions).toEqual(
      expect.arrayContaining(['plugin-drained 1.0.0', 'plugin-drained 2.0.0']),
    );
  });

  test('tells in every authority since when and until when turns begin with a version', async () => {
    const fixture = await foundWorkspace();
    const { block, root } = fixture;
    await block.installPlugin(root, upload());
    await block.openTurn(opening(fixture, root));
    await block.installPlugin(root, upload(V2, 'module-2'));
    const authority = await block.authority(root.principal);
    const [current, old] = authority?.plugins ?? [];
    expect(old).toMatchObject({ version: '1.0.0', untilRevision: authority?.revision });
    expect(current).toMatchObject({ version: '2.0.0', sinceRevision: authority?.revision });
    expect(old?.sinceRevision).toBeLessThan(old?.untilRevision ?? 0);
  });

  test('ends at once when the plugin is stopped', async () => {
    const fixture = await foundWorkspace();
    const { block, root } = fixture;
    await block.installPlugin(root, upload());
    await block.openTurn(opening(fixture, root));
    await block.installPlugin(root, upload(V2, 'module-2'));
    await block.stopPlugin(root, 'stats');
    expect(await servedTo(fixture)).toEqual([['2.0.0', 'stopped']]);
  });

  test('survives the loss of the object', async () => {
    const fixture = await foundWorkspace();
    const { block, root } = fixture;
    await block.installPlugin(root, upload());
    const turn = opening(fixture, root);
    await block.openTurn(turn);
    await block.installPlugin(root, upload(V2, 'module-2'));
    await evict(fixture);
    expect(await block.code(hashOf('module-1'), FORM)).toBeDefined();
    await block.settleTurn(turn.turnId, NO_USAGE, {});
    expect(await block.code(hashOf('module-1'), FORM)).toBeUndefined();
  });
});

describe('code that was hardened by older rules', () => {
  test('is handed out as it was uploaded, and then as it was hardened anew', async () => {
    const { block, root } = await foundWorkspace();
    await block.installPlugin(root, upload());
    const newer = { ...FORM, hardeningVersion: HARDENING_VERSION + 1 };
    const hash = hashOf('module-1');
    expect(await block.code(hash, newer)).toEqual({
      kind: 'original',
      original: moduleOf('module-1'),
    });
    const hardened = harden(moduleOf('module-1'));
    await block.keepHardened(hash, { ...newer, hardened });
    expect(await block.code(hash, newer)).toEqual({ kind: 'hardened', hardened });
    expect(await block.code(hash, FORM)).toMatchObject({ kind: 'original' });
  });

  test('is not kept once its plugin is gone', async () => {
    const fixture = await foundWorkspace();
    await fixture.block.keepHardened('f00d', { ...FORM, hardened: new Uint8Array(3) });
    expect(await rowsOf(fixture, 'SELECT * FROM code_forms')).toEqual([]);
  });

  test('fails its plugin where newer rules refuse it, in all of its versions', async () => {
    const fixture = await foundWorkspace();
    const { block, root } = fixture;
    await block.installPlugin(root, upload());
    await block.openTurn(opening(fixture, root));
    await block.installPlugin(root, upload(V2)); // the same code
    await block.failCode(hashOf('module-1'), 'Cannot harden module: it must be another');
    expect(await servedTo(fixture)).toEqual([['2.0.0', 'failed']]);
    expect(await block.plugin('stats')).toMatchObject({
      state: 'failed',
      reason: 'wasm_rejected',
      detail: 'Cannot harden module: it must be another',
    });
    const failed = (await recorded(fixture)).filter(({ action }) => action === 'plugin-failed');
    expect(failed.map(({ actor, pluginVersion }) => [actor, pluginVersion])).toEqual([
      ['gateway', '2.0.0'],
      ['gateway', '1.0.0'],
    ]);
    expect(JSON.stringify(failed)).not.toContain('Cannot harden');
    expect(await block.installPlugin(root, upload(V2))).toMatchObject({ ok: true });
  });
});
