import { describe, expect, test } from 'vitest';
import { evict, type Fixture, foundWorkspace, inside } from './workspace-fixture.ts';

const begin = ({ block }: Fixture, key = 'k', body = 'hash-1', principal = 'user:alice') =>
  block.beginIdempotent(principal, 'createSession', key, body);

const shiftBack = (fixture: Fixture, ms: number) =>
  inside(fixture, (_, sql) => {
    sql.exec('UPDATE answers SET begun_at = begun_at - ?', ms);
  });

describe('an Idempotency-Key', () => {
  test('lets a request through once, and replays its answer', async () => {
    const fixture = await foundWorkspace();
    expect(await begin(fixture)).toEqual({ kind: 'new' });
    expect(await begin(fixture)).toEqual({ kind: 'in-progress' });
    const answer = { status: 201, body: '{"id":1}' };
    await fixture.block.finishIdempotent('user:alice', 'createSession', 'k', answer);
    expect(await begin(fixture)).toEqual({ kind: 'replay', ...answer });
  });

  test('with another body is a conflict, before and after the answer', async () => {
    const fixture = await foundWorkspace();
    await begin(fixture);
    expect(await begin(fixture, 'k', 'hash-2')).toEqual({ kind: 'conflict' });
  });

  test('about somebody else is a conflict, unless an earlier version has not said about whom', async () => {
    const fixture = await foundWorkspace();
    await begin(fixture, 'k', 'hash-1/ann');
    expect(await begin(fixture, 'k', 'hash-1/bob')).toEqual({ kind: 'conflict' });
    expect(await begin(fixture, 'k', 'hash-1')).toEqual({ kind: 'conflict' });
    await begin(fixture, 'earlier', 'hash-1');
    const answer = { status: 200, body: '{}' };
    await fixture.block.finishIdempotent('user:alice', 'createSession', 'earlier', answer);
    const again = await begin(fixture, 'earlier', 'hash-1/ann');
    expect(again).toEqual({ kind: 'replay', ...answer });
    expect(await begin(fixture, 'earlier', 'hash-10/ann')).toEqual({ kind: 'conflict' });
  });

  test('is free again after a request that had no effect', async () => {
    const fixture = await foundWorkspace();
    await begin(fixture);
    await fixture.block.finishIdempotent('user:alice', 'createSession', 'k', undefined);
    expect(await begin(fixture, 'k', 'hash-2')).toEqual({ kind: 'new' });
  });

  test('belongs to its principal', async () => {
    const fixture = await foundWorkspace();
    await begin(fixture);
    expect(await begin(fixture, 'k', 'hash-2', 'user:bob')).toEqual({ kind: 'new' });
  });

  test('is kept for a day, and not longer', async () => {
    const fixture = await foundWorkspace();
    await begin(fixture);
    const answer = { status: 200, body: '{}' };
    await fixture.block.finishIdempotent('user:alice', 'createSession', 'k', answer);
    await shiftBack(fixture, 86_000_000);
    expect(await begin(fixture)).toMatchObject({ kind: 'replay' });
    await shiftBack(fixture, 400_000);
    expect(await begin(fixture)).toEqual({ kind: 'new' });
  });

  test('of a request that was cut off says that what became of it is not known', async () => {
    const fixture = await foundWorkspace();
    await begin(fixture);
    await shiftBack(fixture, 120_000);
    expect(await begin(fixture, 'k', 'hash-2')).toEqual({ kind: 'conflict' });
    expect(await begin(fixture)).toEqual({ kind: 'lost' });
    const answer = { status: 201, body: '{}' };
    await fixture.block.finishIdempotent('user:alice', 'createSession', 'k', answer);
    expect(await begin(fixture)).toEqual({ kind: 'replay', ...answer });
  });
});

