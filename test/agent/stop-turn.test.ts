import { describe, expect, test } from 'vitest';
import { MAX_REPLY_CALLS } from '../../src/agent/read-reply.ts';
import { MIN_OUTPUT_TOKENS } from '../../src/agent/reserve-request.ts';
import { Fault } from '../../src/core/errors/fault.ts';
import type { Slice } from '../../src/core/policy/slice.ts';
import { FULL_SLICE, makePlugin, makePolicy, NOW } from '../core/checks/fixture.ts';
import { outcome } from './support/fake-tier.ts';
import { fault, USAGE } from './support/scripted-model.ts';
import { AUTHORITY, ECHO, makeWorld, NOTIFY, TO_TALK, type World } from './support/world.ts';

/** Tokens of the user's "Hello", and of the tools that the model is shown with it. */
const ASKED_TOKENS = Math.ceil(
  ['Hello', ...[ECHO, NOTIFY].map(({ name, description }) => name + description)]
    .concat([ECHO, NOTIFY].map(({ inputSchema }) => JSON.stringify(inputSchema)))
    .join('').length / 4,
);

const echo = (text: string) => ({ name: 'echo', args: { text } });

/** Runs until the turn is over, then says how it ended. */
async function endOf(world: World) {
  await world.run();
  return world.session.progress.end;
}

function untilAborted(world: World): void {
  world.tier.run = (_, signal) =>
    new Promise((resolve) => {
      signal.addEventListener('abort', () =>
        resolve({ kind: 'failed', reason: 'cancelled', cost: { durationMs: 7 } }),
      );
    });
}

describe('a deadline', () => {
  test('aborts a model and fails the turn with what the reply has cost so far', async () => {
    const world = makeWorld([{ text: 'a'.repeat(400), pauseMs: 200_000 }]);
    expect(await endOf(world)).toMatchObject({ kind: 'turn-failed', code: 'deadline_exceeded' });
    expect(world.session.audit.map(({ action, reason }) => [action, reason])).toEqual([
      ['model-called', 'deadline_exceeded'],
      ['turn-failed', 'deadline_exceeded'],
    ]);
    expect(world.clock.now).toBe(world.turn.deadlineAt);
  });

  test('aborts tools, and journals what they still say', async () => {
    const world = makeWorld([{ calls: [echo('a')] }]);
    untilAborted(world);
    expect(await endOf(world)).toMatchObject({ code: 'deadline_exceeded', usage: USAGE });
    expect(world.session.commits).toEqual(['reply call-started', 'call-finished turn-failed']);
  });

  test('does not wait for a tool that does not stop', async () => {
    const world = makeWorld([{ calls: [echo('a'), echo('b')] }]);
    world.tier.run = ({ canonicalArguments }) =>
      canonicalArguments.text === 'a' ? outcome('quick') : new Promise(() => {});
    expect(await endOf(world)).toMatchObject({ code: 'deadline_exceeded' });
    expect(world.session.commits).toEqual([
      'reply call-started call-started',
      'call-finished',
      'turn-failed',
    ]);
  });

  test('that has passed already fails the turn at once', async () => {
    const world = makeWorld([{ text: 'Late.', pauseMs: 1 }]);
    const turn = { ...world.turn, deadlineAt: world.clock.now - 1 };
    await world.run(turn);
    expect(world.session.progress.end).toMatchObject({ code: 'deadline_exceeded' });
  });
});

describe('a lease', () => {
  test('is held while a run waits, and not by a turn that is quick', async () => {
    const slow = makeWorld([{ text: 'a', pauseMs: 30_000 }]);
    await slow.run();
    expect(slow.session.progress.end).toMatchObject({ kind: 'turn-finished' });
    expect(slow.session.holds).toBeGreaterThan(3);

    const quick = makeWorld([{ text: 'a', pauseMs: 100 }]);
    await quick.run();
    expect(quick.session.holds).toBe(0);
  });

  test('that is lost stops the run without a word', async () => {
    const world = makeWorld([{ calls: [echo('a')] }, { text: 'Never.', pauseMs: 60_000 }]);
    world.tier.run = () => {
      world.session.takeOver(world.turn);
      return outcome('ok');
    };
    await world.run();
    expect(world.session.commits).toEqual(['reply call-started']);
    expect(world.session.progress.end).toBeUndefined();
    // Asked while the end was on its way to the journal, and stopped when that refused it.
    expect(world.clock.now - world.turn.deadlineAt + 120_000).toBeLessThan(60_000);
  });

  test('that is lost while a model answers stops it', async () => {
    const world = makeWorld([{ text: 'Never.', pauseMs: 60_000 }]);
    const running = world.run();
    void world.clock.sleep(1_000).then(() => world.session.takeOver(world.turn));
    await running;
    expect(world.clock.now - world.turn.deadlineAt + 120_000).toBeLessThan(60_000);
    expect(world.session.batches).toEqual([]);
  });
});

