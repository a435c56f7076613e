import { runInDurableObject } from 'cloudflare:test';
import { describe, expect, it, vi } from 'vitest';
import { HOLD_MS } from '../../../src/blocks/session/held-slice.ts';
import type { AdmitTurn } from '../../../src/blocks/session/session-api.ts';
import { DEFAULT_POLICY } from '../../../src/core/policy/policy.ts';
import type { Slice } from '../../../src/core/policy/slice.ts';
import { eventually } from '../../support/eventually.ts';
import { crash, crashLongAgo } from './support/crash.ts';
import {
  REPLY_USAGE,
  type ScriptedRun,
  toFinished,
  toReply,
  toTurnFinished,
} from './support/scripted-run.ts';
import {
  openFixture,
  type SessionFixture,
  SLICE,
  toAuthority,
  toPattern,
} from './support/session-fixture.ts';

/** Three turns' worth of calls. */
const PLENTY: Slice = { toolCalls: 48, tokens: 600_000, costMicroUsd: 9_000_000, perTool: {} };

const IN_TIME = { timeout: HOLD_MS + 3_000 };

async function openPlenty(): Promise<SessionFixture> {
  const fixture = openFixture();
  fixture.script.slice = PLENTY;
  await fixture.client.create(fixture.create);
  return fixture;
}

/** A turn that calls a tool so many times, and ends. */
async function finishTurn(fixture: SessionFixture, ordinal: number, calls = 1) {
  const run = await fixture.run(ordinal);
  const tools = Array.from({ length: calls }, () => 'fetch');
  const starts = tools.map((_, index) => run.started(0, index));
  await run.commit([toReply(0, tools), ...starts]);
  await run.commit([toTurnFinished()]);
  return run;
}

async function runTurn(
  fixture: SessionFixture,
  ordinal: number,
  over: Partial<AdmitTurn> = {},
): Promise<ScriptedRun> {
  await fixture.admit(over);
  return await finishTurn(fixture, ordinal);
}

const asked = ({ script }: SessionFixture): number => script.openings.length;

const usageOf = (replies: number) => ({
  inputTokens: replies * REPLY_USAGE.inputTokens,
  outputTokens: replies * REPLY_USAGE.outputTokens,
  costMicroUsd: replies * REPLY_USAGE.costMicroUsd,
});

