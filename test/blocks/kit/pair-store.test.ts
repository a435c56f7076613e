import { describe, expect, it } from 'vitest';
import { Changes } from '../../../src/blocks/kit/changes.ts';
import { ChunkedValues } from '../../../src/blocks/kit/chunked-values.ts';
import { PairStore } from '../../../src/blocks/kit/pair-store.ts';
import { Tables } from '../../../src/blocks/kit/tables.ts';
import type { BlockSignal } from '../../../src/core/blocks/block-signal.ts';
import { UNTRUSTED_LABEL } from '../../../src/core/policy/labels.ts';
import { inScratchObject } from './scratch-object.ts';

const message = (body: string | Uint8Array): BlockSignal => ({
  kind: 'message',
  envelope: { messageId: 'msg_1', body, label: UNTRUSTED_LABEL },
});

interface Life {
  readonly pairs: PairStore;
  readonly transact: <T>(change: () => T) => T;
}

/** The store as an object finds it that has just come to life on this storage. */
function wake(storage: DurableObjectStorage): Life {
  const { sql } = storage;
  const tables = new Tables(sql);
  const changes = new Changes(storage, {
    forgetMemory: () => {
      tables.forget();
      pairs.forget();
    },
    late: 'when-asked',
    flush: () => pairs.flush(),
  });
  const pairs = new PairStore({
    sql,
    tables,
    chunks: new ChunkedValues(sql, tables),
    writeLate: (write) => changes.writeLate(write),
  });
  return { pairs, transact: (change) => changes.make(change) };
}

const inLives = (use: (wakeUp: () => Life, sql: SqlStorage) => void): Promise<void> =>
  inScratchObject((storage) => use(() => wake(storage), storage.sql));

const seqs = (pairs: PairStore, peer: string, limit = 100): number[] =>
  pairs.unsent(peer, limit).map(({ seq }) => seq);

const countOf = (sql: SqlStorage, table: string): number =>
  sql.exec<{ count: number }>(`SELECT count(*) AS count FROM ${table}`).one().count;

describe('what is said', () => {
  it('is numbered from 1 for each peer, and unsent until it was heard', () =>
    inLives((wakeUp) => {
      const { pairs, transact } = wakeUp();
      expect(transact(() => [1, 2, 3].map(() => pairs.say('a', message('1'))))).toEqual([1, 2, 3]);
      expect(transact(() => pairs.say('b', message('1')))).toBe(1);
      pairs.forgetSent('a', 2);
      expect([seqs(pairs, 'a'), seqs(pairs, 'b')]).toEqual([[3], [1]]);
      expect(pairs.peersToTell().sort()).toEqual(['a', 'b']);
      pairs.forgetSent('a', 3);
      pairs.forgetSent('b', 1);
      expect(pairs.hasUnsent()).toBe(false);
    }));

  it('is there again after a restart, and what was heard but not deleted yet is told again', () =>
    inLives((wakeUp) => {
      const first = wakeUp();
      first.transact(() => first.pairs.say('a', message('"x"')));
      first.pairs.forgetSent('a', 1);
      const second = wakeUp();
      expect(second.pairs.unsent('a', 10)).toEqual([{ seq: 1, signal: message('"x"') }]);
    }));

  it('is deleted by the next transaction once it was heard', () =>
    inLives((wakeUp, sql) => {
      const { pairs, transact } = wakeUp();
      transact(() => pairs.say('a', message('1')));
      pairs.forgetSent('a', 1);
      expect(countOf(sql, 'unsent')).toBe(1);
      transact(() => {});
      expect(countOf(sql, 'unsent')).toBe(0);
    }));

  it('is taken back with its transaction, and so is that it was heard', () =>
    inLives((wakeUp, sql) => {
      const { pairs, transact } = wakeUp();
      transact(() => pairs.say('a', message('1')));
      pairs.forgetSent('a', 1);
      const fail = () =>
        transact(() => {
          pairs.say('a', message('2'));
          throw new Error('no');
        });
      expect(fail).toThrow('no');
      expect(seqs(pairs, 'a')).toEqual([]);
      transact(() => {});
      expect(countOf(sql, 'unsent')).toBe(0);
    }));

  it.each([
    ['short', JSON.stringify('x')],
    ['longer than memory holds', JSON.stringify('x'.repeat(10_000))],
    ['longer than a row', JSON.stringify('x'.repeat(300_000))],
    ['bytes', new Uint8Array([0, 1, 255])],
  ])('comes back as it was: %s', (_, body) =>
    inLives((wakeUp, sql) => {
      const { pairs, transact } = wakeUp();
      transact(() => pairs.say('a', message(body)));
      expect(pairs.unsent('a', 1)).toEqual([{ seq: 1, signal: message(body) }]);
      const later = wakeUp();
      expect(later.pairs.unsent('a', 1)).toEqual([{ seq: 1, signal: message(body) }]);
      later.pairs.forgetSent('a', 1);
      later.transact(() => {});
      expect(countOf(sql, 'unsent')).toBe(0);
      const parts = new Tables(sql).has('value_parts') ? countOf(sql, 'value_parts') : 0;
      expect(parts).toBe(0);
    }),
  );

  it('keeps its order beyond what memory holds', () =>
    inLives((wakeUp) => {
      const { pairs, transact } = wakeUp();
      transact(() => {
        for (let said = 0; said < 1_100; said++) pairs.say('a', message('1'));
      });
      expect(seqs(pairs, 'a', 3)).toEqual([1, 2, 3]);
      pairs.forgetSent('a', 1_050);
      expect(seqs(pairs, 'a')).toEqual(Array.from({ length: 50 }, (_, index) => 1_051 + index));
    }));
});