describe('a cancelled turn', () => {
  test('stops its model, and says what that has cost', async () => {
    const world = makeWorld([{ text: ['a'.repeat(40), 'b'], pauseMs: 1_000 }]);
    void world.clock.sleep(1_500).then(() => world.session.cancel());
    await world.run();
    expect(world.clock.now - world.turn.deadlineAt + 120_000).toBeLessThan(2_100);
    expect(world.session.lastWords.at(-1)).toMatchObject({
      entries: [
        {
          kind: 'turn-failed',
          code: 'cancelled',
          usage: { inputTokens: ASKED_TOKENS, outputTokens: 10 },
        },
      ],
      audit: [{ action: 'model-called', reason: 'cancelled' }],
    });
  });

  test('pays for what its vendor was sent back, too', async () => {
    const thought = { model: 'test/scripted', parts: ['z'.repeat(4_000)] };
    const world = makeWorld([
      { calls: [echo('a')], echo: thought },
      { text: ['a', 'b'], pauseMs: 1_000 },
    ]);
    void world.clock.sleep(1_500).then(() => world.session.cancel());
    await world.run();
    const [asked] = world.session.lastWords.at(-1)?.audit ?? [];
    expect(asked).toMatchObject({ action: 'model-called', reason: 'cancelled' });
    expect(asked?.usage?.inputTokens).toBeGreaterThan(1_000);
  });

  test('stops its tools, and says what became of them', async () => {
    const world = makeWorld([{ calls: [echo('a')] }]);
    untilAborted(world);
    void world.clock.sleep(1_000).then(() => world.session.cancel());
    await world.run();
    expect(world.session.lastWords.map(({ entries }) => entries.map(({ kind }) => kind))).toEqual([
      ['call-finished', 'turn-failed'],
    ]);
    expect(world.session.commits).toEqual(['reply call-started']);
  });

  test('says once more, in its last words, what it was refused to say of its calls', async () => {
    const world = makeWorld([{ calls: [echo('a')] }, { text: 'Never.', pauseMs: 60_000 }]);
    // The end of the call is on its way to the journal, and the model is being asked again.
    world.session.onCommit = ({ entries }) => {
      if (entries.some(({ kind }) => kind === 'call-finished')) world.session.cancel();
    };
    await world.run();
    const said = world.session.lastWords.map(({ entries }) => entries.map(({ kind }) => kind));
    expect(said).toEqual([
      ['call-finished', 'round-finished'],
      ['call-finished', 'turn-failed'],
    ]);
    const recorded = world.session.lastWords.at(-1)?.audit.map(({ action }) => action);
    expect(recorded?.filter((action) => action === 'tool-result')).toEqual(['tool-result']);
  });

  test('says in its last words also what was on its way, and is refused later', async () => {
    const world = makeWorld([{ calls: [echo('quick'), echo('slow')] }]);
    world.tier.run = ({ canonicalArguments }, signal) =>
      canonicalArguments.text === 'quick'
        ? outcome('done')
        : new Promise((resolve) => {
            const cancelled = {
              kind: 'failed',
              reason: 'cancelled',
              cost: { durationMs: 7 },
            } as const;
            signal.addEventListener('abort', () => resolve(cancelled));
          });
    // Its first end reaches the session after the cancel, of which the run hears before the refusal.
    world.session.onArrival = async ({ entries }) => {
      if (entries.length === 1) await world.clock.sleep(1_000);
    };
    void world.clock.sleep(500).then(() => world.session.cancel());
    await world.run();
    const said = world.session.lastWords.map(({ entries }) => entries.map(({ kind }) => kind));
    expect(said).toEqual([['call-finished'], ['call-finished', 'call-finished', 'turn-failed']]);
    const recorded = world.session.lastWords.at(-1)?.audit.map(({ callKey }) => callKey?.at(-1));
    expect(recorded).toEqual(['0', '1']);
  });

  test('starts nothing more', async () => {
    const world = makeWorld([{ calls: [echo('a')] }, { calls: [echo('b')] }]);
    world.tier.run = () => {
      world.session.cancel();
      return outcome('ok');
    };
    await world.run();
    expect(world.tier.dispatched).toHaveLength(1);
  });
});