describe('what is kept for Idempotency-Keys', () => {
  const ofAlice = 128;
  const long = 'x'.repeat(262_144);
  const keep = async (fixture: Fixture, key: string, body: string, principal = 'user:alice') => {
    await begin(fixture, key, 'hash-1', principal);
    await fixture.block.finishIdempotent(principal, 'createSession', key, { status: 201, body });
  };

  test('is so many characters together; then whoever holds the most loses the oldest', async () => {
    const fixture = await foundWorkspace();
    await keep(fixture, 'oldest', '{}', 'user:bob');
    // One character short of the bound, since Bob has two.
    for (let at = 0; at < ofAlice - 1; at++) await keep(fixture, `a${at}`, long);
    await keep(fixture, 'last', long.slice(2));
    expect(await begin(fixture, 'a0')).toEqual({ kind: 'replay', status: 201, body: long });
    await keep(fixture, 'one-more', 'y', 'user:carol');
    expect(await begin(fixture, 'a0')).toEqual({ kind: 'replay', status: 201, body: '' });
    expect(await begin(fixture, 'a0', 'hash-2')).toEqual({ kind: 'conflict' });
    expect(await begin(fixture, 'a1')).toMatchObject({ body: long });
    expect(await begin(fixture, 'oldest', 'hash-1', 'user:bob')).toMatchObject({ body: '{}' });
    expect(await begin(fixture, 'one-more', 'hash-1', 'user:carol')).toMatchObject({ body: 'y' });
  });

  const setKeys = (fixture: Fixture, principal: string, keys: number) =>
    inside(fixture, (_, sql) => {
      const total = 'INSERT OR REPLACE INTO answer_totals VALUES (?, ?, 0)';
      sql.exec(total, principal, keys);
    });

  test.each([
    { of: 'one principal', holder: 'user:alice', most: 100_000, other: { kind: 'new' } },
    { of: 'all', holder: 'user:carol', most: 1_000_000, other: { kind: 'full' } },
  ])('is no more keys than there may be of $of: none goes before its time', async (bound) => {
    const { holder, most, other } = bound;
    const fixture = await foundWorkspace();
    await keep(fixture, 'kept', '{}', holder);
    await shiftBack(fixture, 86_000_000);
    await setKeys(fixture, holder, most - 1);
    expect(await begin(fixture, 'last')).toEqual({ kind: 'new' });
    await setKeys(fixture, holder, most);
    const refused = await begin(fixture, 'one-more');
    if (refused.kind !== 'full') throw new Error(`not full but ${refused.kind}`);
    expect(refused.retryAfterMs).toBeGreaterThan(0);
    expect(refused.retryAfterMs).toBeLessThanOrEqual(400_000);
    expect(await begin(fixture, 'kept', 'hash-1', holder)).toMatchObject({ kind: 'replay' });
    expect(await begin(fixture, 'k', 'hash-1', 'user:bob')).toMatchObject(other);
    await fixture.block.finishIdempotent('user:alice', 'createSession', 'last', undefined);
    await shiftBack(fixture, 400_000);
    await setKeys(fixture, holder, most);
    expect(await begin(fixture, 'one-more')).toEqual({ kind: 'new' });
  });

  test('is counted exactly, whatever becomes of a key', async () => {
    const fixture = await foundWorkspace();
    const totals = () =>
      inside(fixture, (_, sql) => sql.exec('SELECT * FROM answer_totals').toArray());
    await keep(fixture, 'kept', '12345');
    await begin(fixture, 'given-up');
    await fixture.block.finishIdempotent('user:alice', 'createSession', 'given-up', undefined);
    await begin(fixture, 'lost');
    expect(await totals()).toEqual([{ principal: 'user:alice', keys: 2, chars: 5 }]);
    await shiftBack(fixture, 120_000);
    expect(await begin(fixture, 'lost')).toEqual({ kind: 'lost' });
    expect(await totals()).toEqual([{ principal: 'user:alice', keys: 2, chars: 5 }]);
    await shiftBack(fixture, 86_400_000);
    expect(await begin(fixture, 'kept')).toEqual({ kind: 'new' });
    expect(await totals()).toEqual([{ principal: 'user:alice', keys: 2, chars: 0 }]);
  });

  test('is counted from what there is where an earlier version has kept it', async () => {
    const fixture = await foundWorkspace();
    await keep(fixture, 'kept', '12345');
    await inside(fixture, (_, sql) => {
      for (const trigger of ['comes', 'changes', 'goes'])
        sql.exec(`DROP TRIGGER answer_${trigger}`);
      sql.exec('DROP INDEX answers_by_age; DROP INDEX answers_with_body; DROP TABLE answer_totals');
    });
    await evict(fixture);
    await keep(fixture, 'more', '678');
    const totals = await inside(fixture, (_, sql) =>
      sql.exec('SELECT * FROM answer_totals').toArray(),
    );
    expect(totals).toEqual([{ principal: 'user:alice', keys: 2, chars: 8 }]);
  });
});
