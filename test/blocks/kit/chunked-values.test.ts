import { describe, expect, it } from 'vitest';
import { ChunkedValues, MAX_INLINE_CHARS } from '../../../src/blocks/kit/chunked-values.ts';
import { inScratchObject } from './scratch-object.ts';

async function withValues(use: (values: ChunkedValues, sql: SqlStorage) => void): Promise<void> {
  await inScratchObject(({ sql }) => {
    const values = new ChunkedValues(sql);
    values.createTable();
    use(values, sql);
  });
}

const countParts = (sql: SqlStorage): unknown =>
  sql.exec('SELECT count(*) AS n FROM value_parts').one().n;

describe('ChunkedValues.spill()', () => {
  it('leaves text up to the limit in the column, and spills one character more', () =>
    withValues((values, sql) => {
      const longest = 'x'.repeat(MAX_INLINE_CHARS);
      expect(values.spill('a', longest)).toBe(longest);
      expect(countParts(sql)).toBe(0);
      expect(values.spill('a', `${longest}y`)).toBeNull();
      expect(values.unspill('a', null) === `${longest}y`).toBe(true);
    }));

  it('keeps no part beyond 1.5 MiB, even of three-byte characters', () =>
    withValues((values, sql) => {
      const text = '語'.repeat(1_500_000);
      expect(values.spill('a', text)).toBeNull();
      expect(values.unspill('a', null) === text).toBe(true);
      const longest = sql.exec('SELECT max(octet_length(body)) AS n FROM value_parts').one().n;
      expect(longest).toBeLessThanOrEqual(1_572_864);
    }));

  it('never cuts a surrogate pair', () =>
    withValues((values) => {
      for (const lead of ['', 'x']) {
        const text = lead + '😀'.repeat(600_000);
        values.delete('a');
        values.spill('a', text);
        expect(values.unspill('a', null) === text).toBe(true);
      }
    }));

  it('is undone with the transaction around it', () =>
    inScratchObject((storage) => {
      const values = new ChunkedValues(storage.sql);
      values.createTable();
      expect(() =>
        storage.transactionSync(() => {
          values.spill('a', 'x'.repeat(2_000_000));
          throw new Error('no');
        }),
      ).toThrow('no');
      expect(countParts(storage.sql)).toBe(0);
    }));
});

describe('ChunkedValues.unspill()', () => {
  it('throws rather than inventing a value whose parts are gone', () =>
    withValues((values) => {
      expect(() => values.unspill('a', null)).toThrow(
        'Cannot read value "a": its parts must be stored',
      );
    }));
});

describe('ChunkedValues.putBytes()', () => {
  it.each([0, 1, 1_048_575, 1_048_576, 1_048_577, 3_500_000])('returns all %i bytes', (length) =>
    withValues((values) => {
      const bytes = Uint8Array.from({ length }, (_, index) => index % 251);
      values.putBytes('a', bytes);
      const read = values.bytes('a');
      expect(read?.length).toBe(length);
      expect(read?.every((byte, index) => byte === index % 251)).toBe(true);
    }),
  );

  it('stores only the view that it is given, not the buffer behind it', () =>
    withValues((values) => {
      values.putBytes('a', new Uint8Array([1, 2, 3, 4]).subarray(1, 3));
      expect(values.bytes('a')).toEqual(new Uint8Array([2, 3]));
    }));

  it('replaces what was there, and deletes it without a trace', () =>
    withValues((values, sql) => {
      values.putBytes('a', new Uint8Array(3_000_000));
      values.putBytes('a', new Uint8Array([7]));
      expect(values.bytes('a')).toEqual(new Uint8Array([7]));
      values.delete('a');
      expect(values.bytes('a')).toBeUndefined();
      expect(countParts(sql)).toBe(0);
    }));
});
