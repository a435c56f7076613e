import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import type { DirectoryBlock } from '../../../src/blocks/directory/directory-block.ts';
import { MAX_GROUPS, MAX_NAMES } from '../../../src/blocks/directory/directory-block.ts';
import { randomHex } from '../../../src/blocks/kit/keys.ts';
import type { BlockId } from '../../../src/core/primitives/ids.ts';

interface Bindings {
  readonly DIRECTORIES: DurableObjectNamespace<DirectoryBlock>;
}

const freshDirectory = () =>
  (env as unknown as Bindings).DIRECTORIES.getByName(`w-${randomHex(6)}`);

const [ann, bob] = ['blk_ann', 'blk_bob'] as BlockId[] as [BlockId, BlockId];

/** So many names or groups of a block, without asking for each. */
const fill = (
  directory: DurableObjectStub<DirectoryBlock>,
  into: { table: 'names' | 'members'; columns: string; values: string },
  count: number,
) =>
  runInDurableObject(directory, (_, { storage }) => {
    storage.sql.exec(
      `INSERT INTO ${into.table} (${into.columns})
       WITH RECURSIVE more (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM more WHERE n < ?)
       SELECT ${into.values} FROM more`,
      count,
    );
  });

describe('a block', () => {
  test('has a bound on its names, and keeps those it has', async () => {
    const directory = freshDirectory();
    const names = { table: 'names', columns: 'name, block, free_at' } as const;
    await fill(directory, { ...names, values: `'n' || n, '${ann}', 0` }, MAX_NAMES - 1);
    expect(await directory.register('last', ann)).toBe('held');
    expect(await directory.register('one-more', ann)).toBe('too-many');
    expect(await directory.register('last', ann)).toBe('held');
    expect(await directory.register('last', bob)).toBe('taken');
    expect(await directory.register('one-more', bob)).toBe('held');
    await directory.unregister('n1', ann);
    expect(await directory.register('n1', ann)).toBe('held');
  });

  test('has no name for long that it never confirmed, and none of them is kept', async () => {
    const directory = freshDirectory();
    const names = { table: 'names', columns: 'name, block, free_at' } as const;
    await fill(directory, { ...names, values: `'n' || n, '${ann}', 1` }, 500);
    expect(await directory.register('now', ann)).toBe('held');
    const left = await runInDurableObject(directory, (_, { storage }) =>
      storage.sql.exec('SELECT name FROM names').toArray(),
    );
    expect(left).toEqual([{ name: 'now' }]);
  });

  test('is in so many groups at most, and stays in those it is in', async () => {
    const directory = freshDirectory();
    const groups = { table: 'members', columns: 'group_name, block' } as const;
    await fill(directory, { ...groups, values: `'g' || n, '${ann}'` }, MAX_GROUPS - 1);
    expect(await directory.join('last', ann)).toBe(true);
    expect(await directory.join('one-more', ann)).toBe(false);
    expect(await directory.join('last', ann)).toBe(true);
    expect(await directory.join('one-more', bob)).toBe(true);
    await directory.leave('g1', ann);
    expect(await directory.join('one-more', ann)).toBe(true);
  });
});