describe('a model that breaks', () => {
  test('is asked once more if nothing was shown', async () => {
    const world = makeWorld([{ text: 'Here.' }]);
    world.model.faults.push({ text: 'lost', fault: fault() });
    expect(await endOf(world)).toMatchObject({ kind: 'turn-finished', output: 'Here.' });
    expect(world.session.shownText).toBe('Here.');
    // The first attempt had begun to answer, so it is paid: what was asked, and 4 characters answered.
    expect(world.session.progress.end?.usage).toEqual({
      inputTokens: USAGE.inputTokens + ASKED_TOKENS,
      outputTokens: USAGE.outputTokens + 1,
      costMicroUsd: USAGE.costMicroUsd + ASKED_TOKENS + 2,
    });
    expect(world.session.audit.map(({ action, reason }) => [action, reason])).toEqual([
      ['model-called', 'model_failed'],
      ['model-called', undefined],
      ['turn-finished', undefined],
    ]);
  });

  test.each([
    ['twice', [{ fault: fault() }, { fault: fault() }], 2],
    ['for good', [{ fault: fault(false) }], 1],
    ['after text was shown', [{ text: ['a, ', 'b, ', 'c'], pauseMs: 90, fault: fault() }], 1],
    ['by ending early, twice', [{ isCut: true }, { isCut: true }], 2],
    ['by calling too much', [{ calls: Array(MAX_REPLY_CALLS + 1).fill(echo('x')) }], 1],
    ['by saying too much', [{ text: 'x'.repeat(2_097_153) }], 1],
  ])('%s fails the turn', async (_, faults, requests) => {
    const world = makeWorld([{ text: 'Here.' }]);
    world.model.faults.push(...faults);
    expect(await endOf(world)).toMatchObject({ kind: 'turn-failed', code: 'model_failed' });
    expect(world.model.requests).toHaveLength(requests);
  });

  test('with a fault of its own kind ends the turn with that code', async () => {
    const world = makeWorld([]);
    world.model.faults.push({ fault: new Fault('model_unknown') });
    expect(await endOf(world)).toMatchObject({ kind: 'turn-failed', code: 'model_unknown' });
    expect(world.model.requests).toHaveLength(1);
  });

  test('may send as many calls as a reply can hold, and each is judged', async () => {
    const calls = Array(MAX_REPLY_CALLS)
      .fill(0)
      .map((_, n) => echo(`${n}`));
    const world = makeWorld([{ calls }, { text: 'Done.' }]);
    expect(await endOf(world)).toMatchObject({ kind: 'turn-finished' });
    expect(world.tier.dispatched).toHaveLength(16);
  });
});

describe('a budget', () => {
  const worst = { inputTokens: 100, outputTokens: 100, costMicroUsd: 1_000 };

  test.each<[string, Partial<Slice>, boolean]>([
    ['tokens', { tokens: 200 }, true],
    ['tokens', { tokens: 199 }, false],
    ['money', { costMicroUsd: 1_000 }, true],
    ['money', { costMicroUsd: 999 }, false],
  ])('of %s lets the worst case pass or does not: %j', async (_, slice, passes) => {
    const world = makeWorld([{ text: 'Hi.' }], { slice: { ...FULL_SLICE, ...slice } });
    world.model.worstCase = worst;
    const end = await endOf(world);
    expect(end?.kind).toBe(passes ? 'turn-finished' : 'turn-failed');
    if (!passes) expect(end).toMatchObject({ code: 'budget_exhausted' });
    expect(world.model.requests).toHaveLength(passes ? 1 : 0);
  });

  test('is settled by what was really used, so that a second reply fits', async () => {
    const world = makeWorld([{ calls: [echo('a')] }, { text: 'Done.' }], {
      slice: { ...FULL_SLICE, tokens: 215, costMicroUsd: 1_100 },
    });
    world.model.worstCase = worst;
    expect(await endOf(world)).toMatchObject({ kind: 'turn-finished' });
  });

  test('that is nearly spent makes the reply shorter before it makes it impossible', async () => {
    const world = makeWorld([{ text: 'Hi.' }], { slice: { ...FULL_SLICE, tokens: 1_500 } });
    world.model.reserve = (request?: { maxOutputTokens: number }) => ({
      inputTokens: 100,
      outputTokens: request?.maxOutputTokens ?? 0,
      costMicroUsd: 0,
    });
    await world.run();
    expect(world.model.requests[0]?.maxOutputTokens).toBe(1_024);
    expect(MIN_OUTPUT_TOKENS).toBeLessThan(1_024);
  });
});

