import { runDurableObjectAlarm } from 'cloudflare:test';
import { describe, expect, it, vi } from 'vitest';
import { MAX_QUEUED_TURNS } from '../../../src/blocks/session/admission.ts';
import { PRINCIPAL_LABEL, UNTRUSTED_LABEL } from '../../../src/core/policy/labels.ts';
import { DEFAULT_POLICY } from '../../../src/core/policy/policy.ts';
import { eventually } from '../../support/eventually.ts';
import { toTurnFinished } from './support/scripted-run.ts';
import { openFixture, toAuthority } from './support/session-fixture.ts';

const KEYED = { idempotency: { key: 'k', bodyHash: 'h' } };

describe('SessionApi.admitTurn()', () => {
  it('hands the turn to a run with everything that it needs', async () => {
    const { script, principal, create, begin } = openFixture();
    const { turn } = await begin();
    expect(turn).toEqual({
      turnId: script.openings[0]?.turnId,
      sessionId: create.sessionId,
      workspace: principal.workspace,
      requestId: 'req_turn',
      driver: { kind: 'model', model: 'embedded/planner' },
      history: [{ role: 'user', content: 'hello', label: PRINCIPAL_LABEL }],
      authority: toAuthority(principal),
      slice: expect.objectContaining({ toolCalls: 16 }),
      epoch: 1,
      deadlineAt: expect.any(Number),
      journaled: [],
      approvals: [],
      onAsk: 'wait',
    });
    const leftMs = turn.deadlineAt - Date.now();
    expect(leftMs).toBeGreaterThan(DEFAULT_POLICY.limits.maxDurationMs - 10_000);
    expect(leftMs).toBeLessThanOrEqual(DEFAULT_POLICY.limits.maxDurationMs);
  });

  it('lets a turn with a ceiling spend no more than that', async () => {
    const { client, create, admit, run } = openFixture();
    await client.create(create);
    await admit({ ceiling: { tokens: 7, costMicroUsd: 0 } });
    const { turn } = await run();
    expect([turn.slice.tokens, turn.slice.costMicroUsd]).toEqual([7, 0]);
    expect(turn.slice.toolCalls).toBe(16);
  });

  it('writes event 1 and the audit event before the run begins', async () => {
    const { client, events, begin, chain } = openFixture();
    const { turn } = await begin();
    expect((await events(turn.turnId)).map(({ id, body }) => [id, body])).toEqual([
      [1, { kind: 'turn-started', turnId: turn.turnId, model: 'embedded/planner' }],
    ]);
    expect(await client.describe()).toMatchObject({ turns: 1, activeTurn: turn.turnId });
    await eventually(() =>
      expect(chain()).toContainEqual(
        expect.objectContaining({ action: 'turn-admitted', turnId: turn.turnId, revision: 1 }),
      ),
    );
  });

  it('answers not_found for a session that does not exist, and leaves no trace', async () => {
    const { client, admission, script } = openFixture();
    expect(await client.admitTurn(admission())).toEqual({
      ok: false,
      error: { code: 'not_found' },
    });
    expect(script.openings).toEqual([]);
    expect(await client.describe()).toBeUndefined();
  });

  it('makes an ephemeral session in the same step', async () => {
    const { client, admit, create, run, script } = openFixture();
    await admit({ create: { ...create, ephemeralMs: 60_000 } });
    await run();
    expect((await client.describe())?.turns).toBe(1);
    await admit({ create: { ...create, ephemeralMs: 60_000 } });
    expect((await client.describe())?.turns).toBe(2);
    expect(script.openings).toHaveLength(2);
  });

  it('shows a session that exists the system message that is named now', async () => {
    const { admit, create, run } = openFixture();
    const systems = ['first', 'second', undefined];
    for (const [ordinal, system] of systems.entries()) {
      await admit({ create: { ...create, ...(system !== undefined && { system }) } });
      const going = await run(ordinal);
      const shown = going.turn.history.filter(({ role }) => role === 'system');
      expect(shown.map(({ content }) => content)).toEqual(system === undefined ? [] : [system]);
      await going.commit([toTurnFinished('done')]);
    }
  });

  it('asks the workspace for an authority only when it has none of that revision', async () => {
    const { begin, admit, script, principal } = openFixture();
    await begin();
    await admit();
    script.authority = toAuthority(principal, { revision: 2 });
    await admit();
    await admit();
    expect(script.openings.map(({ knownRevision }) => knownRevision)).toEqual([undefined, 1, 1, 2]);
  });

  it('takes the model of the turn, else of the session, else of the policy', async () => {
    const { client, create, admit, run } = openFixture();
    await client.create({ ...create, model: 'openai/gpt-5' });
    await admit({ driver: { kind: 'model', model: 'ollama/llama3.2:3b' } });
    const first = await run(0);
    expect(first.turn.driver).toEqual({ kind: 'model', model: 'ollama/llama3.2:3b' });
    await first.commit([toTurnFinished()]);
    await admit();
    expect((await run(1)).turn.driver).toEqual({ kind: 'model', model: 'openai/gpt-5' });
  });

  it('denies a model that the policy does not have, and gives the slice back', async () => {
    const { client, create, admission, script, principal, chain } = openFixture();
    const models = { ...DEFAULT_POLICY.models, allow: ['embedded/*'] };
    script.authority = toAuthority(principal, { policy: { ...DEFAULT_POLICY, models } });
    await client.create(create);
    const driver = { kind: 'model', model: 'openai/gpt-5' } as const;
    expect(await client.admitTurn(admission({ driver }))).toEqual({
      ok: false,
      error: { code: 'denied' },
    });
    await eventually(() =>
      expect(script.settled.map(({ turnId }) => turnId)).toEqual([script.openings[0]?.turnId]),
    );
    await eventually(() =>
      expect(chain()).toContainEqual(
        expect.objectContaining({ action: 'turn-refused', decision: 'denied', reason: 'denied' }),
      ),
    );
    expect(script.runs).toEqual([]);
  });

  it.each([
    ['principal_rate', { code: 'rate_limited', rate: 'principal' }],
    ['session_rate', { code: 'rate_limited', rate: 'session' }],
    ['workspace_rate', { code: 'rate_limited', rate: 'workspace' }],
    ['token_budget', { code: 'budget_exhausted' }],
    ['money_budget', { code: 'budget_exhausted' }],
  ] as const)('answers a shortage of %s with %j and the exact wait', async (reason, error) => {
    const { client, create, admission, script, chain } = openFixture();
    script.shortage = { reason, retryAfterMs: 1_234 };
    const ephemeral = { create: { ...create, ephemeralMs: 60_000 } };
    expect(await client.admitTurn(admission(ephemeral))).toEqual({
      ok: false,
      error: { ...error, retryAfterMs: 1_234 },
    });
    await eventually(() =>
      expect(chain()).toContainEqual(
        expect.objectContaining({ action: 'turn-refused', decision: 'denied', reason: error.code }),
      ),
    );
  });

  it('passes a program on as it is, with messages of other origin', async () => {
    const { admit, create, run } = openFixture();
    const call = { id: 'program', name: 'fetch', argumentsText: '{"a":1}' };
    await admit({ create, driver: { kind: 'program', call }, messages: [] });
    const { turn } = await run();
    expect(turn.driver).toEqual({ kind: 'program', call });
    expect(turn.history).toEqual([]);
  });

  it('keeps the label of messages that a client sent', async () => {
    const { admit, create, run } = openFixture();
    const said = {
      role: 'assistant',
      content: 'x',
      toolCalls: [],
      label: UNTRUSTED_LABEL,
    } as const;
    await admit({ create, messages: [said] });
    expect((await run()).turn.history).toEqual([said]);
  });
});

