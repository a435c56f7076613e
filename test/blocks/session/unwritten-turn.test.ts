import { runInDurableObject } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { Changes } from '../../../src/blocks/kit/changes.ts';
import { UnwrittenTurn } from '../../../src/blocks/session/unwritten-turn.ts';
import type { JournalEntry } from '../../../src/core/conversation/journal-entry.ts';
import { LOWEST_LABEL } from '../../../src/core/policy/labels.ts';
import { toTurnId } from '../../../src/core/primitives/ids.ts';
import { eventually } from '../../support/eventually.ts';
import { crash } from './support/crash.ts';
import { ScriptedRun, toFinished, toReply, toTurnFinished } from './support/scripted-run.ts';
import { openFixture, type SessionFixture, toAuthority } from './support/session-fixture.ts';

const toRoundFinished = (round: number): JournalEntry => ({
  kind: 'round-finished',
  round,
  usage: toReply(round).usage,
});

/** How many turns are on disk. Asks the object nothing that would make it write. */
async function countTurns({ connect }: SessionFixture): Promise<unknown> {
  return await runInDurableObject(
    connect(),
    (_, { storage }) => storage.sql.exec('SELECT count(*) AS n FROM turns').one().n,
  );
}

/** Begins a turn whose caller waits for its end, and answers what is on disk as its run begins. */
async function beginUntold(fixture: SessionFixture, driver?: { kind: 'model'; model: string }) {
  await fixture.client.create(fixture.create);
  const seen: unknown[] = [];
  fixture.script.run = async () => {
    seen.push(await countTurns(fixture));
    await new Promise((resolve) => setTimeout(resolve, 600_000));
  };
  const ran = fixture.client.runTurn(fixture.admission({ ...(driver && { driver }) }), 60_000);
  ran.catch(() => {});
  const run = await fixture.run();
  return { ran, run, seen };
}

describe('a turn that costs nothing, of which nobody is told before its end', () => {
  it('begins before it is written, and is written by itself a moment later', async () => {
    const fixture = openFixture();
    const { seen } = await beginUntold(fixture);
    await eventually(() => expect(seen).toEqual([0]));
    await eventually(async () => expect(await countTurns(fixture)).toBe(1));
    await eventually(() =>
      expect(fixture.chain()).toContainEqual(expect.objectContaining({ action: 'turn-admitted' })),
    );
  });

  it('is written with the first commit of its run, in order', async () => {
    const fixture = openFixture();
    await fixture.client.create(fixture.create);
    const ran = fixture.client.runTurn(fixture.admission(), 60_000);
    const run = await fixture.run();
    expect((await run.commit([toReply(0, [], 'hi'), toTurnFinished('hi')])).ok).toBe(true);
    expect(await ran).toMatchObject({ ok: true, value: { status: 'finished', output: 'hi' } });
    const kinds = (await fixture.events(run.turn.turnId)).map(({ id, body }) => [id, body.kind]);
    expect(kinds).toEqual([
      [1, 'turn-started'],
      [2, 'text-delta'],
      [3, 'turn-finished'],
    ]);
    const roles = (await fixture.client.messages(0, 9))?.messages.map(({ role }) => role);
    expect(roles).toEqual(['user', 'assistant']);
  });

  it('is given to its run as it will be written', async () => {
    const fixture = openFixture();
    const { run } = await beginUntold(fixture);
    await eventually(async () => expect(await countTurns(fixture)).toBe(1));
    const written = await fixture.client.turn(run.turn.turnId, run.turn.epoch);
    expect(written).toEqual(run.turn);
  });

  it('is not lost by a commit that breaks the grammar of the journal', async () => {
    const fixture = openFixture();
    await fixture.client.create(fixture.create);
    const ran = fixture.client.runTurn(fixture.admission(), 60_000);
    const run = await fixture.run();
    await expect(
      run.commit([{ kind: 'round-finished', round: 3, usage: toReply(0).usage }]),
    ).rejects.toMatchObject({ code: 'internal' });
    expect((await run.commit([toTurnFinished('still there')])).ok).toBe(true);
    expect(await ran).toMatchObject({ ok: true, value: { output: 'still there' } });
  });

  it.each<[string, (fixture: SessionFixture, turnId: never) => Promise<unknown>]>([
    ['its session', ({ client }) => client.describe()],
    ['itself', ({ client }, turnId) => client.summary(turnId)],
    ['its events', ({ client }, turnId) => client.events(turnId, 0, 0)],
    ['the messages', ({ client }) => client.messages(0, 9)],
    ['another turn', ({ client, admission }) => client.admitTurn(admission())],
  ])('is written before anybody is told of %s', async (_, ask) => {
    const fixture = openFixture();
    await fixture.client.create(fixture.create);
    const found: unknown[] = [];
    fixture.script.run = async ({ turnId }) => {
      fixture.script.run = () => new Promise((resolve) => setTimeout(resolve, 600_000));
      await ask(fixture, turnId as never);
      found.push(await countTurns(fixture));
    };
    fixture.client.runTurn(fixture.admission(), 60_000).catch(() => {});
    await eventually(() => expect(found[0]).toBeGreaterThanOrEqual(1));
  });

  it('was never there when the object dies before it is written: its run is refused', async () => {
    const fixture = openFixture();
    await fixture.client.create(fixture.create);
    fixture.script.run = crash;
    await expect(fixture.client.runTurn(fixture.admission(), 60_000)).rejects.toThrow();
    expect(await fixture.client.describe()).toMatchObject({ turns: 0 });
    const run = await fixture.run();
    expect(await run.commit([toReply(0)])).toEqual({ ok: false, error: 'lease_lost' });
    expect(await fixture.client.describe()).toMatchObject({ turns: 0 });
  });
});