describe('authority that changes', () => {
  const allowed = makePolicy().allow;

  test('makes the calls pass under the newest one too', async () => {
    const world = makeWorld([{ calls: [echo('a'), { name: 'notify' }] }, { text: 'Done.' }]);
    world.session.authority = {
      ...AUTHORITY,
      revision: 8,
      plugins: [
        makePlugin('test-tools', [ECHO, NOTIFY], {
          deny: ['tool:call:notify' as (typeof allowed)[0]],
        }),
      ],
    };
    await world.run();
    expect(world.session.refreshes).toBe(1);
    expect(world.tier.dispatched.map(({ tool, claims }) => [tool, claims.revision])).toEqual([
      ['echo', 8],
    ]);
    expect(world.session.entries).toContainEqual(
      expect.objectContaining({
        kind: 'call-denied',
        denial: expect.objectContaining({ check: 'capability', reason: 'plugin_deny_match' }),
      }),
    );
    // Nothing of the first decision is on the record.
    expect(world.session.audit.filter(({ action }) => action === 'tool-call')).toHaveLength(2);
  });

  test('never widens within a turn', async () => {
    const barred = { ...AUTHORITY, grants: TO_TALK };
    const world = makeWorld([{ calls: [echo('a')] }, { text: 'Done.' }], { authority: barred });
    world.session.authority = { ...AUTHORITY, revision: 8 };
    await world.run();
    expect(world.tier.dispatched).toEqual([]);
  });

  test('again and again fails the turn, with the reply on the journal', async () => {
    const world = makeWorld([{ calls: [echo('a')] }]);
    world.session.refusals.push(...Array(5).fill('authority_stale'));
    expect(await endOf(world)).toMatchObject({ code: 'authority_stale' });
    expect(world.session.commits).toEqual(['reply turn-failed']);
  });

  test('four times is still taken in', async () => {
    const world = makeWorld([{ calls: [echo('a')] }, { text: 'Done.' }]);
    world.session.refusals.push(...Array(4).fill('authority_stale'));
    expect(await endOf(world)).toMatchObject({ kind: 'turn-finished' });
    expect(world.tier.dispatched).toHaveLength(1);
  });
});

describe('a model that is asked again', () => {
  const SLOW = { calls: [echo('a')] };
  const without = (prefix: string) => ({
    ...AUTHORITY,
    revision: 8,
    grants: AUTHORITY.grants.filter(({ pattern }) => !pattern.startsWith(prefix)),
  });

  test.each([['provider:'], ['session:']])('is not, once %s* is withdrawn', async (prefix) => {
    const world = makeWorld([SLOW, { text: 'Never.' }]);
    world.tier.run = () => {
      world.session.authority = without(prefix);
      return outcome('ok');
    };
    expect(await endOf(world)).toMatchObject({ kind: 'turn-failed', code: 'denied' });
    expect(world.model.requests).toHaveLength(1);
    expect(world.session.commits).toEqual([
      'reply call-started',
      'call-finished round-finished',
      'turn-failed',
    ]);
  });

  test('is not, once the grant to ask it has ended', async () => {
    const grants = AUTHORITY.grants.map((grant) => ({ ...grant, expiresAt: NOW + 5_000 }));
    const authority = { ...AUTHORITY, grants };
    const world = makeWorld([SLOW, { text: 'Never.' }], { authority });
    world.tier.run = async () => {
      await world.clock.sleep(5_000);
      return outcome('ok');
    };
    expect(await endOf(world)).toMatchObject({ kind: 'turn-failed', code: 'denied' });
    expect(world.model.requests).toHaveLength(1);
  });

  test('is not, once the turn has been ended, though nothing is left to be said', async () => {
    const world = makeWorld([{ text: 'Never.' }]);
    world.model.faults.push({ fault: fault() });
    world.session.onCommit = () => world.session.cancel();
    await world.run();
    expect(world.model.requests).toHaveLength(1);
  });

  test('is, under what else has changed, and with the tools of the newest authority', async () => {
    const world = makeWorld([SLOW, { text: 'Done.' }]);
    world.tier.run = () => {
      world.session.authority = { ...AUTHORITY, revision: 8, plugins: [] };
      return outcome('ok');
    };
    expect(await endOf(world)).toMatchObject({ kind: 'turn-finished' });
    expect(world.model.requests.map(({ tools }) => tools.length)).toEqual([2, 0]);
    expect(world.session.refreshes).toBe(1);
  });
});

describe('a backlog of audit events', () => {
  test('is waited for', async () => {
    const world = makeWorld([{ calls: [echo('a')] }, { text: 'Done.' }]);
    world.session.refusals.push('audit_unavailable', 'audit_unavailable');
    expect(await endOf(world)).toMatchObject({ kind: 'turn-finished' });
  });

  test('that stays fails the turn before anything runs', async () => {
    const world = makeWorld([{ calls: [echo('a')] }]);
    world.session.refusals.push(...Array(4).fill('audit_unavailable'));
    expect(await endOf(world)).toMatchObject({ code: 'audit_unavailable' });
    expect(world.tier.dispatched).toEqual([]);
  });
});