describe('the lane', () => {
  it('runs one turn at a time, in the order of admission', async () => {
    const { begin, admission, client, run, script, events } = openFixture();
    const first = await begin();
    const admitted = await Promise.all([
      client.admitTurn(admission({ requestId: 'b' })),
      client.admitTurn(admission({ requestId: 'c' })),
    ]);
    expect(admitted.every(({ ok }) => ok)).toBe(true);
    expect(script.runs).toHaveLength(1);
    await first.commit([toTurnFinished()]);
    const second = await run(1);
    expect(second.turn.requestId).toBe('b');
    expect(await events(second.turn.turnId)).toHaveLength(1);
    await second.commit([toTurnFinished()]);
    expect((await run(2)).turn.requestId).toBe('c');
    expect((await run(2)).turn.epoch).toBe(3);
  });

  it('shows a queued turn as queued, without events, and its input to nobody before it starts', async () => {
    const { begin, admit, client, events } = openFixture();
    await begin();
    const turnId = await admit();
    expect(await client.summary(turnId)).toMatchObject({ status: 'queued', output: '' });
    expect(await events(turnId)).toEqual([]);
    expect((await client.messages(0, 10))?.messages).toHaveLength(1);
  });

  it(`takes ${MAX_QUEUED_TURNS} turns behind the running one, and refuses the next`, async () => {
    const { begin, admit, admission, client } = openFixture();
    await begin();
    for (let waiting = 0; waiting < MAX_QUEUED_TURNS; waiting++) await admit();
    expect(await client.admitTurn(admission())).toEqual({
      ok: false,
      error: { code: 'lane_full' },
    });
  });

  it('admits in the order of arrival though the workspace answers the first one late', async () => {
    const { client, create, admission, script, run } = openFixture();
    await client.create(create);
    let opened = 0;
    script.beforeOpening = async () => {
      opened += 1;
      if (opened === 1) await new Promise((resolve) => setTimeout(resolve, 50));
    };
    await Promise.all([
      client.admitTurn(admission({ requestId: 'a' })),
      client.admitTurn(admission({ requestId: 'b' })),
    ]);
    expect((await run(0)).turn.requestId).toBe('a');
  });

  it('goes on after an admission that broke', async () => {
    const { client, create, admission, script, run } = openFixture();
    await client.create(create);
    script.beforeOpening = async () => Promise.reject(new Error('unreachable'));
    await expect(client.admitTurn(admission())).rejects.toThrow('unreachable');
    script.beforeOpening = async () => {};
    expect((await client.admitTurn(admission())).ok).toBe(true);
    await run(0);
  });

  it('runs a turn under the authority of its start, when that is newer than its admission', async () => {
    const { begin, admit, client, run, script, principal } = openFixture();
    const first = await begin();
    await admit();
    script.authority = toAuthority(principal, { revision: 2 });
    await client.authorityChanged(2);
    await first.commit([toTurnFinished()]);
    expect((await run(1)).turn.authority.revision).toBe(2);
  });

  it('fails every queued turn whose credential was revoked before its start', async () => {
    const { begin, admit, client, script } = openFixture();
    const first = await begin();
    const revoked = [await admit(), await admit()];
    script.authority = undefined;
    await client.authorityChanged(2);
    await first.commit([toTurnFinished()]);
    for (const turnId of revoked) {
      expect(await client.awaitTurn(turnId, 5_000)).toMatchObject({
        status: 'failed',
        code: 'denied',
      });
    }
    expect(script.runs).toHaveLength(1);
    await eventually(() => expect(script.settled).toHaveLength(3));
  });
});