describe('a slice of several turns', () => {
  it('serves the next turns without asking the workspace, each with a whole turn’s worth', async () => {
    const fixture = await openPlenty();
    const first = await runTurn(fixture, 0);
    const second = await runTurn(fixture, 1);
    expect(asked(fixture)).toBe(1);
    for (const { turn } of [first, second]) {
      expect(turn.slice).toMatchObject({
        toolCalls: DEFAULT_POLICY.limits.maxToolCalls,
        tokens: DEFAULT_POLICY.limits.maxTokens,
      });
    }
  });

  it('is settled once, with what all of its turns have used, when no further one comes', async () => {
    const fixture = await openPlenty();
    const first = await runTurn(fixture, 0);
    await runTurn(fixture, 1);
    expect(fixture.script.settled).toEqual([]);
    await vi.waitFor(() => expect(fixture.script.settled).toHaveLength(1), IN_TIME);
    expect(fixture.script.settled).toEqual([
      { turnId: first.turn.turnId, usage: usageOf(2), toolCalls: { fetch: 2 } },
    ]);
    await runTurn(fixture, 2);
    expect(asked(fixture)).toBe(2);
  });

  it('is settled as soon as it is less than a whole turn’s worth', async () => {
    const fixture = await openPlenty();
    await fixture.admit();
    await finishTurn(fixture, 0, 33);
    await eventually(() => expect(fixture.script.settled).toHaveLength(1));
    await runTurn(fixture, 1);
    expect(asked(fixture)).toBe(2);
  });

  it.each<[string, (fixture: SessionFixture) => Partial<AdmitTurn>]>([
    ['another credential', ({ principal }) => ({ principal: { ...principal, tokenId: 'tok_2' } })],
    ['a model that costs money', () => ({ driver: { kind: 'model', model: 'openai/gpt-5' } })],
    [
      'a program',
      () => ({
        driver: { kind: 'program', call: { id: 'p', name: 'fetch', argumentsText: '{}' } },
        messages: [],
      }),
    ],
  ])('does not serve %s', async (_, over) => {
    const fixture = await openPlenty();
    await runTurn(fixture, 0);
    await runTurn(fixture, 1, over(fixture));
    expect(asked(fixture)).toBe(2);
  });

  it('is held no longer under a new revision: the next turn asks, and what was used is settled', async () => {
    const fixture = await openPlenty();
    const first = await runTurn(fixture, 0);
    fixture.script.authority = toAuthority(fixture.principal, { revision: 2 });
    await fixture.client.authorityChanged(2);
    const second = await runTurn(fixture, 1);
    expect(asked(fixture)).toBe(2);
    expect(second.turn.authority.revision).toBe(2);
    await vi.waitFor(
      () => expect(fixture.script.settled[0]?.turnId).toBe(first.turn.turnId),
      IN_TIME,
    );
  });

  it('is not held over a revision that comes while a turn is using it', async () => {
    const fixture = await openPlenty();
    await fixture.admit();
    const run = await fixture.run();
    fixture.script.authority = toAuthority(fixture.principal, { revision: 2 });
    await fixture.client.authorityChanged(2);
    await run.commit([toTurnFinished()]);
    await eventually(() => expect(fixture.script.settled).toHaveLength(1));
    await runTurn(fixture, 1);
    expect(asked(fixture)).toBe(2);
  });

  it('wakes nobody before all of it can be settled, when the revision comes under a later turn', async () => {
    const fixture = await openPlenty();
    const first = await runTurn(fixture, 0);
    await fixture.admit();
    const run = await fixture.run(1);
    await fixture.client.authorityChanged(2);
    let rings = 0;
    await runInDurableObject(fixture.connect(), (instance: Required<DurableObject>) => {
      const alarm = instance.alarm.bind(instance);
      instance.alarm = async () => {
        rings += 1;
        await alarm();
      };
    });
    await run.commit([toTurnFinished()]);
    await vi.waitFor(() => expect(fixture.script.settled).toHaveLength(1), IN_TIME);
    expect(fixture.script.settled).toMatchObject([{ turnId: first.turn.turnId }]);
    expect(rings).toBeLessThan(10);
  });

  it('is settled with the turn that was cancelled on it, and serves no other', async () => {
    const fixture = await openPlenty();
    const first = await runTurn(fixture, 0);
    const turnId = await fixture.admit();
    const run = await fixture.run(1);
    await fixture.client.cancelTurn(turnId, fixture.principal, 'r');
    await run.commit([{ kind: 'turn-failed', code: 'cancelled', usage: REPLY_USAGE }]);
    await vi.waitFor(() => expect(fixture.script.settled).toHaveLength(1), IN_TIME);
    expect(fixture.script.settled).toMatchObject([
      { turnId: first.turn.turnId, usage: { inputTokens: 2 * REPLY_USAGE.inputTokens } },
    ]);
    await runTurn(fixture, 2);
    expect(asked(fixture)).toBe(2);
  });

  it('is settled after a crash while it was idle', async () => {
    const fixture = await openPlenty();
    const first = await runTurn(fixture, 0);
    await crash();
    await vi.waitFor(() => expect(fixture.script.settled[0]?.turnId).toBe(first.turn.turnId), {
      timeout: 20_000,
    });
    await runTurn(fixture, 1);
    expect(asked(fixture)).toBe(2);
  });

  it('is settled after a crash only once the turn that was using it has ended', async () => {
    const fixture = await openPlenty();
    const first = await runTurn(fixture, 0);
    await fixture.admit();
    const run = await fixture.run(1);
    await run.commit([toReply(0, ['fetch']), run.started(0, 0, { repeatable: true })]);
    await crashLongAgo(fixture.connect);
    const resumed = await fixture.run(2);
    await new Promise((resolve) => setTimeout(resolve, HOLD_MS + 300));
    expect(fixture.script.settled).toEqual([]);
    await resumed.commit([toTurnFinished()]);
    await vi.waitFor(() => expect(fixture.script.settled).toHaveLength(1), IN_TIME);
    expect(fixture.script.settled).toMatchObject([
      { turnId: first.turn.turnId, toolCalls: { fetch: 2 } },
    ]);
  });
});

