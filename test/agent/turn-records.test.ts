import { describe, expect, test } from 'vitest';
import type { Receipt } from '../../src/core/conversation/tool-result.ts';
import { canonicalJson } from '../../src/core/primitives/canonical-json.ts';
import { outcome } from './support/fake-tier.ts';
import { USAGE } from './support/scripted-model.ts';
import { makeWorld } from './support/world.ts';

const RECEIPT: Receipt = {
  codeHash: '1'.repeat(64),
  argumentHash: '2'.repeat(64),
  outputHash: '3'.repeat(64),
  revision: 7,
  fuel: 9,
};

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

  test('says how a tier ended each call and what that cost, also where the result was denied', async () => {
    const world = makeWorld([
      { calls: ['a', 'b', 'c'].map((text) => ({ name: 'echo', args: { text } })) },
      { text: 'Done.' },
    ]);
    const cost = { durationMs: 5, fuel: 9, memoryPages: 2, suspendedMs: 1 };
    world.tier.run = ({ canonicalArguments: { text } }) => {
      if (text === 'a') return { kind: 'ok', output: 'fine', cost, receipt: RECEIPT };
      if (text === 'b') return { kind: 'failed', reason: 'memory', cost };
      return { kind: 'ok', output: '\uD800', cost };
    };
    await world.run();
    const results = world.session.audit.filter(({ action }) => action === 'tool-result');
    expect(results).toMatchObject([
      { decision: 'allowed', outcome: 'ok', ...cost },
      { decision: 'denied', check: 'dispatch', reason: 'memory', outcome: 'memory', ...cost },
      { decision: 'denied', check: 'content', reason: 'uninspectable', outcome: 'ok', ...cost },
    ]);
  });

  test('vouches for a receipt without holding any of its hashes', async () => {
    const recordOf = async (changes: Partial<Receipt>) => {
      const world = makeWorld([{ calls: [{ name: 'echo', args: {} }] }, { text: 'Done.' }]);
      const receipt = { ...RECEIPT, ...changes };
      world.tier.run = () => ({ kind: 'ok', output: 'x', cost: { durationMs: 1 }, receipt });
      await world.run();
      return world.session.audit.find(({ action }) => action === 'tool-result');
    };
    const [first, same, other] = [
      await recordOf({}),
      await recordOf({}),
      await recordOf({ outputHash: '4'.repeat(64) }),
    ];
    expect(first?.receiptHmac).toMatch(/^[0-9a-f]{64}$/);
    expect(same?.receiptHmac).toBe(first?.receiptHmac);
    expect(other?.receiptHmac).not.toBe(first?.receiptHmac);
    expect(JSON.stringify(first)).not.toMatch(/2{64}|3{64}/);
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