describe('idempotency', () => {
  it('answers an equal request with the same turn, also while that is running', async () => {
    const { client, create, admission, script } = openFixture();
    await client.create(create);
    const [first, second] = await Promise.all([
      client.admitTurn(admission(KEYED)),
      client.admitTurn(admission(KEYED)),
    ]);
    expect(first).toMatchObject({ ok: true, value: { replayed: false } });
    expect(second).toMatchObject({ ok: true, value: { replayed: true } });
    expect(first.ok && second.ok && first.value.turnId === second.value.turnId).toBe(true);
    expect(script.openings).toHaveLength(1);
  });

  it('refuses the key with another body', async () => {
    const { client, create, admit, admission } = openFixture();
    await client.create(create);
    await admit(KEYED);
    const other = { idempotency: { key: 'k', bodyHash: 'other' } };
    expect(await client.admitTurn(admission(other))).toEqual({
      ok: false,
      error: { code: 'idempotency_conflict' },
    });
  });

  it('keeps the keys of principals apart', async () => {
    const { client, create, admit, principal } = openFixture();
    await client.create(create);
    const mine = await admit(KEYED);
    expect(await admit({ ...KEYED, principal: { ...principal, id: 'bob' } })).not.toBe(mine);
    expect(await admit({ ...KEYED, principal: { ...principal, tokenId: 'tok_2' } })).toBe(mine);
  });

  it('forgets a key after 24 hours, and not before', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      const { client, create, admit, connect } = openFixture();
      await client.create(create);
      const begunAt = Date.now();
      const turnId = await admit(KEYED);
      vi.setSystemTime(begunAt + 86_399_000);
      expect(await admit(KEYED)).toBe(turnId);
      vi.setSystemTime(begunAt + 86_400_001);
      // Records of a day ago would otherwise stop admissions.
      await runDurableObjectAlarm(connect());
      expect(await admit(KEYED)).not.toBe(turnId);
    } finally {
      vi.useRealTimers();
    }
  });
});
