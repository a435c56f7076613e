import { describe, expect, it } from 'vitest';
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
