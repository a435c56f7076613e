import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import type { AuditBlock } from '../../../src/blocks/audit/audit-block.ts';
import type { AuditEvent } from '../../../src/core/audit/audit-event.ts';
import { GENESIS } from '../../../src/core/audit/chain.ts';

interface Bindings {
  readonly AUDITS: DurableObjectNamespace<AuditBlock>;
}

let count = 0;
const freshChain = () => (env as unknown as Bindings).AUDITS.getByName(`workspace-${++count}`);

const event = (at: number, extra: Partial<AuditEvent> = {}): AuditEvent => ({
  action: 'tool-call',
  decision: 'allowed',
  at,
  actor: 'user:alice',
  ...extra,
});

const tamper = (chain: DurableObjectStub<AuditBlock>, sql: string) =>
  runInDurableObject(chain, (_, state) => {
    state.storage.sql.exec(sql);
  });

describe('append()', () => {
  test('chains events of several sources in the order of arrival', async () => {
    const chain = freshChain();
    expect(await chain.append('a', 1, [event(1), event(2)])).toBe(2);
    expect(await chain.append('b', 1, [event(3)])).toBe(1);
    expect(await chain.append('a', 3, [event(4)])).toBe(3);
    const { records } = await chain.query({ after: 0, limit: 10 });
    expect(records.map(({ seq, source, sourceSeq }) => [seq, source, sourceSeq])).toEqual([
      [1, 'a', 1],
      [2, 'a', 2],
      [3, 'b', 1],
      [4, 'a', 3],
    ]);
    expect(records[0]?.previousHash).toBe(GENESIS);
    expect(records[1]?.previousHash).toBe(records[0]?.hash);
  });

  test('absorbs numbers that it knows, also where only some are new', async () => {
    const chain = freshChain();
    await chain.append('a', 1, [event(1), event(2)]);
    expect(await chain.append('a', 1, [event(1), event(2)])).toBe(2);
    expect(await chain.append('a', 2, [event(2), event(3)])).toBe(3);
    expect(await chain.verify()).toMatchObject({ ok: true, count: 3 });
  });

  test('goes on from what comes in at the same moment, also from the same source', async () => {
    const chain = freshChain();
    const held = await Promise.all([
      chain.append('a', 1, [event(1)]),
      chain.append('b', 1, [event(2)]),
      chain.append('a', 2, [event(3), event(4)]),
    ]);
    expect(held).toEqual([1, 1, 3]);
    expect(await chain.verify()).toMatchObject({ ok: true, count: 4 });
    await evictDurableObject(chain);
    expect(await chain.append('a', 4, [event(5)])).toBe(4);
    expect(await chain.verify()).toMatchObject({ ok: true, count: 5 });
  });

  test('adds nothing of what cannot be hashed, and what comes with it from elsewhere', async () => {
    const chain = freshChain();
    const [broken, other] = await Promise.allSettled([
      chain.append('a', 1, [event(1), event(2, { durationMs: Number.NaN })]),
      chain.append('b', 1, [event(3)]),
    ]);
    expect([broken.status, other.status]).toEqual(['rejected', 'fulfilled']);
    expect(await chain.append('a', 1, [event(1)])).toBe(1);
    const { records } = await chain.query({ after: 0, limit: 10 });
    expect(records.map(({ source, sourceSeq }) => [source, sourceSeq])).toEqual([
      ['b', 1],
      ['a', 1],
    ]);
    expect(await chain.verify()).toMatchObject({ ok: true, count: 2 });
  });

  test('is not stopped by a text that has no UTF-8', async () => {
    const chain = freshChain();
    expect(await chain.append('a', 1, [event(1, { reason: 'half \ud800 pair' })])).toBe(1);
    expect(await chain.verify()).toMatchObject({ ok: true, count: 1 });
  });

  test('verifies once for all who ask meanwhile, and then with all that was there', async () => {
    const chain = freshChain();
    await chain.append('a', 1, [event(1)]);
    const reads = await runInDurableObject(chain, async (block) => {
      const first = block.verify();
      await block.append('a', 2, [event(2)]);
      const others = Array.from({ length: 20 }, () => block.verify());
      const answers = await Promise.all([first, ...others]);
      return { counts: answers.map(({ count }) => count), runs: new Set(others).size };
    });
    expect(reads.counts.slice(1)).toEqual(Array.from({ length: 20 }, () => 2));
    expect(reads.runs).toBe(1);
  });

  test('chains what arrives while it is being verified', async () => {
    const chain = freshChain();
    const events = Array.from({ length: 1_200 }, (_, at) => event(at));
    await chain.append('a', 1, events);
    const [verified] = await Promise.all([chain.verify(), chain.append('b', 1, events)]);
    expect(verified.ok).toBe(true);
    expect(await chain.verify()).toMatchObject({ ok: true, count: 2_400 });
  });

  test('refuses a gap, and stores nothing of it', async () => {
    const chain = freshChain();
    await chain.append('a', 1, [event(1)]);
    await runInDurableObject(chain, async (block) => {
      await expect(block.append('a', 3, [event(3)])).rejects.toMatchObject({
        code: 'audit_unavailable',
      });
    });
    expect(await chain.verify()).toMatchObject({ ok: true, count: 1 });
  });

  test('goes on where it was after the object was evicted', async () => {
    const chain = freshChain();
    await chain.append('a', 1, [event(1)]);
    await evictDurableObject(chain);
    await chain.append('a', 2, [event(2)]);
    expect(await chain.verify()).toMatchObject({ ok: true, count: 2 });
  });
});

