import { describe, expect, test } from 'vitest';
import { WINDOW_CHARACTERS } from '../../src/agent/text-coalescer.ts';
import { DENIAL_SENTENCE } from '../../src/core/errors/denial.ts';
import { outcome } from './support/fake-tier.ts';
import { USAGE } from './support/scripted-model.ts';
import { limits, makeWorld, TO_TALK } from './support/world.ts';

const echo = (text: string) => ({ name: 'echo', args: { text } });

describe('runTurn() with a model', () => {
  test('commits a reply without calls once, together with the end of the turn', async () => {
    const world = makeWorld([{ text: ['Hello', ' there.'] }]);
    await world.run();
    expect(world.session.commits).toEqual(['reply round-finished turn-finished']);
    expect(world.session.progress.end).toEqual({
      kind: 'turn-finished',
      output: 'Hello there.',
      usage: USAGE,
    });
    expect(world.session.shownText).toBe('Hello there.');
    expect(world.session.holds).toBe(0);
  });

  test('needs one commit for a start, and one for all that a model of its own answers', async () => {
    const world = makeWorld([{ text: 'Let me see.', calls: [echo('a')] }, { text: 'Done.' }], {
      driver: { kind: 'model', model: 'embedded/planner' },
    });
    await world.run();
    expect(world.session.commits).toEqual([
      'reply call-started',
      'call-finished round-finished reply round-finished turn-finished',
    ]);
  });

  test('journals how a call ended before a provider is asked again', async () => {
    const slow = { text: 'Done.', pauseMs: 10 };
    const world = makeWorld([{ text: 'Let me see.', calls: [echo('a')] }, slow]);
    await world.run();
    expect(world.session.commits).toEqual([
      'reply call-started',
      'call-finished round-finished',
      'reply round-finished turn-finished',
    ]);
    expect(world.tier.dispatched.map(({ canonicalArguments }) => canonicalArguments)).toEqual([
      { text: 'a' },
    ]);
  });

  test('shows the model its own call and one answer to each', async () => {
    const world = makeWorld([
      { calls: [echo('a'), { name: 'nothing' }, echo('b')] },
      { text: 'Done.' },
    ]);
    await world.run();
    const messages = world.model.requests[1]?.messages ?? [];
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'tool', 'tool']);
    expect(messages[1]).toMatchObject({ toolCalls: [{ id: 'call_0_0' }, {}, {}] });
    expect(messages.slice(2)).toMatchObject([
      { modelCallId: 'call_0_0', toolName: 'echo', content: '{"text":"a"}', isError: false },
      { modelCallId: 'call_0_1', toolName: 'nothing', content: DENIAL_SENTENCE, isError: true },
      { modelCallId: 'call_0_2', toolName: 'echo', content: '{"text":"b"}', isError: false },
    ]);
  });

  test('starts the calls of a round side by side, and batches ends of the same tick', async () => {
    const slow = { text: 'Done.', pauseMs: 10 };
    const world = makeWorld([{ calls: [echo('a'), echo('b'), echo('c')] }, slow]);
    let running = 0;
    let most = 0;
    world.tier.run = async ({ canonicalArguments }) => {
      most = Math.max(most, ++running);
      if (canonicalArguments.text === 'c') await world.clock.sleep(50);
      await Promise.resolve();
      running--;
      return outcome('ok');
    };
    await world.run();
    expect(most).toBe(3);
    expect(world.session.commits).toEqual([
      'reply call-started call-started call-started',
      'call-finished call-finished',
      'call-finished round-finished',
      'reply round-finished turn-finished',
    ]);
  });

  test('closes a round whose every call is denied in its first commit', async () => {
    const world = makeWorld([
      { calls: [{ name: 'nothing' }, { name: 'echo', argumentsText: '{"text":' }] },
      { text: 'Sorry.' },
    ]);
    await world.run();
    expect(world.session.commits).toEqual([
      'reply call-denied call-denied round-finished',
      '',
      'reply round-finished turn-finished',
    ]);
    expect(world.tier.dispatched).toEqual([]);
    expect(world.session.entries.filter(({ kind }) => kind === 'call-denied')).toMatchObject([
      { tool: 'nothing', denial: { check: 'registry', reason: 'unknown_tool' } },
      { tool: 'echo', denial: { check: 'parse', reason: 'malformed_arguments' } },
    ]);
  });

  test('denies a call with the reason of the tier, or of a result check', async () => {
    const cost = { durationMs: 1, fuel: 7, memoryPages: 2, suspendedMs: 0 };
    const world = makeWorld([{ calls: [echo('a'), echo('b')] }, { text: 'Done.' }]);
    world.tier.run = ({ canonicalArguments }) =>
      canonicalArguments.text === 'a'
        ? { kind: 'failed', reason: 'fuel', cost }
        : outcome('\uD800');
    await world.run();
    const ends = world.session.entries.filter((entry) => entry.kind === 'call-finished');
    expect(ends).toMatchObject([
      { end: { kind: 'denied', denial: { check: 'dispatch', reason: 'fuel' }, cost } },
      {
        end: {
          kind: 'denied',
          denial: { check: 'content', reason: 'uninspectable' },
          cost: { durationMs: 3, fuel: 100 },
        },
      },
    ]);
    expect(world.model.requests[1]?.messages.slice(2)).toMatchObject([
      { content: DENIAL_SENTENCE },
      { content: DENIAL_SENTENCE },
    ]);
  });

  test('says that the outcome is unknown when a tier breaks and cannot tell', async () => {
    const world = makeWorld([{ calls: [echo('a')] }, { text: 'Done.' }]);
    world.tier.run = () => {
      throw new Error('broken');
    };
    await world.run();
    expect(world.session.entries).toContainEqual(
      expect.objectContaining({
        kind: 'call-finished',
        end: { kind: 'denied', denial: { kind: 'denial', check: 'dispatch', reason: 'unknown' } },
      }),
    );
    expect(world.tier.recalled).toHaveLength(1);
  });

  test('lowers the label of the context with each result', async () => {
    const notify = { name: 'notify', args: { text: 'x' } };
    const world = makeWorld([{ calls: [notify] }, { text: 'Done.' }]);
    await world.run();
    const replies = world.session.entries.filter((entry) => entry.kind === 'reply');
    expect(replies.map(({ message }) => message.label.integrity)).toEqual(['trusted', 'untrusted']);
  });

  test('denies the fourth call that goes round in circles', async () => {
    const world = makeWorld(Array.from({ length: 4 }, () => ({ calls: [echo('again')] })));
    await world.run();
    expect(world.tier.dispatched).toHaveLength(3);
    expect(world.session.entries).toContainEqual(
      expect.objectContaining({
        kind: 'call-denied',
        denial: { kind: 'denial', check: 'limits', reason: 'loop_detected' },
      }),
    );
  });

  test('keeps what the vendor wants back in the history', async () => {
    const signed = { model: 'test/model', parts: [{ kind: 'reasoning', text: 'hm' }] };
    const world = makeWorld([{ calls: [echo('a')], echo: signed }, { text: 'Done.' }]);
    await world.run();
    expect(world.model.requests[1]?.messages[1]).toMatchObject({ echo: signed });
  });
});

