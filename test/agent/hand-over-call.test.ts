import { describe, expect, test } from 'vitest';
import type { ClientWishes } from '../../src/core/conversation/client-wishes.ts';
import { DENIAL_SENTENCE } from '../../src/core/errors/denial.ts';
import { outcome } from './support/fake-tier.ts';
import { makeWorld } from './support/world.ts';

const WEATHER = { name: 'weather', description: 'Looks it up.', inputSchema: { type: 'object' } };
const wishes: ClientWishes = { tools: [WEATHER], toolChoice: 'auto' };

const weather = { name: 'weather', args: { city: 'Bern' }, id: 'w1' };
const echo = { name: 'echo', args: { text: 'a' } };
const notify = { name: 'notify', args: { text: 'a' } };

describe('a call of a tool of the client', () => {
  test('ends the turn with one commit, and is neither dispatched nor charged', async () => {
    const world = makeWorld([{ text: 'Let me look.', calls: [weather] }], { wishes });
    await world.run();
    expect(world.session.commits).toEqual(['reply call-handed-over round-finished turn-finished']);
    expect(world.session.entries[1]).toEqual({
      kind: 'call-handed-over',
      round: 0,
      index: 0,
      tool: 'weather',
      callId: 'w1',
      argumentsText: '{"city":"Bern"}',
    });
    expect(world.session.progress.end).toMatchObject({ output: 'Let me look.' });
    expect(world.tier.dispatched).toEqual([]);
  });

  test('is on the record without its name and arguments, which the client wrote', async () => {
    const world = makeWorld([{ calls: [weather] }], { wishes });
    await world.run();
    const record = world.session.audit.find(({ action }) => action === 'tool-call');
    expect(record).toMatchObject({ decision: 'observed', reason: 'handed_over' });
    expect(JSON.stringify(record)).not.toMatch(/weather|Bern/);
  });

  test('waits for the calls of the workspace beside it', async () => {
    const world = makeWorld([{ calls: [weather, notify] }, { text: 'Never.' }], { wishes });
    await world.run();
    expect(world.session.commits).toEqual([
      'reply call-handed-over call-started',
      'call-finished round-finished turn-finished',
    ]);
    expect(world.model.requests).toHaveLength(1);
  });

  test.each([
    [1, 'before'],
    [1, 'after'],
    [2, 'before'],
  ] as const)(
    'is handed over once where the run dies at commit %i, %s it',
    async (commit, death) => {
      const world = makeWorld([{ calls: [weather, echo] }, { text: 'Never.' }], { wishes });
      world.session.dieAt(commit, death);
      await expect(world.run()).rejects.toThrow('Cannot reach the journal');
      await world.run(world.session.takeOver(world.turn));
      const kinds = world.session.entries.map(({ kind }) => kind);
      expect(kinds.filter((kind) => kind === 'call-handed-over')).toHaveLength(1);
      expect(world.session.progress.end?.kind).toBe('turn-finished');
      expect([...world.tier.runs.values()]).toEqual([1]);
    },
  );

  test('hides the tool of the workspace that has its name', async () => {
    const mine = { ...wishes, tools: [{ ...WEATHER, name: 'notify' }] };
    const world = makeWorld([{ calls: [notify] }], { wishes: mine });
    await world.run();
    expect(world.tier.dispatched).toEqual([]);
    const offered = world.model.requests[0]?.tools.filter(({ name }) => name === 'notify');
    expect(offered).toEqual([{ ...WEATHER, name: 'notify' }]);
  });

  test.each([
    ['are no JSON', '{'],
    ['are no object', '7'],
  ])('is denied where its arguments %s, and the model goes on', async (_, argumentsText) => {
    const world = makeWorld([{ calls: [{ ...weather, argumentsText }] }, { text: 'Done.' }], {
      wishes,
    });
    await world.run();
    expect(world.model.requests[1]?.messages.at(-1)?.content).toBe(DENIAL_SENTENCE);
    expect(world.session.progress.end).toMatchObject({ output: 'Done.' });
  });

  test('is denied where it says what a reply may not show', async () => {
    const args = { city: `AKIA${'QWERTYUIOPASDFGH'}` };
    const world = makeWorld([{ calls: [{ ...weather, args }] }, { text: 'Done.' }], { wishes });
    await world.run();
    expect(world.session.audit).toContainEqual(
      expect.objectContaining({
        ...{ action: 'tool-call', check: 'output', reason: 'secret_detected' },
        findings: ['secret:aws-access-key'],
      }),
    );
    expect(world.session.progress.end).toMatchObject({ output: 'Done.' });
  });
});

describe('the wishes of a client', () => {
  test('force a tool in the first reply only, else the turn could never end', async () => {
    const world = makeWorld([{ calls: [notify] }, { text: 'Done.' }], {
      wishes: { ...wishes, toolChoice: 'required' },
    });
    world.tier.run = () => outcome('ok');
    await world.run();
    const choices = world.model.requests.map(({ toolChoice }) => toolChoice);
    expect(choices).toEqual(['required', 'auto']);
  });

  test('that no tool be called hold against a model that calls one', async () => {
    const world = makeWorld([{ text: 'Well.', calls: [weather, notify] }], {
      wishes: { ...wishes, toolChoice: 'none' },
    });
    await world.run();
    expect(world.session.commits).toEqual(['reply round-finished turn-finished']);
  });

  test.each([
    [9, 9],
    [16_384, 16_384],
    [16_385, 16_384],
  ])('for at most %i tokens ask for %i', async (maxOutputTokens, asked) => {
    const world = makeWorld([{ text: 'Well.' }], { wishes: { ...wishes, maxOutputTokens } });
    await world.run();
    expect(world.model.requests[0]?.maxOutputTokens).toBe(asked);
  });

  test('for a manner of reply reach the model, and nothing else of them does', async () => {
    const manner = { temperature: 0.2, topP: 0.9, stopSequences: ['END'] } as const;
    const world = makeWorld([{ text: 'Well.' }], { wishes: { ...wishes, ...manner } });
    await world.run();
    expect(world.model.requests[0]).toMatchObject(manner);
    expect(world.model.requests[0]).not.toHaveProperty('wishes');
  });
});
