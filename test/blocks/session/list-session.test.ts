/** A session in the index of its workspace: when it comes there without being asked for, and how it leaves. */

import { runInDurableObject } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { crash, ringAll } from './support/crash.ts';
import {
  REPLY_USAGE,
  toFinished,
  toReply,
  toToolEvent,
  toTurnFinished,
} from './support/scripted-run.ts';
import { openFixture, type SessionFixture } from './support/session-fixture.ts';

/** One turn from its beginning to its end, and the record of it is on its way. */
async function runTurn(
  fixture: SessionFixture,
  over: Parameters<SessionFixture['admit']>[0],
  ordinal = 0,
): Promise<void> {
  const before = fixture.chain().length;
  await fixture.admit(over);
  const run = await fixture.run(ordinal);
  await run.commit([toReply(0), toTurnFinished()]);
  await eventually(() => expect(fixture.chain().length).toBeGreaterThan(before));
}

const idsIn = ({ script }: SessionFixture) => [...script.listed.keys()];

describe('a session that its first turn has made', () => {
  it('is listed once, behind that turn', async () => {
    const fixture = openFixture();
    const { create, script } = fixture;
    await runTurn(fixture, { create: { ...create, title: 'Support' } });
    await eventually(() => expect(script.heard).toEqual([create.sessionId]));
    expect(script.listed.get(create.sessionId)).toMatchObject({
      createdBy: 'user:alice',
      title: 'Support',
    });
    await runTurn(fixture, {}, 1);
    await crash();
    await runTurn(fixture, {}, 2);
    await ringAll(fixture.connect());
    expect(script.heard).toEqual([create.sessionId]);
  });

  it('is listed later if the index cannot be reached', async () => {
    const fixture = openFixture();
    const { create, script } = fixture;
    script.failingLists = 1;
    await runTurn(fixture, { create });
    await eventually(() => expect(script.failingLists).toBe(0));
    await crash();
    await ringAll(fixture.connect());
    await eventually(() => expect(idsIn(fixture)).toEqual([create.sessionId]));
  });

  it.each([
    ['for a while only', { ephemeralMs: 60_000 }],
    ['for a block', { principal: { kind: 'block', id: 'blk_1' } }],
  ] as const)('%s is not listed', async (_, over) => {
    const fixture = openFixture();
    const { create, script } = fixture;
    const principal = { ...create.principal, ...('principal' in over && over.principal) };
    await runTurn(fixture, { principal, create: { ...create, ...over, principal } });
    await ringAll(fixture.connect());
    expect(script.heard).toEqual([]);
  });
});

describe('a session of before there was an index', () => {
  it('is listed when it is next used', async () => {
    const fixture = openFixture();
    const { client, connect, create, script } = fixture;
    await client.create(create);
    script.listed.clear();
    await runInDurableObject(connect(), (_, { storage }) => {
      storage.sql.exec("UPDATE session SET facts = json_remove(facts, '$.isListed')");
    });
    await crash();
    expect(await client.describe()).toMatchObject({ id: create.sessionId });
    await runTurn(fixture, {});
    await eventually(() => expect(idsIn(fixture)).toEqual([create.sessionId]));
  });
});

describe('a session that is deleted', () => {
  it('leaves the list before that is answered', async () => {
    const fixture = openFixture();
    const { client, create, principal } = fixture;
    await client.create(create);
    expect(idsIn(fixture)).toEqual([create.sessionId]);
    await client.remove(principal, 'req_remove');
    expect(idsIn(fixture)).toEqual([]);
  });

  it('is not forgotten before it has left the list', async () => {
    const fixture = openFixture();
    const { client, connect, create, principal, script } = fixture;
    await client.create(create);
    script.failingLists = 2;
    await client.remove(principal, 'req_remove');
    expect(await client.describe()).toBeUndefined();
    await eventually(() => expect(script.failingLists).toBe(0));
    expect(idsIn(fixture)).toEqual([create.sessionId]);
    await crash();
    await ringAll(fixture.connect());
    await eventually(() => expect(idsIn(fixture)).toEqual([]));
    await eventually(async () => {
      const rows = await runInDurableObject(connect(), (_, { storage }) =>
        storage.sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'session'").toArray(),
      );
      expect(rows).toEqual([]);
    });
  });

  it('keeps what its run still says while the list is told', async () => {
    const fixture = openFixture();
    const { chain, client, principal, script } = fixture;
    const run = await fixture.begin();
    await run.commit([toReply(0), toTurnFinished()]);
    await eventually(() => expect(script.settled).toHaveLength(1));
    const removal = Promise.withResolvers<void>();
    script.beforeRemoving = () => removal.promise;
    const removed = client.remove(principal, 'req_remove');
    // It owes nothing more than that.
    await eventually(() => expect(chain().at(-1)).toMatchObject({ action: 'session-deleted' }));
    const audit = [toToolEvent()];
    const failed = { kind: 'turn-failed', code: 'cancelled', usage: REPLY_USAGE } as const;
    expect((await run.commit([toFinished(0, 0), failed], { audit })).ok).toBe(false);
    removal.resolve();
    expect(await removed).toBe(true);
    await eventually(() => expect(chain().at(-1)).toEqual(audit[0]));
  });
});

describe('endIfIdle()', () => {
  it('ends no session whose turn is not over, and none that was used since', async () => {
    const fixture = openFixture();
    const { client } = fixture;
    const run = await fixture.begin();
    expect(await client.endIfIdle(Date.now() + 3_600_000)).toEqual(expect.any(Number));
    const before = Date.now();
    await run.commit([toReply(0), toTurnFinished()]);
    expect(await client.endIfIdle(before - 1)).toBeGreaterThanOrEqual(before);
    expect(await client.endIfIdle(Date.now())).toBeUndefined();
    expect(await client.describe()).toBeUndefined();
    await eventually(() => expect(idsIn(fixture)).toEqual([]));
    await eventually(() =>
      expect(fixture.chain().at(-1)).toMatchObject({ action: 'session-deleted', reason: 'idle' }),
    );
  });
});
