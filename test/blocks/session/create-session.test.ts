import { runInDurableObject } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { hasSession } from '../../../src/blocks/session/schema.ts';
import { eventually } from '../../support/eventually.ts';
import { openFixture } from './support/session-fixture.ts';

describe('SessionApi.create()', () => {
  it('describes the session that it makes, and makes it once', async () => {
    const { client, create } = openFixture();
    expect(await client.describe()).toBeUndefined();
    const made = await client.create({ ...create, title: 'Notes', model: 'embedded/planner' });
    expect(made).toEqual({
      id: create.sessionId,
      createdAt: expect.any(Number),
      createdBy: 'user:alice',
      title: 'Notes',
      model: 'embedded/planner',
      turns: 0,
    });
    expect(await client.create({ ...create, title: 'Other' })).toEqual(made);
    expect(await client.describe()).toEqual(made);
  });

  it('puts the system message before everything', async () => {
    const { client, create, admit, run } = openFixture();
    await client.create({ ...create, system: 'Be brief.' });
    await admit();
    expect((await run()).turn.history.map(({ role, content }) => [role, content])).toEqual([
      ['system', 'Be brief.'],
      ['user', 'hello'],
    ]);
  });

  it('makes nothing where the index has no room for it', async () => {
    const { client, connect, create, script } = openFixture();
    script.noRoom = 'principal-is-full';
    expect(await client.create(create)).toBe('principal-is-full');
    expect(await client.describe()).toBeUndefined();
    const isMade = await runInDurableObject(connect(), (_, { storage }) => hasSession(storage.sql));
    expect(isMade).toBe(false);
    script.noRoom = undefined;
    expect(await client.create(create)).toMatchObject({ id: create.sessionId });
  });

  it('makes one session for requests that come at once', async () => {
    const { client, create, chain } = openFixture();
    const [one, other] = await Promise.all([client.create(create), client.create(create)]);
    expect(one).toEqual(other);
    await eventually(() => expect(chain()).toHaveLength(1));
  });

  it('tells who asks whether it is there only once it is made', async () => {
    const { client, create, script } = openFixture();
    const reached = Promise.withResolvers<void>();
    const mayGoOn = Promise.withResolvers<void>();
    script.beforeReserving = () => {
      reached.resolve();
      return mayGoOn.promise;
    };
    const created = client.create(create);
    await reached.promise;
    const standing = client.endIfIdle(undefined);
    // It has been asked by now: its object answers in order.
    expect(await client.describe()).toBeUndefined();
    mayGoOn.resolve();
    expect(await standing).toEqual(expect.any(Number));
    expect(await created).toMatchObject({ id: create.sessionId });
  });

  it('refuses a request that was meant for another object', async () => {
    const { client, create } = openFixture();
    const other = openFixture();
    await expect(client.create(other.create)).rejects.toMatchObject({ code: 'internal' });
    await expect(client.admitTurn(other.admission({ create }))).rejects.toMatchObject({
      code: 'internal',
    });
    expect(await client.describe()).toBeUndefined();
  });
});
