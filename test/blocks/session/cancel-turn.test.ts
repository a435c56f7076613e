import { describe, expect, it, vi } from 'vitest';
import { NOT_RUN_SENTENCE, UNKNOWN_SENTENCE } from '../../../src/core/conversation/answer-call.ts';
import { NO_USAGE } from '../../../src/core/conversation/usage.ts';
import { eventually } from '../../support/eventually.ts';
import { crash } from './support/crash.ts';
import {
  REPLY_USAGE,
  toFinished,
  toReply,
  toToolEvent,
  toTurnFinished,
} from './support/scripted-run.ts';
import { openFixture } from './support/session-fixture.ts';

const CANCELLED = { ok: false, error: 'cancelled' };

describe('SessionApi.cancelTurn()', () => {
  it('ends a running turn at once and wakes everyone who waits for it', async () => {
    const { begin, client, principal, chain } = openFixture();
    const run = await begin();
    const { turnId } = run.turn;
    const waiting = [
      client.events(turnId, 1, 60_000),
      client.awaitTurn(turnId, 60_000),
      run.holdLease(),
    ] as const;
    expect(await client.cancelTurn(turnId, principal, 'req_cancel')).toMatchObject({
      status: 'cancelled',
      code: 'cancelled',
    });
    const [page, summary, lease] = await Promise.all(waiting);
    expect(page).toMatchObject({
      events: [{ id: 2, body: { kind: 'turn-failed', code: 'cancelled' } }],
      ended: true,
    });
    expect(summary).toMatchObject({ status: 'cancelled' });
    expect(lease).toBe('cancelled');
    await eventually(() =>
      expect(chain()).toContainEqual(
        expect.objectContaining({
          action: 'turn-cancelled',
          actor: 'user:alice',
          requestId: 'req_cancel',
          turnId,
        }),
      ),
    );
  });

  it('refuses every later batch of the run', async () => {
    const { begin, client, principal, events } = openFixture();
    const run = await begin();
    await run.commit([toReply(0, ['fetch'])]);
    await client.cancelTurn(run.turn.turnId, principal, 'r');
    const before = await events(run.turn.turnId);
    expect(await run.commit([run.started(0, 0)])).toEqual(CANCELLED);
    expect(await run.commit([{ kind: 'text', round: 1, text: 'x' }])).toEqual(CANCELLED);
    expect(await run.commit([toTurnFinished()])).toEqual(CANCELLED);
    expect(await events(run.turn.turnId)).toEqual(before);
    expect(await run.holdLease()).toBe('cancelled');
  });

  it('leaves a history in which every call has an answer', async () => {
    const { begin, client, principal, admit, run } = openFixture();
    const first = await begin();
    await first.commit([
      toReply(0, ['fetch', 'fetch', 'fetch'], 'three'),
      first.started(0, 0),
      first.started(0, 1),
    ]);
    await first.commit([toFinished(0, 0, 'page')]);
    await client.cancelTurn(first.turn.turnId, principal, 'r');
    await admit();
    expect((await run(1)).turn.history.map(({ role, content }) => [role, content])).toEqual([
      ['user', 'hello'],
      ['assistant', 'three'],
      ['tool', 'page'],
      ['tool', UNKNOWN_SENTENCE],
      ['tool', NOT_RUN_SENTENCE],
      ['user', 'hello'],
    ]);
  });

  it('settles with what the stopped run says that its last model call has cost', async () => {
    const { begin, client, principal, script, chain } = openFixture();
    const run = await begin();
    await run.commit([toReply(0, ['fetch']), run.started(0, 0)]);
    await client.cancelTurn(run.turn.turnId, principal, 'r');
    const usage = { inputTokens: 30, outputTokens: 1, costMicroUsd: 21 };
    const audit = [toToolEvent('observed'), { ...toToolEvent(), action: 'turn-failed' as const }];
    const failed = { kind: 'turn-failed', code: 'cancelled', usage } as const;
    expect(await run.commit([toFinished(0, 0), failed], { audit })).toEqual(CANCELLED);
    await eventually(() =>
      expect(script.settled).toEqual([
        {
          turnId: run.turn.turnId,
          usage: { inputTokens: 30, outputTokens: REPLY_USAGE.outputTokens, costMicroUsd: 21 },
          toolCalls: { fetch: 1 },
        },
      ]),
    );
    const actions = () => chain().map(({ action }) => action);
    await eventually(() => expect(actions()).toContain('tool-call'));
    expect(actions()).not.toContain('turn-failed');
  });

  it('records once what became of a call whose end was on its way, and is repeated at last', async () => {
    const { begin, client, principal, chain } = openFixture();
    const run = await begin();
    await run.commit([toReply(0, ['fetch']), run.started(0, 0)]);
    await client.cancelTurn(run.turn.turnId, principal, 'r');
    const audit = [toToolEvent('observed')];
    const finished = { kind: 'round-finished', round: 0, usage: REPLY_USAGE } as const;
    expect(await run.commit([toFinished(0, 0), finished], { audit })).toEqual(CANCELLED);
    const failed = { kind: 'turn-failed', code: 'deadline_exceeded', usage: REPLY_USAGE } as const;
    expect(await run.commit([toFinished(0, 0), failed], { audit })).toEqual(CANCELLED);
    const last = [...audit, { ...toToolEvent(), action: 'model-called' as const }];
    await run.commit([toFinished(0, 0), { ...failed, code: 'cancelled' }], { audit: last });
    const actions = () => chain().map(({ action }) => action);
    await eventually(() => expect(actions()).toContain('model-called'));
    expect(actions().filter((action) => action === 'tool-call')).toHaveLength(1);
  });

  it('records the last words of a run that have cost nothing more', async () => {
    const { begin, client, principal, chain } = openFixture();
    const run = await begin();
    await client.cancelTurn(run.turn.turnId, principal, 'r');
    // Such as of a model that refused to answer: the turn has ended with just this entry.
    const failed = { kind: 'turn-failed', code: 'cancelled', usage: NO_USAGE } as const;
    const audit = [{ ...toToolEvent('observed'), action: 'model-called' as const }];
    expect(await run.commit([failed], { audit })).toEqual(CANCELLED);
    await eventually(() => expect(chain().map(({ action }) => action)).toContain('model-called'));
  });

  it('records last words once that are sent again, since a crash took their answer', async () => {
    const { begin, client, principal, chain, script } = openFixture();
    const run = await begin();
    await run.commit([toReply(0, ['fetch']), run.started(0, 0)]);
    await client.cancelTurn(run.turn.turnId, principal, 'r');
    script.failingSettlements = Number.POSITIVE_INFINITY;
    const failed = { kind: 'turn-failed', code: 'cancelled', usage: REPLY_USAGE } as const;
    const words = () =>
      run.commit([toFinished(0, 0), failed], { audit: [toToolEvent('observed')] });
    expect(await words()).toEqual(CANCELLED);
    await crash();
    expect(await words()).toEqual(CANCELLED);
    script.failingSettlements = 0;
    await client.remove(principal, 'r');
    const actions = () => chain().map(({ action }) => action);
    await eventually(() => expect(actions()).toContain('session-deleted'));
    expect(actions().filter((action) => action === 'tool-call')).toHaveLength(1);
  });

  it('settles without a word from the run once its lease has lapsed', async () => {
    const { begin, client, principal, script } = openFixture();
    const run = await begin();
    await run.commit([toReply(0)]);
    await client.cancelTurn(run.turn.turnId, principal, 'r');
    await crash();
    await vi.waitFor(() => expect(script.settled).toMatchObject([{ usage: REPLY_USAGE }]), {
      timeout: 20_000,
    });
  });

  it('takes a queued turn out of the lane; its input never enters the history', async () => {
    const { begin, client, principal, admit, run, events } = openFixture();
    const first = await begin();
    const queued = await admit({ requestId: 'queued' });
    await admit({ requestId: 'next' });
    expect(await client.cancelTurn(queued, principal, 'r')).toMatchObject({ status: 'cancelled' });
    expect((await events(queued)).map(({ id, body }) => [id, body.kind])).toEqual([
      [1, 'turn-failed'],
    ]);
    expect(await client.summary(first.turn.turnId)).toMatchObject({ status: 'running' });
    await first.commit([toTurnFinished()]);
    const next = await run(1);
    expect(next.turn.requestId).toBe('next');
    expect(next.turn.history).toHaveLength(2);
  });

  it('starts the next turn', async () => {
    const { begin, client, principal, admit, run } = openFixture();
    const first = await begin();
    const next = await admit();
    await client.cancelTurn(first.turn.turnId, principal, 'r');
    expect((await run(1)).turn.turnId).toBe(next);
  });

  it('changes nothing about a turn that has ended, and knows no other', async () => {
    const { begin, client, principal, create } = openFixture();
    const run = await begin();
    await run.commit([toTurnFinished()]);
    expect(await client.cancelTurn(run.turn.turnId, principal, 'r')).toMatchObject({
      status: 'finished',
    });
    const unknown = create.sessionId.replace('ses_', 'turn_').slice(0, 37) as never;
    expect(await client.cancelTurn(unknown, principal, 'r')).toBeUndefined();
  });
});

describe('SessionApi.cancelTurns()', () => {
  it('ends what runs, what waits, and what is being admitted, and lets none of it start', async () => {
    const { admit, begin, client, principal, script } = openFixture();
    const { turn } = await begin();
    const queued = await admit();
    let cancelled: Promise<void> | undefined;
    script.beforeOpening = async () => {
      cancelled = client.cancelTurns(principal, 'req_end');
      await client.describe();
    };
    const admitted = await admit();
    await cancelled;
    for (const turnId of [turn.turnId, queued, admitted])
      expect(await client.summary(turnId)).toMatchObject({ status: 'cancelled' });
    expect(script.runs).toHaveLength(1);
  });

  it('leaves no trace of a session that there is not', async () => {
    const { client, principal } = openFixture();
    await client.cancelTurns(principal, 'req_end');
    expect(await client.describe()).toBeUndefined();
  });
});
