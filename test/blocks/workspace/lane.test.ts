/** A workspace and its own lane, both real: what one tells the other. */

import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { describe, expect, test } from 'vitest';
import { NO_USAGE } from '../../../src/core/conversation/usage.ts';
import { HARDENING_VERSION } from '../../../src/wasm-hardening/harden.ts';
import {
  bindings,
  type Fixture,
  FORM,
  foundWorkspace,
  opening,
  rowsOf,
  upload,
} from './workspace-fixture.ts';

const stubOf = ({ id }: Fixture) =>
  bindings.WASM_LANES.getByName(id) as unknown as DurableObjectStub;

async function laneRows(fixture: Fixture, query: string) {
  return runInDurableObject(stubOf(fixture), (_, { storage }) => storage.sql.exec(query).toArray());
}

const isolatesOf = async (fixture: Fixture) =>
  (await laneRows(fixture, 'SELECT code_hash FROM isolates')).map((row) => row.code_hash);

describe('the lane', () => {
  test('keeps an isolate of a version until its last turn has ended', async () => {
    const fixture = await foundWorkspace();
    const { block, root } = fixture;
    const [first, second] = [upload(), upload({ version: '2.0.0' }, 'module-2')];
    await block.installPlugin(root, first);
    const turn = opening(fixture, root);
    await block.openTurn(turn);
    await block.installPlugin(root, second);
    const hashes = [first, second].map(({ plugin }) => plugin.codeHash);
    expect((await isolatesOf(fixture)).sort()).toEqual([...hashes].sort());
    await block.settleTurn(turn.turnId, NO_USAGE, {});
    await expect.poll(() => isolatesOf(fixture)).toEqual([hashes[1]]);
  });

  test('keeps the isolate that a newer version with the same code needs', async () => {
    const fixture = await foundWorkspace();
    const { block, root } = fixture;
    await block.installPlugin(root, upload());
    await block.installPlugin(root, upload({ version: '2.0.0' }));
    expect(await isolatesOf(fixture)).toEqual([upload().plugin.codeHash]);
  });

  test('knows of a plugin that is stopped, also if it forgot everything since', async () => {
    const fixture = await foundWorkspace();
    const { block, root } = fixture;
    await block.installPlugin(root, upload());
    await block.stopPlugin(root, 'stats');
    const revision = (await block.describe())?.revision;
    await evictDurableObject(stubOf(fixture));
    expect(await laneRows(fixture, 'SELECT * FROM withdrawn_plugins')).toEqual([
      { plugin: 'stats', revision },
    ]);
    expect(await isolatesOf(fixture)).toEqual([]);
  });

  test('hardens code of older rules anew, once, and the workspace keeps it', async () => {
    const fixture = await foundWorkspace();
    const { block, root, id } = fixture;
    const { plugin } = upload();
    await block.installPlugin(root, upload());
    await rowsOf(fixture, 'UPDATE code_forms SET hardening_version = 0');
    const lane = bindings.WASM_LANES.getByName(id);
    await lane.retireVersions([{ plugin: 'stats', codeHash: plugin.codeHash }]);
    expect(await block.code(plugin.codeHash, FORM)).toMatchObject({ kind: 'original' });
    const { version, codeHash } = plugin;
    const start = { workspace: id, plugin: 'stats', version, codeHash };
    expect(await lane.startPlugin({ ...start, limits: plugin.wasm! })).toBe('started');
    expect(await block.code(plugin.codeHash, FORM)).toMatchObject({ kind: 'hardened' });
    expect(await rowsOf(fixture, 'SELECT hardening_version FROM code_forms')).toEqual([
      { hardening_version: HARDENING_VERSION },
    ]);
  });
});
