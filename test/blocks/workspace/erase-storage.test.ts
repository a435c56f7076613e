import { describe, expect, test } from 'vitest';
import type { StorageAnswer } from '../../../src/blocks/storage/storage-api.ts';
import { openStorage } from '../../../src/blocks/storage/storage-client.ts';
import { PRINCIPAL_LABEL } from '../../../src/core/policy/labels.ts';
import {
  bindings,
  evict,
  type Fixture,
  foundWorkspace,
  inside,
  ring,
  rowsOf,
  upload,
} from './workspace-fixture.ts';

const KEY = new TextEncoder().encode('note');

const revisionOf = async ({ block }: Fixture) => (await block.describe())?.revision ?? 0;

async function perform(fixture: Fixture, kind: 'set' | 'get', revision?: number) {
  const storage = openStorage(bindings, fixture.id, 'stats');
  const request = kind === 'get' ? { kind, key: KEY } : { kind, key: KEY, value: KEY };
  const at = revision ?? (await revisionOf(fixture));
  return (await storage.perform(request, at, PRINCIPAL_LABEL)).answer;
}

const NOTHING: StorageAnswer = { kind: 'value', value: undefined };
const NOTE: StorageAnswer = { kind: 'value', value: KEY };

/** As after a crash between the deletion and the erasure. */
async function leaveErasure(fixture: Fixture): Promise<void> {
  const revision = await revisionOf(fixture);
  await inside(fixture, (_, sql) => {
    sql.exec('INSERT INTO erasures VALUES (?, ?)', 'stats', revision);
    sql.exec('INSERT INTO timers VALUES (?, ?, 0)', 'erase', Date.now() + 60_000);
  });
  await evict(fixture);
}

describe('what a plugin has stored', () => {
  test('stays when it is stopped, upgraded or installed again', async () => {
    const fixture = await foundWorkspace();
    const { block, root } = fixture;
    await block.installPlugin(root, upload());
    await perform(fixture, 'set');
    await block.stopPlugin(root, 'stats');
    await block.installPlugin(root, upload());
    await block.installPlugin(root, upload({ version: '1.1.0' }, 'module-2'));
    expect(await perform(fixture, 'get')).toEqual(NOTE);
  });

  test('goes with it: one of the same name finds nothing', async () => {
    const fixture = await foundWorkspace();
    const { block, root } = fixture;
    await block.installPlugin(root, upload());
    await perform(fixture, 'set');
    expect(await block.deletePlugin(root, 'stats')).toBe(true);
    expect(await perform(fixture, 'get')).toEqual(NOTHING);
    await block.installPlugin(root, upload());
    expect(await perform(fixture, 'get')).toEqual(NOTHING);
    expect(await rowsOf(fixture, 'SELECT * FROM erasures')).toEqual([]);
  });

  test('is out of reach for a call that was approved before', async () => {
    const fixture = await foundWorkspace();
    const { block, root } = fixture;
    await block.installPlugin(root, upload());
    const approvedAt = await revisionOf(fixture);
    await block.deletePlugin(root, 'stats');
    expect(await perform(fixture, 'set', approvedAt)).toEqual({ kind: 'erased' });
    await block.installPlugin(root, upload());
    expect(await perform(fixture, 'set', approvedAt)).toEqual({ kind: 'erased' });
    expect(await perform(fixture, 'get')).toEqual(NOTHING);
  });

  test('is erased by a timer where it was not at once', async () => {
    const fixture = await foundWorkspace();
    await perform(fixture, 'set');
    await leaveErasure(fixture);
    await ring(fixture, 'erase');
    expect(await perform(fixture, 'get')).toEqual(NOTHING);
    expect(await rowsOf(fixture, 'SELECT * FROM erasures')).toEqual([]);
    expect(await rowsOf(fixture, "SELECT * FROM timers WHERE name = 'erase'")).toEqual([]);
  });

  test('is erased before another one of that name is installed', async () => {
    const fixture = await foundWorkspace();
    const { block, root } = fixture;
    await perform(fixture, 'set');
    await leaveErasure(fixture);
    await block.installPlugin(root, upload());
    expect(await perform(fixture, 'get')).toEqual(NOTHING);
    expect(await rowsOf(fixture, 'SELECT * FROM erasures')).toEqual([]);
  });
});