describe('a turn that waits for a human on the slice of an earlier one', () => {
  /** The second turn has called a tool once, and waits to do so again. */
  async function waiting() {
    const fixture = await openPlenty();
    const grants = ['session:turn', 'system:approval:decide'].map((text) => ({
      pattern: toPattern(text),
    }));
    fixture.script.authority = toAuthority(fixture.principal, { grants });
    const first = await runTurn(fixture, 0);
    await fixture.admit();
    const run = await fixture.run(1);
    const asked = run.asked(0, 1);
    await run.commit([toReply(0, ['fetch', 'fetch']), run.started(0, 0), asked]);
    await run.commit([toFinished(0, 0), { kind: 'turn-waiting', round: 0 }]);
    const shared = { turnId: first.turn.turnId, toolCalls: { fetch: 2 }, usage: usageOf(2) };
    return { fixture, turnId: run.turn.turnId, approvalId: asked.request.id, shared };
  }

  const approve = ({ client, principal }: SessionFixture, id: string) => {
    const decider = { ...principal, id: 'human', tokenId: 'tok_human' };
    return client.decideApproval({ id, decision: 'approve', decider, requestId: 'req_decide' });
  };

  it('has what it used settled with it, and nothing more when it is cancelled', async () => {
    const { fixture, turnId, shared } = await waiting();
    await vi.waitFor(() => expect(fixture.script.settled).toEqual([shared]), IN_TIME);
    await fixture.client.cancelTurn(turnId, fixture.principal, 'r');
    const nothing = { turnId, toolCalls: { fetch: 0 }, usage: usageOf(0) };
    await vi.waitFor(() => expect(fixture.script.settled).toEqual([shared, nothing]), IN_TIME);
  });

  it('has it settled once, however soon it is cancelled, and after a crash', async () => {
    const { fixture, turnId, shared } = await waiting();
    await crash();
    await fixture.client.cancelTurn(turnId, fixture.principal, 'r');
    const nothing = { turnId, toolCalls: { fetch: 0 }, usage: usageOf(0) };
    await vi.waitFor(() => expect(fixture.script.settled).toHaveLength(2), IN_TIME);
    expect(fixture.script.settled).toEqual(expect.arrayContaining([shared, nothing]));
  });

  it('goes on under a reservation of its own, of which it settles what it used since', async () => {
    const { fixture, turnId, approvalId, shared } = await waiting();
    await approve(fixture, approvalId);
    const run = await fixture.run(2);
    expect(fixture.script.openings.map((opening) => opening.turnId)).toEqual([
      shared.turnId,
      turnId,
    ]);
    expect(await fixture.client.willSettle(turnId)).toBe(true);
    await run.commit([{ ...run.started(0, 1), approval: run.turn.approvals[0] ?? '' }]);
    await run.commit([toFinished(0, 1)]);
    await run.commit([{ kind: 'turn-finished', output: 'bye', usage: usageOf(3) }]);
    const own = { turnId, toolCalls: { fetch: 1 }, usage: usageOf(2) };
    await vi.waitFor(() => expect(fixture.script.settled).toHaveLength(2), IN_TIME);
    expect(fixture.script.settled).toEqual(expect.arrayContaining([shared, own]));
  });

  it('settles all at its end under the name that it knows, if it began to wait in an earlier version', async () => {
    const { fixture, approvalId, shared } = await waiting();
    await vi.waitFor(() => expect(fixture.script.settled).toHaveLength(1), IN_TIME);
    await runInDurableObject(fixture.connect(), (_, { storage }) => {
      const left = `,${JSON.stringify({ silent: { kind: 'reservation-left' } })}`;
      const forget = "UPDATE journal SET body = replace(body, ?, '') WHERE instr(body, ?) > 0";
      expect(storage.sql.exec(forget, left, left).rowsWritten).toBe(1);
    });
    await crash();
    await approve(fixture, approvalId);
    const run = await fixture.run(2);
    const reserved = fixture.script.openings.map((opening) => opening.turnId);
    expect(reserved).toEqual([shared.turnId, shared.turnId]);
    await run.commit([{ kind: 'turn-finished', output: 'bye', usage: usageOf(3) }]);
    const all = { turnId: shared.turnId, toolCalls: { fetch: 1 }, usage: usageOf(3) };
    await vi.waitFor(() => expect(fixture.script.settled).toEqual([shared, all]), IN_TIME);
  });

  it('is told once what its last words repeat, also where the session was deleted under it', async () => {
    const { fixture, turnId, approvalId, shared } = await waiting();
    await approve(fixture, approvalId);
    const run = await fixture.run(2);
    await fixture.client.remove(fixture.principal, 'r');
    await run.commit([{ kind: 'turn-failed', code: 'cancelled', usage: usageOf(2) }]);
    const own = { turnId, toolCalls: { fetch: 0 }, usage: usageOf(1) };
    await vi.waitFor(() => expect(fixture.script.settled).toHaveLength(2), IN_TIME);
    expect(fixture.script.settled).toEqual(expect.arrayContaining([shared, own]));
  });
});