/** A turn of which nothing is written, and whose run has just begun. */
async function beginHeld(fixture: SessionFixture) {
  await fixture.client.create(fixture.create);
  const ran = fixture.client.runTurn(fixture.admission(), 60_000);
  ran.catch(() => {});
  return { ran, run: await fixture.run() };
}

const kindsOf = async ({ events }: SessionFixture, { turn }: ScriptedRun): Promise<string[]> =>
  (await events(turn.turnId)).map(({ body }) => body.kind);

describe('the steps of a turn that is not written yet', () => {
  it('go to disk in order with the first that says how a tool call or the turn ended for good', async () => {
    const fixture = openFixture();
    const { ran, run } = await beginHeld(fixture);
    const started = await run.commit([toReply(0, ['fetch']), run.started(0, 0)]);
    expect(started).toMatchObject({
      ok: true,
      value: { startedCalls: [run.claims(0, 0).callKey] },
    });
    expect(await run.commit([toFinished(0, 0), toRoundFinished(0)])).toMatchObject({ ok: true });
    expect(await run.commit([toReply(1, [], 'hi'), toTurnFinished('hi')])).toMatchObject({
      ok: true,
    });
    expect(await ran).toMatchObject({ ok: true, value: { status: 'finished', output: 'hi' } });
    expect(await kindsOf(fixture, run)).toEqual([
      'turn-started',
      'tool-call-proposed',
      'tool-call-approved',
      'tool-result',
      'round-finished',
      'text-delta',
      'turn-finished',
    ]);
  });

  it('go to disk by themselves when the turn takes longer', async () => {
    const fixture = openFixture();
    const { run } = await beginHeld(fixture);
    await run.commit([toReply(0, ['fetch']), run.started(0, 0)]);
    await eventually(async () => expect(await countTurns(fixture)).toBe(1));
    expect(await kindsOf(fixture, run)).toContain('tool-call-approved');
  });

  it('go to disk before a running plugin is granted anything', async () => {
    const fixture = openFixture();
    const { run } = await beginHeld(fixture);
    await run.commit([toReply(0, ['fetch']), run.started(0, 0)]);
    const request = {
      ...{ claims: run.claims(0, 0), capability: 'tool:network:http:api.example.com:443' },
      ...{ outward: true, read: LOWEST_LABEL, privateAddress: false },
    };
    expect(await fixture.client.authorizeHostCall(request)).toMatchObject({ ok: true });
    expect(await countTurns(fixture)).toBe(1);
    expect(await kindsOf(fixture, run)).toContain('tool-call-approved');
  });

  it.each(['process', 'container', 'built-in'] as const)(
    'are written at once where one starts a call of the %s tier',
    async (tier) => {
      const fixture = openFixture();
      const { run } = await beginHeld(fixture);
      await run.commit([toReply(0, ['fetch']), run.started(0, 0, { claims: { tier } })]);
      expect(await countTurns(fixture)).toBe(1);
    },
  );

  it('must be those of this very run: a start with other claims is refused', async () => {
    const fixture = openFixture();
    const { run } = await beginHeld(fixture);
    const foreign = run.started(0, 0, { claims: { session: `${run.turn.sessionId}0` as never } });
    await expect(run.commit([toReply(0, ['fetch']), foreign])).rejects.toMatchObject({
      code: 'internal',
    });
  });

  it('are not lost by one that breaks the grammar of the journal', async () => {
    const fixture = openFixture();
    const { ran, run } = await beginHeld(fixture);
    await run.commit([toReply(0, ['fetch']), run.started(0, 0)]);
    await expect(run.commit([toFinished(0, 5)])).rejects.toMatchObject({ code: 'internal' });
    expect((await run.commit([toFinished(0, 0), toRoundFinished(0)])).ok).toBe(true);
    expect((await run.commit([toTurnFinished('still there')])).ok).toBe(true);
    expect(await ran).toMatchObject({ ok: true, value: { output: 'still there' } });
  });

  it('are answered as before, and written once, when they are sent again', async () => {
    const fixture = openFixture();
    const { run } = await beginHeld(fixture);
    const entries = [toReply(0, ['fetch']), run.started(0, 0)];
    const first = await run.commit(entries);
    expect(await run.commit(entries)).toEqual(first);
    const kinds = await kindsOf(fixture, run);
    expect(kinds.filter((kind) => kind === 'tool-call-approved')).toHaveLength(1);
  });

  it('refuse a start once there is a newer revision', async () => {
    const fixture = openFixture();
    const { run } = await beginHeld(fixture);
    await fixture.client.authorityChanged(run.turn.authority.revision + 1);
    expect(await run.commit([toReply(0, ['fetch']), run.started(0, 0)])).toEqual({
      ok: false,
      error: 'authority_stale',
    });
  });
});

