import { runInDurableObject } from 'cloudflare:test';
import { describe, expect, it, vi } from 'vitest';
import { MAX_BACKLOG_EVENTS } from '../../../src/blocks/kit/outbox.ts';
import { DENIAL_SENTENCE, deny } from '../../../src/core/errors/denial.ts';
import { UNTRUSTED_LABEL } from '../../../src/core/policy/labels.ts';
import { eventually } from '../../support/eventually.ts';
import { crash, crashLongAgo } from './support/crash.ts';
import { LEASE_MS } from './support/lease-ms.ts';
import {
  REPLY_USAGE,
  toFinished,
  toReply,
  toResult,
  toToolEvent,
  toTurnFinished,
} from './support/scripted-run.ts';
import { openFixture, TO_TALK, toAuthority } from './support/session-fixture.ts';

const OLDER_EPOCH = { ok: false, error: 'lease_lost' };

describe('SessionApi.commit()', () => {
  it('shows what a call has cost however it ended, and its receipt', async () => {
    const { begin, events } = openFixture();
    const run = await begin();
    const cost = { durationMs: 4, fuel: 100, memoryPages: 1, suspendedMs: 2 };
    const receipt = { codeHash: 'c', argumentHash: 'a', outputHash: 'o', revision: 1, fuel: 100 };
    const result = { ...toResult('page'), cost, receipt };
    const ref = { kind: 'call-finished', round: 0, tool: 'fetch' } as const;
    await run.commit([toReply(0, ['fetch', 'fetch']), run.started(0, 0), run.started(0, 1)]);
    await run.commit([
      { ...ref, index: 0, end: { kind: 'result', result } },
      { ...ref, index: 1, end: { kind: 'denied', denial: deny('dispatch', 'fuel'), cost } },
    ]);
    const seen = (await events(run.turn.turnId)).slice(-2).map(({ body }) => body);
    expect(seen).toMatchObject([
      { kind: 'tool-result', cost, receipt },
      { kind: 'tool-call-denied', reason: 'fuel', cost },
    ]);
  });

  it('turns the entries of a whole turn into events without a gap in their ids', async () => {
    const { begin, events, client } = openFixture();
    const run = await begin();
    const denial = deny('capability', 'principal_grant_missing', { retryAfterMs: 5 });
    await run.commit([toReply(0, ['fetch', 'shell'], 'let me see'), run.started(0, 0)]);
    await run.commit([
      toFinished(0, 0, 'page'),
      { kind: 'call-denied', round: 0, index: 1, tool: 'shell', denial },
      { kind: 'round-finished', round: 0, usage: REPLY_USAGE },
    ]);
    await run.commit([{ kind: 'text', round: 1, text: 'Do' }]);
    await run.commit([
      { ...toReply(1, [], 'Done'), unsentText: 'ne' },
      { kind: 'round-finished', round: 1, usage: REPLY_USAGE },
      toTurnFinished('Done'),
    ]);
    const seen = await events(run.turn.turnId);
    expect(seen.map(({ id }) => id)).toEqual(seen.map((_, index) => index + 1));
    const call = { round: 0, index: 0, tool: 'fetch' };
    const denied = { round: 0, index: 1, tool: 'shell' };
    const { content, truncated, label, cost } = toResult('page');
    expect(seen.map(({ body }) => body)).toEqual([
      { kind: 'turn-started', turnId: run.turn.turnId, model: 'embedded/planner' },
      { kind: 'text-delta', round: 0, text: 'let me see' },
      { kind: 'tool-call-proposed', ...call, argumentsText: '{}' },
      { kind: 'tool-call-proposed', ...denied, argumentsText: '{}' },
      { kind: 'tool-call-approved', ...call, arguments: {} },
      { kind: 'tool-result', ...call, content, truncated, label, cost },
      {
        kind: 'tool-call-denied',
        ...denied,
        check: 'capability',
        reason: 'principal_grant_missing',
        retryAfterMs: 5,
      },
      { kind: 'round-finished', round: 0, usage: REPLY_USAGE },
      { kind: 'text-delta', round: 1, text: 'Do' },
      { kind: 'text-delta', round: 1, text: 'ne' },
      { kind: 'round-finished', round: 1, usage: REPLY_USAGE },
      { kind: 'turn-finished', output: 'Done', usage: REPLY_USAGE },
    ]);
    expect(await client.summary(run.turn.turnId)).toEqual({
      turnId: run.turn.turnId,
      status: 'finished',
      output: 'Done',
      usage: REPLY_USAGE,
      toolCalls: [
        { ...call, status: 'finished' },
        { ...denied, status: 'denied', check: 'capability', reason: 'principal_grant_missing' },
      ],
      label: UNTRUSTED_LABEL,
    });
  });

  it('gives a receipt for exactly the calls that the batch starts', async () => {
    const { begin } = openFixture();
    const run = await begin();
    const { turnId } = run.turn;
    expect(
      await run.commit([toReply(0, ['a', 'b', 'c']), run.started(0, 0), run.started(0, 2)]),
    ).toEqual({
      ok: true,
      value: {
        turnId,
        epoch: 1,
        revision: 1,
        startedCalls: [`${turnId}/0/0`, `${turnId}/0/2`],
      },
    });
  });

  it('writes the history in the order that vendors demand, though calls end in any order', async () => {
    const { begin, client, admit, run } = openFixture();
    const first = await begin();
    await first.commit([
      toReply(0, ['fetch', 'shell', 'fetch']),
      first.started(0, 0),
      first.started(0, 2),
    ]);
    await first.commit([toFinished(0, 2, 'third')]);
    const denial = deny('registry', 'unknown_tool');
    await first.commit([
      { kind: 'call-denied', round: 0, index: 1, tool: 'shell', denial },
      toFinished(0, 0, 'first'),
      { kind: 'round-finished', round: 0, usage: REPLY_USAGE },
      toReply(1, [], 'all done'),
      { kind: 'round-finished', round: 1, usage: REPLY_USAGE },
      toTurnFinished('all done'),
    ]);
    const page = await client.messages(0, 50);
    expect(page?.messages.map(({ role, content }) => [role, content])).toEqual([
      ['user', 'hello'],
      ['assistant', ''],
      ['tool', 'first'],
      ['tool', DENIAL_SENTENCE],
      ['tool', 'third'],
      ['assistant', 'all done'],
    ]);
    expect(page?.messages[3]).toMatchObject({ modelCallId: 'call_0_1', isError: true });
    await admit();
    expect((await run(1)).turn.history).toHaveLength(7);
  });

  it('renews the lease, which is written down when a third of it is over', async () => {
    const { begin, connect } = openFixture();
    const run = await begin();
    const leaseUntil = () =>
      runInDurableObject(connect(), (_, { storage }) =>
        Number(storage.sql.exec('SELECT lease_until FROM turns').one().lease_until),
      );
    const before = await leaseUntil();
    let after = before;
    while (after === before) {
      await run.commit([{ kind: 'text', round: 0, text: 'x' }]);
      after = await leaseUntil();
    }
    expect(after).toBeGreaterThan(before + LEASE_MS / 3);
  });

  it('wakes whoever waits for events', async () => {
    const { begin, client } = openFixture();
    const run = await begin();
    const waiting = client.events(run.turn.turnId, 1, 60_000);
    await run.commit([{ kind: 'text', round: 0, text: 'x' }]);
    expect(await waiting).toMatchObject({ events: [{ id: 2 }], ended: false });
  });

  it('puts the audit events of the batch into the outbox, in its transaction', async () => {
    const { begin, chain } = openFixture();
    const run = await begin();
    await run.commit([toReply(0, ['fetch']), run.started(0, 0)], { audit: [toToolEvent()] });
    await eventually(() => expect(chain()).toContainEqual(toToolEvent()));
  });

  it('takes 3 MB in one result and gives it back to event, history and summary', async () => {
    const { begin, client, events } = openFixture();
    const run = await begin();
    const huge = '€'.repeat(1_000_000);
    await run.commit([toReply(0, ['fetch'], huge), run.started(0, 0)]);
    await run.commit([
      toFinished(0, 0, huge),
      { kind: 'round-finished', round: 0, usage: REPLY_USAGE },
    ]);
    // A page ends when it is long enough, so the events come in several.
    const all = [];
    for (let after = 0; after < 6; ) {
      const page = await client.events(run.turn.turnId, after, 0);
      all.push(...(page?.events ?? []));
      after = all.length;
    }
    expect(all.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 6]);
    const result = all[4]?.body;
    expect(result?.kind === 'tool-result' && result.content === huge).toBe(true);
    const messages = (await client.messages(0, 50))?.messages ?? [];
    expect(messages[1]?.content === huge).toBe(true);
    expect(await events(run.turn.turnId)).not.toHaveLength(0);
  });
});

