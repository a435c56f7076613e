import { runInDurableObject } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { crash } from './support/crash.ts';
import { toReply, toTurnFinished } from './support/scripted-run.ts';
import { openFixture, type SessionFixture } from './support/session-fixture.ts';

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