describe('numbers', () => {
  it('are never given twice, though all that was said has been deleted', () =>
    inLives((wakeUp) => {
      const first = wakeUp();
      first.transact(() => first.pairs.say('a', message('1')));
      first.pairs.forgetSent('a', 1);
      first.transact(() => {});
      const second = wakeUp();
      expect(second.transact(() => second.pairs.say('a', message('1')))).toBeGreaterThan(1);
    }));

  it('are taken from a stock that is stored before the first of them', () =>
    inLives((wakeUp) => {
      const first = wakeUp();
      expect(first.pairs.hasStock('a', 1)).toBe(false);
      const taken = first.transact(() => first.pairs.take('a', 2));
      expect(taken).toBe(1);
      expect(first.pairs.hasStock('a', 1)).toBe(true);
      const next = first.pairs.take('a', 1);
      expect(next).toBe(3);
      // The object is lost: who knows how many it gave.
      const second = wakeUp();
      expect(second.pairs.hasStock('a', 1)).toBe(false);
      expect(second.transact(() => second.pairs.take('a', 1))).toBeGreaterThan(next);
    }));

  it('go on after those of rows that are still there', () =>
    inLives((wakeUp) => {
      const first = wakeUp();
      first.transact(() => first.pairs.say('a', message('1')));
      const second = wakeUp();
      expect(second.transact(() => second.pairs.say('a', message('2')))).toBe(2);
      expect(seqs(second.pairs, 'a')).toEqual([1, 2]);
    }));

  it('that were taken can be stored later on, in their place', () =>
    inLives((wakeUp) => {
      const { pairs, transact } = wakeUp();
      const seq = transact(() => pairs.take('a', 1));
      const after = transact(() => pairs.say('a', message('2')));
      transact(() => pairs.keep('a', [{ seq, signal: message('1') }]));
      expect(pairs.unsent('a', 10)).toEqual([
        { seq, signal: message('1') },
        { seq: after, signal: message('2') },
      ]);
    }));
});

describe('what was heard', () => {
  it('is remembered from the transaction on that dealt with it', () =>
    inLives((wakeUp) => {
      const first = wakeUp();
      const fail = () =>
        first.transact(() => {
          first.pairs.setHeard('a', 5);
          throw new Error('no');
        });
      expect(fail).toThrow('no');
      expect(first.pairs.heard('a')).toBe(0);
      first.transact(() => first.pairs.setHeard('a', 3));
      expect([first.pairs.heard('a'), wakeUp().pairs.heard('a')]).toEqual([3, 3]);
    }));

  it('is kept for more peers than memory holds, also within one transaction', () =>
    inLives((wakeUp) => {
      const { pairs, transact } = wakeUp();
      const peers = Array.from({ length: 2_100 }, (_, index) => `p${index}`);
      transact(() => {
        for (const peer of peers) pairs.setHeard(peer, 7);
        expect(peers.every((peer) => pairs.heard(peer) === 7)).toBe(true);
      });
      const later = wakeUp().pairs;
      expect(peers.every((peer) => later.heard(peer) === 7)).toBe(true);
    }));
});
