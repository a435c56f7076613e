import { describe, expect, test } from 'vitest';
import { canonicalJson } from '../../src/core/primitives/canonical-json.ts';
import { outcome } from './support/fake-tier.ts';
import { USAGE } from './support/scripted-model.ts';
import { makeWorld } from './support/world.ts';

const SECRET = 'hunter2-very-private';

describe('the record of a turn', () => {
  test('holds each decision, in the commit that holds its entry', async () => {
    const world = makeWorld([
      {
        calls: [
          { name: 'echo', args: { text: 'a' } },
          { name: 'rm -rf', args: {} },
        ],
      },
      { text: 'Done.', pauseMs: 10 },
    ]);
    await world.run();
    const actions = world.session.batches.map(({ audit }) =>
      audit.map(({ action, decision }) => `${action} ${decision}`),
    );
    expect(actions).toEqual([
      ['model-called observed', 'tool-call denied', 'tool-call allowed'],
      ['tool-result allowed'],
      ['model-called observed', 'turn-finished observed'],
    ]);
  });

  test('says who, for which turn, through which code, under which revision', async () => {
    const world = makeWorld([
      { calls: [{ name: 'echo', args: { text: 'a' } }] },
      { text: 'Done.' },
    ]);
    await world.run();
    const { turnId, sessionId, requestId } = world.turn;
    for (const event of world.session.audit) {
      expect(event).toMatchObject({
        actor: 'user:alice',
        turnId,
        sessionId,
        requestId,
        revision: 7,
      });
    }
    expect(world.session.audit[1]).toMatchObject({
      callKey: `${turnId}/0/0`,
      tool: 'echo',
      plugin: 'test-tools',
      pluginVersion: '1.0.0',
      codeHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      argumentsHmac: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(world.session.audit[0]).toMatchObject({ model: 'test/model', usage: USAGE });
    expect(world.session.audit[2]).toMatchObject({ durationMs: 3, fuel: 100 });
  });

  test('holds nothing that a user, a model or a tool wrote', async () => {
    const world = makeWorld(
      [
        {
          text: SECRET,
          calls: [
            { name: 'echo', args: { text: SECRET } },
            { name: SECRET, args: { text: SECRET } },
            { name: 'echo', argumentsText: SECRET },
            { name: 'echo', args: { text: 'a' }, id: SECRET },
          ],
        },
        { text: SECRET },
      ],
      {
        history: [
          {
            role: 'user',
            content: SECRET,
            label: { integrity: 'trusted', confidentiality: 'workspace' },
          },
        ],
      },
    );
    world.tier.run = () => outcome(SECRET);
    await world.run();
    expect(world.session.audit.length).toBeGreaterThan(7);
    expect(JSON.stringify(world.session.audit)).not.toContain(SECRET);
  });

  test('has the same HMAC for the same arguments, however they were written', async () => {
    const calls = ['{"text":"a"}', ' { "text" : "\\u0061" } '].map((argumentsText, n) => ({
      name: 'echo',
      argumentsText,
      id: `${n}`,
    }));
    const world = makeWorld([{ calls }, { text: 'Done.' }]);
    await world.run();
    const hmacs = world.session.audit.flatMap(({ argumentsHmac }) => argumentsHmac ?? []);
    expect(hmacs).toHaveLength(2);
    expect(new Set(hmacs).size).toBe(1);
    expect(world.tier.dispatched.map((call) => canonicalJson(call.canonicalArguments))).toEqual([
      '{"text":"a"}',
      '{"text":"a"}',
    ]);
  });
});
