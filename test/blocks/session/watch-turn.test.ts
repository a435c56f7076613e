import { describe, expect, it } from 'vitest';
import type { Grant } from '../../../src/core/capabilities/grant.ts';
import { toReply, toTurnFinished } from './support/scripted-run.ts';
import { openFixture, TO_TALK, toAuthority, toPattern } from './support/session-fixture.ts';

const READING: readonly Grant[] = [...TO_TALK, { pattern: toPattern('session:read') }];

describe('SessionApi.events()', () => {
  it('gives the events after any id, exactly once, also out of the middle of one entry', async () => {
    const { begin, client } = openFixture();
    const run = await begin();
    const { turnId } = run.turn;
    await run.commit([toReply(0, ['a', 'b', 'c'], 'text')]);
    await run.commit([toTurnFinished()]);
    const all = (await client.events(turnId, 0, 0))?.events ?? [];
    expect(all.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 6]);
    for (let after = 0; after <= 6; after++) {
      expect(await client.events(turnId, after, 0)).toEqual({
        events: all.slice(after),
        ended: true,
      });
    }
    expect(await client.events(turnId, 999, 0)).toEqual({ events: [], ended: true });
  });

  it('pages through a long turn; only the last page says that it has ended', async () => {
    const { begin, client } = openFixture();
    const run = await begin();
    const texts = Array.from(
      { length: 500 },
      (_, index) => ({ kind: 'text', round: 0, text: `${index}` }) as const,
    );
    await run.commit([...texts, toTurnFinished()]);
    const ids: number[] = [];
    const ends: boolean[] = [];
    for (let after = 0; !ends.includes(true); after = ids.length) {
      const page = await client.events(run.turn.turnId, after, 0);
      ids.push(...(page?.events ?? []).map(({ id }) => id));
      ends.push(page?.ended ?? true);
    }
    expect(ids).toEqual(Array.from({ length: 502 }, (_, index) => index + 1));
    expect(ends).toEqual([false, false, true]);
  });

  it('answers an empty page when nothing happens in time', async () => {
    const { begin, client } = openFixture();
    const { turn } = await begin();
    expect(await client.events(turn.turnId, 1, 30)).toEqual({ events: [], ended: false });
  });

  it('knows no turn of another session', async () => {
    const mine = openFixture();
    const { turn } = await mine.begin();
    const other = openFixture();
    await other.begin();
    expect(await other.client.events(turn.turnId, 0, 0)).toBeUndefined();
    expect(await other.client.summary(turn.turnId)).toBeUndefined();
    expect(await other.client.awaitTurn(turn.turnId, 1_000)).toBeUndefined();
  });
});

describe('SessionApi.follow()', () => {
  it('gives the same, as long as its reader may read', async () => {
    const { begin, client, principal, script } = openFixture();
    const { turnId } = (await begin()).turn;
    const { events, ended } = (await client.events(turnId, 0, 0)) ?? {};
    let revision = 1;
    const followed = async (grants: readonly Grant[] | undefined) => {
      revision += 1;
      const held = grants && [...TO_TALK, ...grants];
      script.authority = held && toAuthority(principal, { revision, grants: held });
      await client.authorityChanged(revision);
      const reader = { principal, capability: 'session:read' } as const;
      return client.follow({ turnId, afterId: 0, waitMs: 0, reader });
    };
    const pattern = toPattern('session:read');
    const now = Date.now();
    expect(await followed([{ pattern }])).toEqual({ events, ended });
    expect(await followed([{ pattern, expiresAt: now + 600_000 }])).toEqual({ events, ended });
    expect(await followed([{ pattern, expiresAt: now - 1 }])).toBe('refused');
    expect(await followed([])).toBe('refused');
    expect(await followed(undefined)).toBe('refused');
  });

  it('asks anew where a turn waits for a human: its session may hear of no change', async () => {
    const { begin, client, principal, script } = openFixture();
    script.authority = toAuthority(principal, { grants: READING });
    const run = await begin();
    await run.commit([toReply(0, ['fetch']), run.asked(0, 0)]);
    await run.commit([{ kind: 'turn-waiting', round: 0 }]);
    const { turnId } = run.turn;
    const reader = { principal, capability: 'session:read' } as const;
    const follow = (afterId: number) => client.follow({ turnId, afterId, waitMs: 0, reader });
    const page = await follow(0);
    expect(page).toMatchObject({ ended: false });
    const seen = typeof page === 'string' ? 0 : (page.events.at(-1)?.id ?? 0);
    expect(await follow(seen)).toEqual({ events: [], ended: false });
    script.authority = undefined;
    expect(await follow(seen)).toBe('refused');
  });

  it('asks once for each who listens, however many there are and however much they hear', async () => {
    const { begin, client, principal, script } = openFixture();
    script.authority = toAuthority(principal, { grants: READING });
    const { turnId } = (await begin()).turn;
    const before = script.asked;
    for (const _ of ['first page', 'second page']) {
      for (let reader = 0; reader < 20; reader++) {
        const listener = { ...principal, tokenId: `tok_reader_${reader}` };
        const page = await client.follow({
          ...{ turnId, afterId: 0, waitMs: 0 },
          reader: { principal: listener, capability: 'session:read' },
        });
        expect(page).toBeDefined();
      }
    }
    expect(script.asked - before).toBe(20);
  });
});

describe('SessionApi.awaitTurn() and runTurn()', () => {
  it('answer as soon as the turn has ended', async () => {
    const { client, create, admission, run } = openFixture();
    await client.create(create);
    const ran = client.runTurn(admission(), 60_000);
    await (await run()).commit([toTurnFinished('hi')]);
    expect(await ran).toMatchObject({ ok: true, value: { status: 'finished', output: 'hi' } });
  });

  it('give up after their time, with what the caller needs to ask again', async () => {
    const { client, create, admission } = openFixture();
    await client.create(create);
    const ran = await client.runTurn(admission(), 20);
    expect(ran).toMatchObject({ ok: true, value: { replayed: false } });
    if (!ran.ok) return;
    const { turnId } = ran.value;
    expect(await client.awaitTurn(turnId, 0)).toMatchObject({ turnId, status: 'running' });
  });

  it('pass a refusal on', async () => {
    const { client, admission } = openFixture();
    expect(await client.runTurn(admission(), 1)).toEqual({
      ok: false,
      error: { code: 'not_found' },
    });
  });
});

describe('SessionApi.messages()', () => {
  it('pages', async () => {
    const { client, create, admit, run } = openFixture();
    await client.create({ ...create, system: 's' });
    await admit();
    const first = await run();
    await first.commit([toReply(0, [], 'a'), toTurnFinished()]);
    const page = await client.messages(0, 2);
    expect(page?.messages.map(({ role }) => role)).toEqual(['system', 'user']);
    const rest = await client.messages(page?.next ?? 0, 2);
    expect(rest?.messages.map(({ role }) => role)).toEqual(['assistant']);
    expect(rest && 'next' in rest).toBe(false);
  });
});