/** A turn whose run has started a call with its first step, and at once, so that both are held. */
async function beginWithHeldStart(fixture: SessionFixture) {
  await fixture.client.create(fixture.create);
  let hasStarted = false;
  fixture.script.run = async (turn) => {
    fixture.script.run = () => new Promise((resolve) => setTimeout(resolve, 600_000));
    const run = new ScriptedRun(fixture.client, turn);
    await run.commit([toReply(0, ['fetch']), run.started(0, 0)]);
    hasStarted = true;
    await new Promise((resolve) => setTimeout(resolve, 600_000));
  };
  const ran = fixture.client.runTurn(fixture.admission(), 60_000);
  ran.catch(() => {});
  await eventually(() => expect(hasStarted).toBe(true));
  return { ran, run: await fixture.run() };
}

const rename = ({ connect }: SessionFixture, from: string, to: string) =>
  runInDurableObject(connect(), (_, { storage }) => {
    storage.sql.exec(`ALTER TABLE ${from} RENAME TO ${to}`);
  });

const settledOf = ({ script }: SessionFixture) => script.settled.map(({ turnId }) => turnId);

describe('a turn that is held', () => {
  it('is decided once: what is heard before it is written changes no start of its own', async () => {
    const fixture = openFixture();
    const { ran, run } = await beginWithHeldStart(fixture);
    fixture.script.authority = toAuthority(fixture.principal, { revision: 2 });
    const principal = { ...fixture.principal, tokenId: 'tok_2' };
    // Asks for the newest authority, and then writes what is held.
    await fixture.client.create({ ...fixture.create, principal, title: 'again' });
    expect(await kindsOf(fixture, run)).toContain('tool-call-approved');
    expect((await run.commit([toFinished(0, 0), toRoundFinished(0)])).ok).toBe(true);
    expect(await run.commit([toReply(1, ['fetch']), run.started(1, 0)])).toEqual({
      ok: false,
      error: 'authority_stale',
    });
    expect((await run.commit([toTurnFinished('hi')])).ok).toBe(true);
    expect(await ran).toMatchObject({ ok: true, value: { output: 'hi' } });
  });

  it('never was, if it cannot be written: its caller hears so, and the next one runs', async () => {
    const fixture = openFixture();
    const { ran, run } = await beginWithHeldStart(fixture);
    await rename(fixture, 'journal', 'journal_away');
    await expect(ran).rejects.toMatchObject({ code: 'internal' });
    await rename(fixture, 'journal_away', 'journal');
    await eventually(() => expect(settledOf(fixture)).toEqual([run.turn.turnId]));
    expect(await run.commit([toFinished(0, 0)])).toEqual({ ok: false, error: 'lease_lost' });
    expect(await fixture.client.describe()).toMatchObject({ turns: 0 });
    await fixture.admit();
    const next = await fixture.run(1);
    expect((await next.commit([toTurnFinished()])).ok).toBe(true);
  });
});

describe('a turn whose admission cannot be written', () => {
  it('gives back at once what was reserved for it, and the next one is admitted', async () => {
    const fixture = openFixture();
    await fixture.client.create(fixture.create);
    await rename(fixture, 'journal', 'journal_away');
    await expect(fixture.admit()).rejects.toThrow();
    await rename(fixture, 'journal_away', 'journal');
    const lost = fixture.script.openings[0]?.turnId;
    await eventually(() => expect(settledOf(fixture)).toEqual([lost]));
    const next = await fixture.admit();
    expect(await fixture.client.willSettle(next)).toBe(true);
    expect(settledOf(fixture)).toEqual([lost]);
  });
});