describe('query()', () => {
  test('pages through what fits, oldest first', async () => {
    const chain = freshChain();
    const events = Array.from({ length: 5 }, (_, at) =>
      event(at, { decision: at % 2 === 0 ? 'allowed' : 'denied' }),
    );
    await chain.append('a', 1, events);
    const first = await chain.query({ after: 0, limit: 2, decision: 'allowed' });
    expect(first.records.map(({ event }) => event.at)).toEqual([0, 2]);
    const second = await chain.query({ after: first.next ?? 0, limit: 2, decision: 'allowed' });
    expect(second.records.map(({ event }) => event.at)).toEqual([4]);
    expect(second.next).toBeUndefined();
  });

  test('searches a part of a long chain at a time, and says where to go on', async () => {
    const chain = freshChain();
    await chain.append('a', 1, [event(0, { sessionId: 'first', action: 'turn-failed' })]);
    // More records than one search looks at, in no time: nobody verifies this chain.
    const fill = (upTo: number) =>
      tamper(
        chain,
        `INSERT INTO records (seq, source, source_seq, event, previous_hash, hash)
         WITH RECURSIVE more (seq) AS (
           SELECT max(seq) + 1 FROM records UNION ALL SELECT seq + 1 FROM more WHERE seq < ${upTo})
         SELECT seq, 'b', seq, '{"action":"tool-call","decision":"allowed","actor":"user:bob"}',
           hex(zeroblob(32)), hex(zeroblob(32)) FROM more`,
      );
    await fill(20_000);
    const looked = { limit: 5, sessionId: 'nowhere' };
    expect(await chain.query({ after: 0, ...looked })).toEqual({ records: [], next: 20_000 });
    expect(await chain.query({ after: 1, ...looked })).toEqual({ records: [] });
    await fill(20_001);
    expect(await chain.query({ after: 1, ...looked })).toEqual({ records: [], next: 20_001 });
    const found = await chain.query({ after: 0, limit: 5, sessionId: 'first' });
    expect(found).toMatchObject({ records: [{ seq: 1 }], next: 20_000 });
    // What an index finds is found at once, wherever it is.
    const failed = { after: 0, limit: 5, action: 'turn-failed', decision: 'allowed' };
    expect(await chain.query(failed)).toMatchObject({ records: [{ seq: 1 }] });
    expect(await chain.query(failed)).not.toHaveProperty('next');
    // Of two indexes that one answers which leaves few.
    const busy = { after: 0, limit: 5, actor: 'user:bob' };
    expect(await chain.query({ ...busy, action: 'turn-failed' })).toEqual({ records: [] });
    const both = { ...busy, action: 'tool-call', sessionId: 'nowhere' };
    expect(await chain.query(both)).toEqual({ records: [], next: 20_001 });
    expect(await chain.query({ ...both, after: 20_000 })).toEqual({ records: [] });
    // So is what is young, where the young ones are not too many.
    await chain.append('a', 2, [event(7_000), event(8_000, { sessionId: 'late' })]);
    const late = { after: 0, limit: 5, sessionId: 'late' };
    expect(await chain.query({ ...late, from: 7_000 })).toMatchObject({
      records: [{ seq: 20_003 }],
    });
    expect(await chain.query({ ...late, from: 7_000 })).not.toHaveProperty('next');
    expect(await chain.query({ ...late, from: 8_001 })).toEqual({ records: [] });
    expect(await chain.query({ ...late, from: 0 })).toEqual({ records: [], next: 20_000 });
  });
});

describe('verify()', () => {
  test('holds for an empty chain', async () => {
    expect(await freshChain().verify()).toEqual({ ok: true, count: 0, head: GENESIS });
  });

  test('holds over more than one page', async () => {
    const chain = freshChain();
    await chain.append(
      'a',
      1,
      Array.from({ length: 1_500 }, (_, at) => event(at)),
    );
    expect(await chain.verify()).toMatchObject({ ok: true, count: 1_500 });
  });

  test.each([
    [
      'a changed event',
      "UPDATE records SET event = replace(event, 'alice', 'mallory') WHERE seq = 3",
      3,
      'hash',
    ],
    ['a changed hash', `UPDATE records SET hash = '${'f'.repeat(64)}' WHERE seq = 3`, 3, 'hash'],
    ['a removed record', 'DELETE FROM records WHERE seq = 3', 3, 'missing'],
    ['a changed link', `UPDATE records SET previous_hash = '${GENESIS}' WHERE seq = 3`, 3, 'link'],
    ['a cut end', 'DELETE FROM records WHERE seq = 5', 5, 'checkpoint'],
    [
      'a forged checkpoint',
      `UPDATE checkpoints SET signature = '${'0'.repeat(64)}'`,
      6,
      'checkpoint',
    ],
    ['no checkpoint', 'DELETE FROM checkpoints', 6, 'checkpoint'],
  ])('names the first bad record: %s', async (_, sql, seq, problem) => {
    const chain = freshChain();
    await chain.append(
      'a',
      1,
      [1, 2, 3, 4, 5].map((at) => event(at)),
    );
    await tamper(chain, sql);
    expect(await chain.verify()).toMatchObject({ ok: false, firstBad: { seq, problem } });
  });
});
