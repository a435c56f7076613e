import { runInDurableObject } from 'cloudflare:test';
import { describe, expect, it, vi } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { crash, ringAll } from './support/crash.ts';
import { REPLY_USAGE, toReply, toToolEvent, toTurnFinished } from './support/scripted-run.ts';
import { openFixture, type SessionFixture } from './support/session-fixture.ts';

async function countRows({ connect }: SessionFixture, table: string): Promise<unknown> {
  return await runInDurableObject(
    connect(),
    (_, { storage }) => storage.sql.exec(`SELECT count(*) AS n FROM ${table}`).one().n,
  );
}

async function alarmOf({ connect }: SessionFixture): Promise<number | null> {
  return await runInDurableObject(connect(), (_, { storage }) => storage.getAlarm());
}

describe('the outbox of a session', () => {
  it.each(['before', 'after'] as const)(
    'reaches the chain exactly once when an answer is lost %s the events were stored',
    async (fate) => {
      const fixture = openFixture();
      const run = await fixture.begin();
      await eventually(() => expect(fixture.chain()).toHaveLength(1));
      fixture.script.appendFates.push('well', fate);
      const audit = Array.from({ length: 450 }, (_, index) => ({
        ...toToolEvent(),
        callKey: `call ${index}`,
      }));
      await run.commit([toReply(0), toTurnFinished()], { audit });
      await eventually(() => expect(fixture.script.appendFates).toEqual([]));
      await crash();
      await ringAll(fixture.connect());
      await eventually(() => expect(fixture.chain()).toHaveLength(452));
      expect(fixture.chain().slice(2)).toEqual(audit);
      expect(fixture.script.chain.size).toBe(1);
      expect(await countRows(fixture, 'outbox WHERE last_seq > 0')).toBe(0);
    },
  );

  it('survives a crash before anything was sent', async () => {
    const fixture = openFixture();
    fixture.script.auditIsDown = true;
    const run = await fixture.begin();
    await run.commit([toReply(0)], { audit: [toToolEvent()] });
    await crash();
    fixture.script.auditIsDown = false;
    await ringAll(fixture.connect());
    expect(fixture.chain().map(({ action }) => action)).toEqual([
      'session-created',
      'turn-admitted',
      'tool-call',
    ]);
  });

  it('is sent by the timer alone when nobody touches the object any more', async () => {
    const fixture = openFixture();
    fixture.script.auditIsDown = true;
    await fixture.client.create(fixture.create);
    await crash();
    fixture.script.auditIsDown = false;
    await vi.waitFor(() => expect(fixture.chain()).toHaveLength(1), { timeout: 15_000 });
  });

  it('refuses admissions while it is blocked, and takes them again once it has been sent', async () => {
    const fixture = openFixture();
    const { client, admission, script } = fixture;
    script.auditIsDown = true;
    await client.create(fixture.create);
    await runInDurableObject(fixture.connect(), (_, { storage }) => {
      storage.sql.exec('UPDATE outbox SET added_at = added_at - 60001');
    });
    await crash();
    expect(await client.admitTurn(admission())).toEqual({
      ok: false,
      error: { code: 'audit_unavailable' },
    });
    script.auditIsDown = false;
    await vi.waitFor(async () => expect((await client.admitTurn(admission())).ok).toBe(true), {
      timeout: 20_000,
    });
  });
});

describe('a session that owes nothing', () => {
  it('takes its alarm back, and sets it again with the next turn', async () => {
    const fixture = openFixture();
    await fixture.client.create(fixture.create);
    await runInDurableObject(fixture.connect(), (instance: DurableObject) => {
      instance.alarm = async () => undefined;
    });
    await eventually(async () => expect(await countRows(fixture, 'timers')).toBe(0));
    expect(await countRows(fixture, 'outbox')).toBe(0);
    expect(await alarmOf(fixture)).toBeNull();
    await fixture.admit();
    expect(await alarmOf(fixture)).toBeGreaterThan(0);
    await crash();
    expect(await alarmOf(fixture)).toBeGreaterThan(0);
  });

  it('keeps its alarm while the chain has not taken its records', async () => {
    const fixture = openFixture();
    fixture.script.auditIsDown = true;
    await fixture.client.create(fixture.create);
    await eventually(async () => expect(await countRows(fixture, 'timers')).toBe(1));
    await crash();
    fixture.script.auditIsDown = false;
    await ringAll(fixture.connect());
    expect(fixture.chain().map(({ action }) => action)).toEqual(['session-created']);
  });
});

describe('a settlement', () => {
  it('is sent once for each turn, with usage and started calls by tool', async () => {
    const fixture = openFixture();
    const run = await fixture.begin();
    await run.commit([toReply(0, ['fetch', 'fetch']), run.started(0, 0), run.started(0, 1)]);
    await run.commit([toTurnFinished()]);
    await eventually(() => expect(fixture.script.settled).toHaveLength(1));
    expect(fixture.script.settled).toEqual([
      { turnId: run.turn.turnId, usage: REPLY_USAGE, toolCalls: { fetch: 2 } },
    ]);
    await ringAll(fixture.connect());
    expect(fixture.script.settled).toHaveLength(1);
    expect(await countRows(fixture, 'timers')).toBe(0);
  });

  it('is tried again until the workspace has answered, across a crash', async () => {
    const fixture = openFixture();
    fixture.script.failingSettlements = 2;
    const run = await fixture.begin();
    await run.commit([toTurnFinished()]);
    await eventually(() => expect(fixture.script.failingSettlements).toBe(1));
    await crash();
    await ringAll(fixture.connect());
    expect(fixture.script.settled).toEqual([]);
    await ringAll(fixture.connect());
    expect(fixture.script.settled).toMatchObject([{ turnId: run.turn.turnId }]);
  });
});

