/**
 * Kills runs wherever they can die, and looks at what the turn looks like in the end.
 */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { JournalLost } from '../../src/agent/commit-step.ts';
import type { Message } from '../../src/core/conversation/message.ts';
import type { DeathKind } from './support/fake-session.ts';
import { fault, type ScriptedCall, type Step } from './support/scripted-model.ts';
import { makeWorld, type World } from './support/world.ts';

interface Death {
  readonly commit: number;
  readonly kind: DeathKind;
}

/** Runs the turn to its end, one run dying after the other as told. */
async function runThrough(world: World, deaths: readonly Death[]): Promise<void> {
  let turn = world.turn;
  for (const { commit, kind } of deaths) {
    world.session.dieAt(commit, kind);
    try {
      await world.run(turn);
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(JournalLost);
    }
    if (world.session.progress.end !== undefined) return;
    turn = world.session.takeOver(turn);
  }
  await world.run(turn);
}

/** Every call is followed by exactly one answer, in order, before anyone else speaks. */
function expectWellFormed(messages: readonly Message[]): void {
  for (let at = 0; at < messages.length; at++) {
    const message = messages[at]!;
    expect(message.role, 'an answer without a call').not.toBe('tool');
    if (message.role !== 'assistant') continue;
    for (const call of message.toolCalls) {
      expect(messages[++at]).toMatchObject({ role: 'tool', modelCallId: call.id });
    }
  }
}

/** Fails at once when a tier is asked to run what the journal has an end for. */
function watchDispatch(world: World): void {
  world.tier.onDispatch = ({ claims, place }) => {
    const call = world.session.progress.rounds.get(place.round)?.calls.get(place.index);
    expect(call?.end, `${claims.callKey} ran again after its end`).toBeUndefined();
    expect(call?.denied, `${claims.callKey} ran though denied`).toBeUndefined();
    expect(call?.started?.claims).toEqual(claims);
  };
}

function expectSound(world: World): void {
  expect(world.session.progress.end?.kind).toBe('turn-finished');
  for (const { messages } of world.model.requests) expectWellFormed(messages);
  for (const [round, { message, calls }] of world.session.progress.rounds) {
    for (const [index, written] of message.toolCalls.entries()) {
      const call = calls.get(index);
      const runs = world.tier.runs.get(`${world.turn.turnId}/${round}/${index}`) ?? 0;
      expect(call?.denied ?? call?.end, 'a call without an end').toBeDefined();
      if (written.name !== 'echo') expect(runs).toBeLessThanOrEqual(1);
      if (call?.end?.kind === 'result') expect(runs).toBeGreaterThanOrEqual(1);
    }
  }
}

const argumentsOf = fc.record({ text: fc.string({ maxLength: 8 }) });
const call = fc.oneof(
  { weight: 3, arbitrary: argumentsOf.map((args): ScriptedCall => ({ name: 'echo', args })) },
  { weight: 3, arbitrary: argumentsOf.map((args): ScriptedCall => ({ name: 'notify', args })) },
  fc.constant<ScriptedCall>({ name: 'nothing' }),
  fc.constant<ScriptedCall>({ name: 'echo', argumentsText: '{' }),
);
const pauseMs = fc.constantFrom(undefined, 30, 120, 400);
const step = fc.record({
  text: fc.array(fc.string({ unit: 'binary', maxLength: 12 }), { maxLength: 4 }),
  calls: fc.array(call, { maxLength: 3 }),
  pauseMs,
});
const death = fc.record({
  commit: fc.integer({ min: 1, max: 9 }),
  kind: fc.constantFrom<DeathKind>('before', 'after'),
});

function toSteps(
  written: readonly { text: string[]; calls: ScriptedCall[]; pauseMs: number | undefined }[],
): Step[] {
  return written.map(({ pauseMs: pause, ...rest }) => ({
    ...rest,
    ...(pause !== undefined && { pauseMs: pause }),
  }));
}

