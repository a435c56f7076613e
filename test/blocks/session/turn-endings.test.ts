import { runInDurableObject } from 'cloudflare:test';
import { expect, it } from 'vitest';
import { TurnEndings } from '../../../src/blocks/session/turn-endings.ts';
import { bindings, openFixture } from './support/session-fixture.ts';

it('owes an end until its session has done it, and leaves the turns of others', async () => {
  const { admit, begin, client, connect, create, principal } = openFixture();
  const { turn } = await begin();
  const other = { ...principal, id: 'bob' };
  const queued = await admit({ principal: other });
  const { sessionId } = create;
  const unreachable = {
    ...bindings,
    SESSIONS: { getByName: () => ({ cancelTurns: () => Promise.reject(new Error('lost')) }) },
  } as unknown as typeof bindings;
  await runInDurableObject(connect(), async (_, { storage }) => {
    const endings = new TurnEndings(storage.sql);
    endings.createTable();
    endings.add({ sessionId, of: 'user:alice', by: { principal, requestId: 'req_end' } });
    await endings.settle(unreachable);
    expect(endings.isEmpty()).toBe(false);
    await endings.settle(bindings);
    expect(endings.isEmpty()).toBe(true);
  });
  expect(await client.summary(turn.turnId)).toMatchObject({ status: 'cancelled' });
  expect(await client.summary(queued)).toMatchObject({ status: 'running' });
});
