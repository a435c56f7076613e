import { describe, expect, test } from 'vitest';
import { type Fixture, foundWorkspace, inside } from './workspace-fixture.ts';

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

  test('of a request that was lost can be used again by the same request', async () => {
    const fixture = await foundWorkspace();
    await begin(fixture);
    await shiftBack(fixture, 120_000);
    expect(await begin(fixture, 'k', 'hash-2')).toEqual({ kind: 'conflict' });
    expect(await begin(fixture)).toEqual({ kind: 'new' });
  });
});
