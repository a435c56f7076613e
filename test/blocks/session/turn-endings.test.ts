import { runInDurableObject } from 'cloudflare:test';
import { expect, it } from 'vitest';
import { TurnEndings } from '../../../src/blocks/session/turn-endings.ts';
import { bindings, openFixture } from './support/session-fixture.ts';

const answering = (cancelTurns: (...asked: unknown[]) => Promise<void>) =>
  ({ ...bindings, SESSIONS: { getByName: () => ({ cancelTurns }) } }) as unknown as typeof bindings;

it('owes an end until its session has done it, and leaves the turns of others', async () => {
  const { admit, begin, client, connect, create, principal } = openFixture();
  const { turn } = await begin();
  const other = { ...principal, id: 'bob' };
  const queued = await admit({ principal: other });
  const { sessionId } = create;
  const unreachable = answering(() => Promise.reject(new Error('lost')));
  await runInDurableObject(connect(), async (_, { storage }) => {
    let now = 0;
    const endings = new TurnEndings(storage.sql, () => now);
    endings.createTable();
    endings.add({ sessionId, of: 'user:alice', by: { principal, requestId: 'req_end' } });
    await endings.settle(unreachable);
    now = endings.nextAt() ?? 0;
    await endings.settle(bindings);
    expect(endings.nextAt()).toBe(undefined);
  });
  expect(await client.summary(turn.turnId)).toMatchObject({ status: 'cancelled' });
  expect(await client.summary(queued)).toMatchObject({ status: 'running' });
});

it('asks a session that cannot be opened more and more seldom, also in another life of its owner', async () => {
  const { connect, create, principal } = openFixture();
  const { sessionId } = create;
  const askedAts: number[] = [];
  let now = 0;
  const unreachable = answering(() => {
    askedAts.push(now);
    return Promise.reject(new Error('no key'));
  });
  await runInDurableObject(connect(), async (_, { storage }) => {
    // As an earlier version made it, with what it owed.
    storage.sql.exec('CREATE TABLE turn_endings (ending TEXT PRIMARY KEY) STRICT, WITHOUT ROWID');
    const owed = { sessionId, of: 'user:alice', by: { principal, requestId: 'req_end' } };
    storage.sql.exec('INSERT INTO turn_endings VALUES (?)', JSON.stringify(owed));
    for (const hour = 3_600_000; now < hour; ) {
      const endings = new TurnEndings(storage.sql, () => now);
      endings.createTable();
      await Promise.all([endings.settle(unreachable), endings.settle(unreachable)]);
      now = endings.nextAt() ?? hour;
    }
  });
  const waits = askedAts.slice(1).map((at, index) => (at - (askedAts[index] ?? 0)) / 1_000);
  expect(waits).toEqual([2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600, 600, 600]);
});

it('ends the turn alone that it names, by its key or its id, though its principal has others there', async () => {
  const { admit, begin, client, connect, create, principal } = openFixture();
  const { sessionId } = create;
  const ask = (key: string) => ({ idempotency: { key, bodyHash: 'hash' } });
  const { turn } = await begin();
  const queued = await admit(ask('shop/1'));
  const stays = await admit(ask('desk/2'));
  const owed = { sessionId, of: 'user:alice', by: { principal, requestId: 'req_end' } };
  const onlys = [...[{ key: 'shop/1' }, { key: 'shop/2' }, { turnId: turn.turnId }]];
  await runInDurableObject(connect(), async (_, { storage }) => {
    const endings = new TurnEndings(storage.sql, Date.now);
    endings.createTable();
    for (const only of onlys) endings.add({ ...owed, only });
    await endings.settle(bindings);
    expect(endings.nextAt()).toBe(undefined);
  });
  const statusOf = async (id: typeof queued) => (await client.summary(id))?.status;
  expect(await Promise.all([turn.turnId, queued, stays].map(statusOf))).toEqual([
    ...['cancelled', 'cancelled', 'running'],
  ]);
});

it('asks few sessions at a time, and waits for none of them for long', async () => {
  const { connect, create, principal } = openFixture();
  const { sessionId } = create;
  let asked = 0;
  const silent = answering(() => {
    asked += 1;
    return new Promise(() => {});
  });
  const heard: unknown[] = [];
  const quick = answering(async (_, requestId) => void heard.push(requestId));
  await runInDurableObject(connect(), async (_, { storage }) => {
    let now = 0;
    const endings = new TurnEndings(storage.sql, () => now);
    endings.createTable();
    for (let n = 0; n < 40; n++) {
      endings.add({ sessionId, of: 'user:alice', by: { principal, requestId: `req_${n}` } });
    }
    await endings.settle(silent, 20);
    expect(asked).toBe(16);
    const query = 'SELECT ending FROM turn_endings WHERE tries = 1';
    const { ending } = storage.sql.exec<{ ending: string }>(query).toArray()[0] ?? {};
    now = 2_000;
    await endings.settle(quick);
    expect(heard).toHaveLength(40);
    // Those that have not answered come last.
    expect(heard.indexOf(JSON.parse(ending ?? '{}').by.requestId)).toBeGreaterThanOrEqual(24);
    expect(endings.nextAt()).toBe(undefined);
  });
});
