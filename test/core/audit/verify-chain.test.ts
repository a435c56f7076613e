import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AuditRecord, chainRecord } from '../../../src/core/audit/chain.ts';
import { startVerification, verifyPage } from '../../../src/core/audit/verify-chain.ts';
import { chain, event, sha256 } from './chain-builder.ts';

const SOURCES = ['a', 'b', 'a', 'a', 'b', 'c'];

/** Verifies in pages of the given size, as a block does. */
function verify(records: readonly AuditRecord[], pageSize = 2) {
  let state = startVerification();
  for (let at = 0; at < records.length; at += pageSize) {
    const { progress, firstBad } = verifyPage(state, records.slice(at, at + pageSize), sha256);
    if (firstBad !== undefined) return { count: progress.count, firstBad };
    state = progress;
  }
  return { count: state.count, head: state.head };
}

/** Chains the records anew from `from` on, as who can write the storage would. */
function rechain(records: readonly AuditRecord[], from: number): AuditRecord[] {
  const fresh = [...records];
  for (let index = from; index < fresh.length; index++) {
    const previousHash = fresh[index - 1]?.hash ?? fresh[index]!.previousHash;
    fresh[index] = chainRecord({ ...fresh[index]!, previousHash }, sha256);
  }
  return fresh;
}

describe('verifyPage()', () => {
  test.each([1, 2, 5, 100])('holds for an untouched chain in pages of %i', (pageSize) => {
    const records = chain(SOURCES);
    expect(verify(records, pageSize)).toEqual({ count: 6, head: records.at(-1)?.hash });
  });

  test('holds for an empty chain', () => {
    expect(verify([]).count).toBe(0);
  });

  test('names a record whose event was changed', () => {
    const records = chain(SOURCES);
    records[3] = { ...records[3]!, event: event(999) };
    expect(verify(records).firstBad).toEqual({ seq: 4, problem: 'hash' });
  });

  test('names the next record when the hash was changed along with the event', () => {
    const records = chain(SOURCES);
    records[3] = chainRecord({ ...records[3]!, event: event(999) }, sha256);
    expect(verify(records).firstBad).toEqual({ seq: 5, problem: 'link' });
  });

  test('names a record that was taken out', () => {
    const records = chain(SOURCES).toSpliced(2, 1);
    expect(verify(records).firstBad).toEqual({ seq: 3, problem: 'missing' });
  });

  test('names a gap in a source though the chain was written anew', () => {
    const records = chain(SOURCES).toSpliced(2, 1);
    const renumbered = records.map((record, index) => ({ ...record, seq: index + 1 }));
    expect(verify(rechain(renumbered, 2)).firstBad).toEqual({ seq: 3, problem: 'gap' });
  });

  test('names a record that was put in', () => {
    const records = chain(SOURCES);
    expect(verify(records.toSpliced(2, 0, records[1]!)).firstBad).toEqual({
      seq: 3,
      problem: 'missing',
    });
  });

  test('names a first record that does not begin the chain', () => {
    expect(verify(chain(SOURCES).slice(1)).firstBad).toEqual({ seq: 1, problem: 'missing' });
  });

  test('finds any single change, and never in front of it', () => {
    const field = fc.constantFrom('seq', 'source', 'sourceSeq', 'previousHash', 'hash');
    fc.assert(
      fc.property(fc.nat({ max: 5 }), field, (index, name) => {
        const records = chain(SOURCES);
        const old = records[index]![name];
        const changed = typeof old === 'number' ? old + 1 : `${old.slice(1)}0x`;
        records[index] = { ...records[index]!, [name]: changed };
        const { firstBad } = verify(records);
        expect(firstBad?.seq).toBeGreaterThanOrEqual(index + 1);
      }),
    );
  });
});
