import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AuditRecord, chainRecord, GENESIS } from '../../../src/core/audit/chain.ts';
import { toCheckpointLine } from '../../../src/core/audit/export-line.ts';
import { chain, event, sha256 } from './chain-builder.ts';
import { createKey, exportOf, KEY, noteOf, verifyLines } from './export-builder.ts';

const RECORDS = chain(['a', 'b', 'a', 'a', 'c', 'b', 'a', 'c']);
const LINES = exportOf(RECORDS, [3, 8]);

/** Where record `seq` stands: after the heading, and one checkpoint from the fourth on. */
const lineOf = (seq: number) => seq + (seq > 3 ? 1 : 0);

const without = (at: number) => LINES.filter((_, index) => index !== at);
const replaced = (at: number, line: string) =>
  LINES.map((old, index) => (index === at ? line : old));

/** The same chain from `seq` on, with another event there and every hash made anew. */
function rewritten(seq: number): AuditRecord[] {
  let previousHash = GENESIS;
  return RECORDS.map((record) => {
    const changed = record.seq === seq ? { ...record, event: event(999) } : record;
    const made = chainRecord({ ...changed, previousHash }, sha256);
    previousHash = made.hash;
    return made;
  });
}

describe('ExportVerifier', () => {
  test('finds nothing wrong with what nobody has changed', () => {
    expect(verifyLines(LINES)).toBeUndefined();
  });

  test('names the record in which any one bit was flipped', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: RECORDS.length }),
        fc.nat(),
        fc.integer({ min: 0, max: 6 }),
        (seq, at, bit) => {
          const bytes = Buffer.from(LINES[lineOf(seq)] ?? '');
          bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ (1 << bit);
          const bad = verifyLines(replaced(lineOf(seq), bytes.toString('latin1')));
          // A number that was changed says which record is missing, or there twice.
          expect(bad?.line).toBe(lineOf(seq) + 1);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('names the first record that was dropped', () => {
    for (const { seq } of RECORDS.slice(0, -1)) {
      expect(verifyLines(without(lineOf(seq)))).toMatchObject(
        // The checkpoint comes next.
        seq === 3 ? { problem: 'checkpoint', seq: 2, holdsTo: 0 } : { problem: 'missing', seq },
      );
    }
  });

  test('names the end that was cut off', () => {
    expect(verifyLines(LINES.slice(0, 1))).toMatchObject({ problem: 'end', seq: 1 });
    expect(verifyLines(LINES.slice(0, -1))).toMatchObject({ problem: 'end', seq: 4 });
    expect(verifyLines(without(lineOf(8)))).toMatchObject({ problem: 'checkpoint', seq: 7 });
    expect(verifyLines([...LINES, LINES[1] ?? ''])).toMatchObject({ problem: 'inserted', seq: 1 });
  });

  test('names the first of two that were swapped', () => {
    const [second = '', third = ''] = [LINES[2], LINES[3]];
    const swapped = replaced(2, third).map((line, index) => (index === 3 ? second : line));
    expect(verifyLines(swapped)).toMatchObject({ problem: 'missing', seq: 2, line: 3 });
  });

  test('names a record that was inserted', () => {
    const twice = LINES.toSpliced(lineOf(5) + 1, 0, LINES[lineOf(5)] ?? '');
    expect(verifyLines(twice)).toMatchObject({ problem: 'inserted', seq: 5, line: 8 });
    const forged = (LINES[lineOf(5)] ?? '').replace('"seq":5', '"seq":6');
    const lines = LINES.toSpliced(lineOf(5) + 1, 0, forged);
    expect(verifyLines(lines)).toMatchObject({ problem: 'link', seq: 6, line: 8 });
  });

  test('says between which checkpoints a chain was written anew', () => {
    const forged = exportOf(rewritten(5), [3, 8]);
    const kept = forged.map((line, at) => (line.includes('checkpoint') ? (LINES[at] ?? '') : line));
    expect(verifyLines(kept)).toMatchObject({ problem: 'checkpoint', seq: 8, holdsTo: 3 });
  });

  test('believes no checkpoint of another workspace, and none whose text or signature was changed', () => {
    const foreign = toCheckpointLine(noteOf(RECORDS, { workspace: 'other' }));
    const bad = { problem: 'signature', line: LINES.length };
    expect(verifyLines(replaced(LINES.length - 1, foreign))).toMatchObject(bad);
    const last = LINES.at(-1) ?? '';
    const later = last.replace('at 1795345200000', 'at 1795345200001');
    expect(verifyLines(replaced(LINES.length - 1, later))).toMatchObject(bad);
    const signed = last.replace(/.(==?\\n)/, (_, end) => `A${end}`);
    expect(verifyLines(replaced(LINES.length - 1, signed))).toMatchObject(bad);
  });

  describe('with checkpoints that somebody has kept', () => {
    const kept = [noteOf(RECORDS.slice(0, 2)), noteOf(RECORDS)];

    test('finds nothing wrong with an audit that goes on from them', () => {
      expect(verifyLines(LINES, { kept })).toBeUndefined();
    });

    test('tells that the end was cut off where it was signed', () => {
      const cut = LINES.slice(0, lineOf(4));
      expect(verifyLines(cut)).toBeUndefined();
      expect(verifyLines(cut, { kept })).toMatchObject({ problem: 'kept', seq: 4 });
    });

    test('tells another history, whoever has signed it', () => {
      const bad = { problem: 'kept', seq: 2, line: 3 };
      expect(verifyLines(exportOf(rewritten(1), [8]), { kept })).toMatchObject(bad);
      expect(verifyLines(exportOf(rewritten(3), [8]), { kept })).toMatchObject({ seq: 8 });
    });
  });

  describe('after the key was changed', () => {
    const next = createKey();
    const changed = LINES.with(-1, toCheckpointLine(noteOf(RECORDS, { key: next })));

    test('holds with both keys, and with neither alone', () => {
      expect(verifyLines(changed, { keys: [next, KEY] })).toBeUndefined();
      const bad = { problem: 'signature' };
      for (const keys of [[next], [KEY], [next, createKey()]]) {
        expect(verifyLines(changed, { keys })).toMatchObject(bad);
      }
    });

    test('ends with the newest key: who has the one before writes no end', () => {
      const keys = [next, KEY];
      expect(verifyLines(LINES, { keys })).toMatchObject({ problem: 'signature' });
    });
  });

  test.each(['', '{}', '[]', 'null', '{"event":', '{"format":"sallyport-audit/1"}', '\ufffd'])(
    'takes the line %j for no record',
    (line) => {
      expect(verifyLines(replaced(2, line))).toMatchObject({ problem: 'unreadable', seq: 2 });
    },
  );

  describe('with records that were kept for long enough', () => {
    const stub = { action: 'tool-call', actor: 'expired', at: 1, decision: 'allowed' } as const;
    const expire = (records: readonly AuditRecord[], ...seqs: readonly number[]): AuditRecord[] =>
      records.map((record) =>
        seqs.includes(record.seq) ? { ...record, event: stub, expired: true } : record,
      );
    const last = RECORDS.at(-1);
    const declared = [
      ...RECORDS,
      chainRecord(
        {
          ...{ seq: 9, source: 'audit', sourceSeq: 1, previousHash: last?.hash ?? '' },
          event: { ...event(9), action: 'records-expired', actor: 'gateway', count: 2 },
        },
        sha256,
      ),
    ];

    test('holds where the record itself says how many', () => {
      expect(verifyLines(exportOf(expire(declared, 2, 5), [9]))).toBeUndefined();
    });

    test('does not hold where more are forgotten than it says', () => {
      const lines = exportOf(expire(declared, 2, 5, 6), [9]);
      expect(verifyLines(lines)).toMatchObject({ problem: 'expired' });
      expect(verifyLines(exportOf(expire(RECORDS, 2), [8]))).toMatchObject({ problem: 'expired' });
    });

    test('believes no count in a record that is itself forgotten', () => {
      const [first] = exportOf(expire(RECORDS, 2), [8]).filter((line) =>
        line.includes('"expired"'),
      );
      const claim = '{"event":{"action":"records-expired","actor":"gateway","at":1,"count":9,';
      const forged = (first ?? '').replace(
        '{"event":{"action":"tool-call","actor":"expired","at":1,',
        claim,
      );
      const lines = exportOf(expire(RECORDS, 2), [8]).with(2, forged);
      expect(verifyLines(lines)).toMatchObject({ problem: 'expired' });
    });
  });
});
