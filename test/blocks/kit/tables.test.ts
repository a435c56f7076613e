import { describe, expect, it, vi } from 'vitest';
import { Tables } from '../../../src/blocks/kit/tables.ts';
import { inScratchObject } from './scratch-object.ts';

describe('Tables', () => {
  it('makes a table when it is first needed, and never twice', () =>
    inScratchObject(({ sql }) => {
      const tables = new Tables(sql);
      expect(tables.has('things')).toBe(false);
      tables.make('things', '(id INTEGER PRIMARY KEY)');
      tables.make('things', '(id INTEGER PRIMARY KEY)');
      expect(tables.has('things')).toBe(true);
      sql.exec('INSERT INTO things VALUES (1)');
    }));

  it('knows tables of an earlier life', () =>
    inScratchObject(({ sql }) => {
      new Tables(sql).make('things', '(id INTEGER PRIMARY KEY)');
      const create = vi.fn();
      const tables = new Tables(sql);
      tables.makeWith('things', create);
      expect([tables.has('things'), create.mock.calls.length]).toEqual([true, 0]);
    }));

  it('forgets a table whose making was rolled back', () =>
    inScratchObject((storage) => {
      const tables = new Tables(storage.sql);
      const fail = () =>
        storage.transactionSync(() => {
          tables.make('things', '(id INTEGER PRIMARY KEY)');
          throw new Error('no');
        });
      expect(fail).toThrow('no');
      tables.forget();
      expect(tables.has('things')).toBe(false);
    }));
});
