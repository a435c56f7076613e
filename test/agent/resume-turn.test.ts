import { describe, expect, test } from 'vitest';
import { UNKNOWN_SENTENCE } from '../../src/core/conversation/answer-call.ts';
import { addUsage, NO_USAGE } from '../../src/core/conversation/usage.ts';
import { outcome } from './support/fake-tier.ts';
import { USAGE } from './support/scripted-model.ts';
import { makeWorld, TO_TALK, type World } from './support/world.ts';

const echo = (text: string) => ({ name: 'echo', args: { text } });
const notify = (text: string) => ({ name: 'notify', args: { text } });

/** Lets the first run die with its nth commit, then runs what is left. */
async function crashAndResume(world: World, commit: number): Promise<void> {
  world.session.dieAt(commit, 'before');
  await expect(world.run()).rejects.toThrow('Cannot reach the journal');
  await world.run(world.session.takeOver(world.turn));
}

function endsOf(world: World) {
  return world.session.entries.flatMap((entry) =>
    entry.kind === 'call-finished' ? [entry.end] : [],
  );
}

describe('a resumed turn', () => {
  test('reuses what is finished and asks only for the next reply', async () => {
    const world = makeWorld([{ calls: [notify('a')] }, { text: 'Done.', pauseMs: 10 }]);
    await crashAndResume(world, 3);
    expect([...world.tier.runs.values()]).toEqual([1]);
    expect(world.model.requests).toHaveLength(3);
    expect(world.model.requests[2]).toEqual(world.model.requests[1]);
    expect(world.session.progress.end).toMatchObject({
      kind: 'turn-finished',
      usage: { inputTokens: 2 * USAGE.inputTokens },
    });
  });

  test('takes the outcome that the tier has kept, and inspects it', async () => {
    const world = makeWorld([{ calls: [notify('a')] }, { text: 'Done.' }]);
    await crashAndResume(world, 2);
    expect([...world.tier.runs.values()]).toEqual([1]);
    expect(endsOf(world)).toMatchObject([{ kind: 'result', result: { content: '{"text":"a"}' } }]);
    expect(world.session.commits).toEqual([
      'reply call-started',
      'call-finished round-finished',
      '',
      'reply round-finished turn-finished',
    ]);
  });

  test('calls an outcome unknown that nobody can tell, and says so to the model', async () => {
    const world = makeWorld([{ calls: [notify('a')] }, { text: 'Done.' }]);
    world.tier.remembers = false;
    await crashAndResume(world, 2);
    expect([...world.tier.runs.values()]).toEqual([1]);
    expect(endsOf(world)).toMatchObject([{ denial: { check: 'dispatch', reason: 'unknown' } }]);
    expect(world.model.requests.at(-1)?.messages.at(-1)).toMatchObject({
      content: UNKNOWN_SENTENCE,
      isError: true,
    });
  });

  test('runs a repeatable call again, under a ticket of the new epoch', async () => {
    const world = makeWorld([{ calls: [echo('a')] }, { text: 'Done.' }]);
    world.tier.remembers = false;
    await crashAndResume(world, 2);
    expect(world.tier.dispatched.map(({ claims }) => claims.epoch)).toEqual([1, 2]);
    expect(endsOf(world)).toMatchObject([{ kind: 'result' }]);
  });

  test('does not run a repeatable call again that went outward', async () => {
    const world = makeWorld([{ calls: [echo('a')] }, { text: 'Done.' }]);
    world.tier.remembers = false;
    world.tier.run = () => {
      world.session.goOutward(0, 0);
      return outcome('posted');
    };
    await crashAndResume(world, 2);
    expect([...world.tier.runs.values()]).toEqual([1]);
    expect(endsOf(world)).toMatchObject([{ denial: { reason: 'unknown' } }]);
  });

  test('checks a call again before it runs it again', async () => {
    const world = makeWorld([{ calls: [echo('a')] }, { text: 'Done.' }]);
    world.tier.remembers = false;
    world.session.dieAt(2, 'before');
    await expect(world.run()).rejects.toThrow('Cannot reach the journal');
    const barred = { ...world.turn.authority, grants: TO_TALK };
    await world.run({ ...world.session.takeOver(world.turn), authority: barred });
    expect([...world.tier.runs.values()]).toEqual([1]);
    expect(world.session.entries).toContainEqual(
      expect.objectContaining({ kind: 'call-denied', index: 0 }),
    );
  });

  test('calls an outcome unknown whose tool has gone since', async () => {
    const world = makeWorld([{ calls: [echo('a')] }, { text: 'Done.' }]);
    world.session.dieAt(2, 'before');
    await expect(world.run()).rejects.toThrow('Cannot reach the journal');
    const emptied = { ...world.turn.authority, plugins: [] };
    await world.run({ ...world.session.takeOver(world.turn), authority: emptied });
    expect(endsOf(world)).toMatchObject([{ denial: { reason: 'unknown' } }]);
  });

  test('keeps denials, and decides what was not decided', async () => {
    const world = makeWorld([{ calls: [{ name: 'nothing' }, notify('a')] }, { text: 'Done.' }]);
    await crashAndResume(world, 2);
    const denials = world.session.entries.filter(({ kind }) => kind === 'call-denied');
    expect(denials).toHaveLength(1);
    expect(world.session.progress.end).toMatchObject({ kind: 'turn-finished' });
  });

  test('voids the text of a reply that was not journaled whole', async () => {
    const world = makeWorld([{ text: ['One', ' two', ' three'], pauseMs: 110 }]);
    await crashAndResume(world, 3);
    expect(world.session.entries).toContainEqual({ kind: 'round-restarted', round: 0 });
    expect(world.session.shownText).toBe('One two three');
    expect(world.session.progress.end).toMatchObject({ output: 'One two three' });
  });

  test('pays for the replies that earlier runs have lost', async () => {
    const world = makeWorld([{ text: ['One', ' two', ' three'], pauseMs: 110 }]);
    await crashAndResume(world, 3);
    const [lost, whole] = world.session.audit.filter(({ action }) => action === 'model-called');
    expect(lost).toMatchObject({ reason: 'lease_lost', usage: { outputTokens: 2 } });
    expect(lost?.usage?.inputTokens).toBeGreaterThan(0);
    expect(whole).toMatchObject({ usage: USAGE });
    expect(world.session.progress.end).toMatchObject({
      kind: 'turn-finished',
      usage: addUsage(lost?.usage ?? NO_USAGE, USAGE),
    });
  });

  test('spends from its slice what the earlier run has spent', async () => {
    const world = makeWorld(
      [{ calls: [echo('a'), echo('b')] }, { calls: [echo('c')] }, { text: 'Done.' }],
      { slice: { toolCalls: 2, tokens: 10_000, costMicroUsd: 10_000, perTool: { echo: 2 } } },
    );
    await crashAndResume(world, 3);
    expect(world.session.entries).toContainEqual(
      expect.objectContaining({ kind: 'call-denied', round: 1 }),
    );
    expect(world.tier.dispatched).toHaveLength(2);
  });

  test('sees a loop that began before it', async () => {
    const steps = Array.from({ length: 5 }, () => ({ calls: [echo('again')] }));
    const world = makeWorld(steps);
    await crashAndResume(world, 5);
    expect(world.tier.dispatched).toHaveLength(3);
  });

  test('waits for a journal that is away for a moment', async () => {
    const world = makeWorld([{ calls: [notify('a')] }, { text: 'Done.' }]);
    let lost = 0;
    world.session.onCommit = () => {
      if (lost++ < 2) throw new Error('moving');
    };
    await world.run();
    expect(world.session.progress.end).toMatchObject({ kind: 'turn-finished' });
    expect([...world.tier.runs.values()]).toEqual([1]);
  });
});