describe('runTurn() at its limits', () => {
  test.each([
    [1, 1],
    [3, 3],
  ])('asks once more without calls after %i rounds', async (maxRounds, rounds) => {
    const always = Array.from({ length: 9 }, (_, n) => ({ text: 'More.', calls: [echo(`${n}`)] }));
    const world = makeWorld(always, { authority: limits({ maxRounds }) });
    await world.run();
    expect(world.tier.dispatched).toHaveLength(rounds);
    const last = world.model.requests.at(-1);
    expect(world.model.requests).toHaveLength(rounds + 1);
    expect(last?.toolChoice).toBe('none');
    expect(last?.messages.at(-1)).toMatchObject({ role: 'system' });
    // The calls that it wrote nevertheless are not proposed to anyone.
    expect(world.session.progress.end).toMatchObject({ kind: 'turn-finished', output: 'More.' });
    expect(world.session.commits.at(-1)).toMatch(/reply round-finished turn-finished$/);
  });

  test('denies calls beyond those that the turn may make, the first ones first', async () => {
    const calls = Array.from({ length: 4 }, (_, n) => echo(`${n}`));
    const world = makeWorld([{ calls }, { calls: [echo('late')] }, { text: 'Done.' }], {
      authority: limits({ maxToolCalls: 3 }),
    });
    await world.run();
    expect(world.tier.dispatched).toHaveLength(3);
    const reasons = world.session.entries.flatMap((entry) =>
      entry.kind === 'call-denied' ? [entry.denial.reason] : [],
    );
    expect(reasons).toEqual(['too_many_calls', 'too_many_calls']);
  });

  test('offers only tools that the principal may call', async () => {
    const world = makeWorld([{ text: 'Hi.' }]);
    await world.run();
    expect(world.model.requests[0]?.tools.map(({ name }) => name)).toEqual(['echo', 'notify']);
    const barred = { ...world.turn.authority, grants: TO_TALK };
    const other = makeWorld([{ text: 'Hi.' }], { authority: barred });
    await other.run();
    expect(other.model.requests[0]?.tools).toEqual([]);
  });
});

describe('runTurn() and text', () => {
  test('journals what a slow reply has said, once a window is over', async () => {
    const world = makeWorld([{ text: ['One ', 'two, ', 'three ', 'four'], pauseMs: 60 }]);
    await world.run();
    expect(world.session.commits).toEqual(['text', 'text', 'reply round-finished turn-finished']);
    expect(world.session.entries.slice(0, 2)).toMatchObject([
      { text: 'One two,' },
      { text: ' three ' },
    ]);
    expect(world.session.shownText).toBe('One two, three four');
  });

  test('shows the beginning of a reply that then says nothing for long', async () => {
    const world = makeWorld([{ text: ['Let me think'], calls: [echo('x')], pauseMs: 1_000 }]);
    let shownAt = 0;
    world.session.onCommit = ({ entries }) => {
      if (entries[0]?.kind === 'text') shownAt = world.clock.now - 1_000;
    };
    await world.run();
    expect(shownAt - world.turn.deadlineAt + 120_000).toBe(100);
  });

  test.each([
    [WINDOW_CHARACTERS - 1, ['reply round-finished turn-finished']],
    [WINDOW_CHARACTERS, ['text', 'reply round-finished turn-finished']],
  ])('commits %i characters at once as %j', async (length, commits) => {
    const world = makeWorld([{ text: '\n'.repeat(length) }]);
    await world.run();
    expect(world.session.commits).toEqual(commits);
  });

  test('never cuts a character in two', async () => {
    const world = makeWorld([{ text: ['A \uD83D', '\uDE00 smile'], pauseMs: 150 }]);
    await world.run();
    expect(world.session.shownText).toBe('A 😀 smile');
    for (const entry of world.session.entries) {
      if (entry.kind === 'text') expect(entry.text.isWellFormed()).toBe(true);
    }
  });
});
