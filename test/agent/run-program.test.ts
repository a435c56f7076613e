import { describe, expect, test } from 'vitest';
import type { WrittenToolCall } from '../../src/core/conversation/tool-call.ts';
import { NO_USAGE } from '../../src/core/conversation/usage.ts';
import { outcome } from './support/fake-tier.ts';
import { makeWorld } from './support/world.ts';

function program(name: string, argumentsText = '{"text":"a"}') {
  const call: WrittenToolCall = { id: 'program', name, argumentsText };
  return makeWorld([], { driver: { kind: 'program', call }, history: [] });
}

describe('runTurn() for a program', () => {
  test('runs its one call and ends with the result, without asking a model', async () => {
    const world = program('echo');
    world.tier.run = () => outcome('the result');
    await world.run();
    expect(world.model.requests).toEqual([]);
    expect(world.session.commits).toEqual([
      'reply call-started',
      'call-finished round-finished turn-finished',
    ]);
    expect(world.session.progress.end).toEqual({
      kind: 'turn-finished',
      output: 'the result',
      usage: NO_USAGE,
    });
  });

  test.each([
    ['nothing', '{}', 'registry'],
    ['echo', '[]', 'parse'],
    ['echo', '{"text":1}', 'structure'],
  ])('ends in one commit when %s(%s) is denied', async (name, argumentsText, check) => {
    const world = program(name, argumentsText);
    await world.run();
    expect(world.session.commits).toEqual(['reply call-denied round-finished turn-finished']);
    expect(world.session.entries[1]).toMatchObject({ denial: { check } });
    expect(world.session.progress.end).toMatchObject({ kind: 'turn-finished', output: '' });
  });

  test('ends with nothing when its tier fails', async () => {
    const world = program('echo');
    world.tier.run = () => ({ kind: 'failed', reason: 'trap', cost: { durationMs: 1 } });
    await world.run();
    expect(world.session.progress.end).toMatchObject({ kind: 'turn-finished', output: '' });
  });

  test('that died with its call started asks the tier, and ends', async () => {
    const world = program('notify');
    world.session.dieAt(2, 'before');
    await expect(world.run()).rejects.toThrow('Cannot reach the journal');
    await world.run(world.session.takeOver(world.turn));
    expect(world.session.progress.end).toMatchObject({ output: '{"text":"a"}' });
    expect([...world.tier.runs.values()]).toEqual([1]);
  });
});

describe('runTurn() for a reducer that died while it ran', () => {
  const reducer = () => {
    const call = {
      id: 'block',
      name: 'notify',
      plugin: 'test-tools',
      argumentsText: '{"text":"a"}',
    };
    const world = makeWorld([], { driver: { kind: 'program', call }, history: [] });
    world.tier.remembers = false;
    return world;
  };
  const crashAndResume = async (world: ReturnType<typeof reducer>) => {
    world.session.dieAt(2, 'before');
    await expect(world.run()).rejects.toThrow('Cannot reach the journal');
    await world.run(world.session.takeOver(world.turn));
  };
  const ends = ({ session }: ReturnType<typeof reducer>) =>
    session.entries.flatMap((entry) => (entry.kind === 'call-finished' ? [entry.end] : []));

  test('runs it again', async () => {
    const world = reducer();
    await crashAndResume(world);
    expect(world.tier.dispatched.map(({ claims }) => claims.epoch)).toEqual([1, 2]);
    expect(ends(world)).toMatchObject([{ kind: 'result' }]);
  });

  test('calls it unknown if it went outward', async () => {
    const outward = reducer();
    outward.tier.run = () => {
      outward.session.goOutward(0, 0);
      return outcome('posted');
    };
    await crashAndResume(outward);
    expect(ends(outward)).toMatchObject([{ denial: { reason: 'unknown' } }]);
  });
});