describe('a session that is being deleted', () => {
  it('begins no turn under its name, and still sends what it owes', async () => {
    const fixture = openFixture();
    const { admission, client, create, principal, script } = fixture;
    await client.create(create);
    script.auditIsDown = true;
    await client.remove(principal, 'req_delete');
    await expect(client.runTurn(admission({ create }), 60_000)).rejects.toMatchObject({
      code: 'conflict',
    });
    expect(await client.describe()).toBeUndefined();
    script.auditIsDown = false;
    await crash();
    await eventually(async () => {
      await client.describe();
      expect(fixture.chain().map(({ action }) => action)).toContain('session-deleted');
    });
    expect(await client.runTurn(admission({ create }), 0)).toMatchObject({ ok: true });
  });
});

describe('UnwrittenTurn', () => {
  const turnId = toTurnId('0'.repeat(32));
  const open = () => {
    const written: string[] = [];
    const lost: string[] = [];
    const storage = { transactionSync: <T>(change: () => T) => change() };
    const changes = new Changes(storage, { forgetMemory: () => {} });
    const unwritten = new UnwrittenTurn(changes, (turn) => void lost.push(turn));
    unwritten.hold(turnId, {
      write: () => void written.push('admission'),
      lose: () => void lost.push('given back'),
    });
    return { unwritten, written, lost };
  };
  const start = toReply(0, ['fetch']);

  it('writes what it holds in order, before the change that takes it along', () => {
    const { unwritten, written } = open();
    const holds = unwritten.holdStep([start], () => void written.push('start'));
    expect([holds, ...written]).toEqual(['held']);
    expect(unwritten.isAbout(turnId)).toBe(true);
    unwritten.writeWith(() => written.push('end'));
    expect(written).toEqual(['admission', 'start', 'end']);
    expect(unwritten.isAbout(turnId)).toBe(false);
  });

  it('holds no step that cannot follow what it holds, and none without a turn', () => {
    const { unwritten, written } = open();
    const write = () => void written.push('step');
    expect(unwritten.holdStep([toFinished(0, 0)], write)).toBe('misplaced');
    unwritten.write();
    expect(unwritten.holdStep([start], write)).toBe('misplaced');
    expect(written).toEqual(['admission']);
  });

  const fail = () => {
    throw new Error('disk full');
  };

  it.each([
    ['by itself', (unwritten: UnwrittenTurn) => unwritten.write()],
    [
      'with a change',
      (unwritten: UnwrittenTurn) =>
        expect(() => unwritten.writeWith(() => undefined)).toThrow('disk full'),
    ],
  ])('holds no longer what cannot be written %s, and says so once', (_, write) => {
    const { unwritten, lost } = open();
    unwritten.holdStep([start], fail);
    expect(unwritten.wasLost(turnId)).toBe(false);
    write(unwritten);
    unwritten.write();
    expect(unwritten.isAbout(turnId)).toBe(false);
    expect(unwritten.wasLost(turnId)).toBe(true);
    expect(lost).toEqual(['given back', turnId]);
  });

  it('goes on holding all of it when the change that was to take it along fails', () => {
    const { unwritten, written } = open();
    unwritten.holdStep([start], () => void written.push('start'));
    expect(() => unwritten.writeWith(fail)).toThrow('disk full');
    expect(unwritten.isAbout(turnId)).toBe(true);
    written.length = 0;
    unwritten.write();
    expect(written).toEqual(['admission', 'start']);
  });
});

describe('a turn that is written before its run begins', () => {
  it('is one whose model costs money', async () => {
    const fixture = openFixture();
    const { seen } = await beginUntold(fixture, { kind: 'model', model: 'openai/gpt-5' });
    await eventually(() => expect(seen).toEqual([1]));
  });

  it('is one whose caller is told its id at once', async () => {
    const fixture = openFixture();
    await fixture.client.create(fixture.create);
    const seen: unknown[] = [];
    fixture.script.run = async () => {
      seen.push(await countTurns(fixture));
    };
    await fixture.admit();
    await eventually(() => expect(seen[0]).toBe(1));
  });
});

describe('SessionApi.turn()', () => {
  it('gives a run that is elsewhere its turn, and no other run', async () => {
    const { begin, client } = openFixture();
    const { turn } = await begin();
    expect(await client.turn(turn.turnId, turn.epoch)).toEqual(turn);
    expect(await client.turn(turn.turnId, turn.epoch + 1)).toBeUndefined();
    const run = await client.commit({
      ...{ turnId: turn.turnId, epoch: turn.epoch, revision: 1 },
      entries: [toTurnFinished()],
      audit: [],
    });
    expect(run.ok).toBe(true);
    expect(await client.turn(turn.turnId, turn.epoch)).toBeUndefined();
    expect(await openFixture().client.turn(turn.turnId, 1)).toBeUndefined();
  });
});