describe('a batch that is refused', () => {
  it('comes of an older epoch: nothing is written and nothing is receipted', async () => {
    const { begin, connect, client, run } = openFixture();
    const first = await begin();
    await first.commit([toReply(0, ['fetch'])]);
    await crashLongAgo(connect);
    const second = await run(1);
    expect(second.turn.epoch).toBe(2);
    expect(await first.commit([first.started(0, 0)])).toEqual(OLDER_EPOCH);
    expect(await first.commit([toTurnFinished()])).toEqual(OLDER_EPOCH);
    expect(await first.holdLease()).toBe('lease_lost');
    expect((await second.commit([second.started(0, 0)])).ok).toBe(true);
    expect(await client.summary(first.turn.turnId)).toMatchObject({ status: 'running' });
  });

  it('comes of an epoch that never was, or of no turn at all', async () => {
    const { begin } = openFixture();
    const run = await begin();
    const text = [{ kind: 'text', round: 0, text: 'x' }] as const;
    expect(await run.commit(text, { epoch: 2 })).toEqual(OLDER_EPOCH);
    const turnId = openFixture().create.sessionId.replace('ses_', 'turn_').slice(0, 37);
    expect(await run.commit(text, { turnId: turnId as never })).toEqual(OLDER_EPOCH);
  });

  it('starts a call under an older revision, and nothing else is refused for that', async () => {
    const { begin, client, script, principal } = openFixture();
    const run = await begin();
    script.authority = toAuthority(principal, { revision: 2, grants: TO_TALK });
    await client.authorityChanged(2);
    expect((await run.commit([toReply(0, ['fetch'])])).ok).toBe(true);
    expect(await run.commit([run.started(0, 0)])).toEqual({ ok: false, error: 'authority_stale' });
    const newest = await client.refreshAuthority(run.turn.turnId, run.turn.epoch);
    expect(newest).toMatchObject({ revision: 2, grants: TO_TALK });
    const again = run.started(0, 0, { claims: { revision: 2 } });
    expect((await run.commit([again], { revision: 2 })).ok).toBe(true);
  });

  it('does not forget the newest revision when the object dies', async () => {
    const { begin, client } = openFixture();
    const run = await begin();
    await client.authorityChanged(7);
    await crash();
    expect(await run.commit([toReply(0, ['fetch']), run.started(0, 0)])).toEqual({
      ok: false,
      error: 'authority_stale',
    });
  });

  it('starts a call while the audit backlog is too long; what ends calls passes', async () => {
    const { begin, script, chain } = openFixture();
    const run = await begin();
    await run.commit([toReply(0, ['fetch', 'fetch']), run.started(0, 0)]);
    script.auditIsDown = true;
    const audit = Array.from({ length: MAX_BACKLOG_EVENTS + 1 }, () => toToolEvent());
    expect((await run.commit([toFinished(0, 0)], { audit })).ok).toBe(true);
    expect(await run.commit([run.started(0, 1)])).toEqual({
      ok: false,
      error: 'audit_unavailable',
    });
    script.auditIsDown = false;
    // The refusal has asked for another attempt to send.
    await vi.waitFor(async () => expect((await run.commit([run.started(0, 1)])).ok).toBe(true), {
      timeout: 20_000,
    });
    expect(chain().length).toBeGreaterThan(MAX_BACKLOG_EVENTS);
  });

  it.each([
    ['callKey', { callKey: 'turn_0/0/0' }],
    ['session', { session: 'ses_other' }],
    ['workspace', { workspace: 'other' }],
    ['epoch', { epoch: 2 }],
    ['revision', { revision: 2 }],
    ['tool', { tool: 'shell' }],
  ])('starts a call with claims of another %s', async (_, claims) => {
    const { begin } = openFixture();
    const run = await begin();
    await run.commit([toReply(0, ['fetch'])]);
    await expect(run.commit([run.started(0, 0, { claims })])).rejects.toMatchObject({
      code: 'internal',
    });
  });
});