describe('a session', () => {
  it('asks for a slice of several turns where another turn may follow at once', async () => {
    const fixture = await openPlenty();
    await fixture.admit();
    await fixture.admit();
    expect(fixture.script.openings.map(({ mayHold }) => mayHold)).toEqual([true, false]);
    const ephemeral = openFixture();
    await ephemeral.admit({ create: { ...ephemeral.create, ephemeralMs: 60_000 } });
    await finishTurn(ephemeral, 0);
    await ephemeral.admit({ create: { ...ephemeral.create, ephemeralMs: 60_000 } });
    expect(ephemeral.script.openings.map(({ mayHold }) => mayHold)).toEqual([false, false]);
  });

  it('settles a slice of one turn as soon as the turn has ended', async () => {
    const fixture = openFixture();
    await fixture.client.create(fixture.create);
    await runTurn(fixture, 0);
    await vi.waitFor(() => expect(fixture.script.settled).toHaveLength(1), {
      timeout: HOLD_MS / 2,
    });
  });
});

describe('a slice that is short', () => {
  const SHORT: Slice = { ...SLICE, toolCalls: 1 };

  it('is renewed with the commit that says so', async () => {
    const fixture = openFixture();
    fixture.script.renewed = { ...SLICE, toolCalls: 5 };
    const run = await fixture.begin();
    expect(await run.commit([toReply(0)], { left: SHORT })).toMatchObject({
      ok: true,
      value: { slice: { toolCalls: 5 } },
    });
    expect(fixture.script.renewals).toEqual([SHORT]);
  });

  it('stays as it is where the workspace cannot be asked, or the turn is over', async () => {
    const fixture = openFixture();
    const run = await fixture.begin();
    const committed = await run.commit([toReply(0)], { left: SHORT });
    expect(committed.ok && 'slice' in committed.value).toBe(false);
    const last = await run.commit([toTurnFinished()], { left: SHORT });
    expect(last.ok && 'slice' in last.value).toBe(false);
    expect(fixture.script.renewals).toHaveLength(1);
  });
});