describe('a turn whose runs die anywhere', () => {
  test('comes to its end, and runs no finished call twice', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 3 }),
        fc.array(death, { maxLength: 4 }),
        fc.boolean(),
        fc.constantFrom(0, 20, 150),
        async (steps, deaths, remembers, toolMs) => {
          const world = makeWorld([...toSteps(steps), { text: 'Done.' }]);
          world.tier.remembers = remembers;
          const run = world.tier.run;
          world.tier.run = async (approved, signal) => {
            if (toolMs > 0) await world.clock.sleep(toolMs);
            return run(approved, signal);
          };
          watchDispatch(world);
          await runThrough(world, deaths);
          expectSound(world);
        },
      ),
      { numRuns: 150 },
    );
  });

  const STEPS: readonly Step[] = [
    {
      text: 'First.',
      calls: [
        { name: 'notify', args: { text: 'a' } },
        { name: 'echo', args: { text: 'b' } },
      ],
    },
    { text: ['Then', ' this.'], pauseMs: 110, calls: [{ name: 'nothing' }] },
    { text: 'Done.' },
  ];

  test.each(
    [1, 2, 3, 4, 5, 6, 7].flatMap((commit): [number, DeathKind][] => [
      [commit, 'before'],
      [commit, 'after'],
    ]),
  )('ends the same when it dies at commit %i, %s it is written', async (commit, kind) => {
    const world = makeWorld(STEPS);
    watchDispatch(world);
    await runThrough(world, [{ commit, kind }]);
    expectSound(world);
    expect(world.session.progress.end).toMatchObject({ output: 'Done.' });
    expect(world.session.shownText).toBe('First.Then this.Done.');
    // Started, but never dispatched: that it did not run is more than the gateway can know.
    const isLostStart = commit === 1 && kind === 'after';
    expect([...world.tier.runs.values()]).toEqual(isLostStart ? [1] : [1, 1]);
  });

  test('makes a call unknown that was started, when its tier has forgotten it', async () => {
    const world = makeWorld(STEPS);
    world.tier.remembers = false;
    await runThrough(world, [{ commit: 2, kind: 'before' }]);
    const notify = world.session.progress.rounds.get(0)?.calls.get(0);
    expect(notify?.end).toMatchObject({ denial: { check: 'dispatch', reason: 'unknown' } });
    expect(world.tier.runs.get(`${world.turn.turnId}/0/0`)).toBe(1);
    expect(world.tier.runs.get(`${world.turn.turnId}/0/1`)).toBe(2);
  });

  test('settles a broken attempt of the model once', async () => {
    const world = makeWorld([{ text: 'Done.' }]);
    world.model.faults.push({ text: 'x', fault: fault() });
    await runThrough(world, [{ commit: 2, kind: 'after' }]);
    expect(world.session.progress.end?.kind).toBe('turn-finished');
    expect(world.session.audit.filter(({ action }) => action === 'model-called')).toHaveLength(2);
  });
});

describe('two runs of one turn at once', () => {
  test('cannot both write: the older one is refused at its next commit', async () => {
    const world = makeWorld([
      { calls: [{ name: 'notify', args: { text: 'a' } }] },
      { text: 'Done.' },
    ]);
    const { promise: isRunning, resolve: running } = Promise.withResolvers<void>();
    const { promise: mayGoOn, resolve: goOn } = Promise.withResolvers<void>();
    const run = world.tier.run;
    world.tier.run = async (approved, signal) => {
      running();
      await mayGoOn;
      return run(approved, signal);
    };
    const first = world.run();
    await isRunning;
    const second = world.run(world.session.takeOver(world.turn));
    await second;
    goOn();
    await first;
    expect([...world.tier.runs.values()]).toEqual([1]);
    expect(world.session.batches.filter(({ epoch }) => epoch === 1)).toHaveLength(1);
    expect(world.session.progress.end).toMatchObject({ kind: 'turn-finished' });
  });
});