describe('SessionApi.remove()', () => {
  it('cancels what is live, deletes every word, and leaves an empty object once all is sent', async () => {
    const fixture = openFixture();
    const { client, principal, chain, script } = fixture;
    const run = await fixture.begin();
    const queued = await fixture.admit();
    const waiting = client.awaitTurn(queued, 60_000);
    expect(await client.remove(principal, 'req_delete')).toBe(true);
    expect(await waiting).toBeUndefined();
    expect(await run.holdLease()).toBe('cancelled');
    expect(await run.commit([toReply(0)])).toEqual({ ok: false, error: 'cancelled' });
    expect(await client.describe()).toBeUndefined();
    expect(await client.messages(0, 10)).toBeUndefined();
    expect(await client.events(run.turn.turnId, 0, 0)).toBeUndefined();
    expect(await client.remove(principal, 'again')).toBe(false);
    await eventually(() => expect(script.settled).toHaveLength(2));
    expect(chain().map(({ action }) => action)).toEqual([
      'session-created',
      'turn-admitted',
      'turn-admitted',
      'turn-cancelled',
      'turn-cancelled',
      'session-deleted',
    ]);
    await eventually(async () => expect(await countTables(fixture)).toBe(0));
  });

  it('keeps nothing that a user wrote even while its records cannot be sent', async () => {
    const fixture = openFixture();
    const { client, principal, script } = fixture;
    const run = await fixture.begin();
    await run.commit([toReply(0, [], 'secret words')]);
    script.auditIsDown = true;
    await client.remove(principal, 'r');
    for (const table of ['turns', 'journal', 'messages', 'idempotency', 'value_parts']) {
      expect(await countRows(fixture, table)).toBe(0);
    }
    expect(await client.describe()).toBeUndefined();
    await expect(client.create(fixture.create)).rejects.toMatchObject({ code: 'not_found' });
    const { admission, create } = fixture;
    await expect(client.admitTurn(admission({ create }))).rejects.toMatchObject({
      code: 'conflict',
    });
  });
});

describe('an ephemeral session', () => {
  it('deletes itself after its last turn, when everything it owed is sent', async () => {
    const fixture = openFixture();
    const { create, admit, client } = fixture;
    await admit({ create: { ...create, ephemeralMs: 100 } });
    await (await fixture.run()).commit([toTurnFinished()]);
    await vi.waitFor(async () => expect(await client.describe()).toBeUndefined(), {
      timeout: 20_000,
    });
    await eventually(async () => expect(await countTables(fixture)).toBe(0));
    expect(fixture.script.settled).toHaveLength(1);
    expect(fixture.chain().map(({ action }) => action)).toEqual(['turn-admitted']);
  });

  it('outlives its time while a turn is live', async () => {
    const fixture = openFixture();
    const { create, admit, client } = fixture;
    const ephemeral = { create: { ...create, ephemeralMs: 60_000 } };
    await admit(ephemeral);
    await (await fixture.run()).commit([toTurnFinished()]);
    await admit(ephemeral);
    await ringAll(fixture.connect());
    expect(await client.describe()).toMatchObject({ turns: 2 });
    await (await fixture.run(1)).commit([toTurnFinished()]);
    await ringAll(fixture.connect());
    expect(await client.describe()).toBeUndefined();
  });

  it('may be made again under the same id, with an outbox of another name', async () => {
    const fixture = openFixture();
    const { create, admit } = fixture;
    const ephemeral = { create: { ...create, ephemeralMs: 60_000 } };
    await admit(ephemeral);
    await (await fixture.run()).commit([toTurnFinished()]);
    await eventually(() => expect(fixture.script.settled).toHaveLength(1));
    await ringAll(fixture.connect());
    await eventually(async () => expect(await countTables(fixture)).toBe(0));
    await admit(ephemeral);
    await (await fixture.run(1)).commit([toTurnFinished()]);
    await eventually(() => expect(fixture.script.chain.size).toBe(2));
    const outboxes = [...fixture.script.chain.values()];
    expect(outboxes.map((events) => events.length)).toEqual([1, 1]);
  });

  it('that was made for a refused turn goes away too', async () => {
    const fixture = openFixture();
    const { create, admission, client, script } = fixture;
    script.shortage = { reason: 'principal_rate', retryAfterMs: 1 };
    await client.admitTurn(admission({ create: { ...create, ephemeralMs: 60_000 } }));
    await ringAll(fixture.connect());
    await eventually(async () => expect(await countTables(fixture)).toBe(0));
    expect(fixture.chain()).toMatchObject([{ action: 'turn-refused' }]);
  });
});

describe('a session whose first turn was refused', () => {
  it('stays if it has another turn after it', async () => {
    const fixture = openFixture();
    const { create, admission, client, script } = fixture;
    script.shortage = { reason: 'principal_rate', retryAfterMs: 1 };
    expect(await client.admitTurn(admission({ create }))).toMatchObject({ ok: false });
    script.shortage = undefined;
    await fixture.admit({ create });
    await (await fixture.run()).commit([toTurnFinished()]);
    await ringAll(fixture.connect());
    expect(await client.describe()).toMatchObject({ turns: 1 });
  });
});

async function countTables(fixture: SessionFixture): Promise<number> {
  return await runInDurableObject(
    fixture.connect(),
    (_, { storage }) =>
      storage.sql
        .exec(
          "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\' AND name NOT LIKE 'sqlite%'",
        )
        .toArray().length,
  );
}
