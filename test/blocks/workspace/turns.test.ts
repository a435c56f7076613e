import { describe, expect, test } from 'vitest';
import type { OpenedTurn, OpenTurn } from '../../../src/blocks/workspace/workspace-api.ts';
import { NO_USAGE } from '../../../src/core/conversation/usage.ts';
import type { Spend } from '../../../src/core/policy/ledger.ts';
import { DEFAULT_POLICY, type Policy } from '../../../src/core/policy/policy.ts';
import {
  confirmTurns,
  evict,
  type Fixture,
  foundWorkspace,
  inside,
  issue,
  newTurnId,
  opening,
  ring,
  rowsOf,
} from './workspace-fixture.ts';

type Rates = Partial<Policy['rates']>;

const setRates = async ({ block, root }: Fixture, rates: Rates, more: Partial<Policy> = {}) => {
  const policy = { ...DEFAULT_POLICY, rates: { ...DEFAULT_POLICY.rates, ...rates }, ...more };
  await block.change(root, { policy });
};

/** Of the whole workspace. */
const withDay = (day: Spend): Partial<Policy> => ({
  budgets: { ...DEFAULT_POLICY.budgets, workspace: { day } },
});

async function open({ block }: Fixture, request: OpenTurn): Promise<OpenedTurn> {
  const opened = await block.openTurn(request);
  if (!opened.ok) throw new Error(opened.error.reason);
  return opened.value;
}

describe('openTurn()', () => {
  test('reserves a slice and sends the authority to who does not have it', async () => {
    const fixture = await foundWorkspace();
    const bot = await issue(fixture, fixture.root);
    const first = await open(fixture, opening(fixture, bot));
    expect(first).toMatchObject({
      revision: 1,
      authority: { revision: 1, principal: bot.principal, plugins: [] },
      slice: { toolCalls: 16, tokens: 200_000, costMicroUsd: 1_000_000, perTool: {} },
    });
    const known = await open(fixture, opening(fixture, bot, { knownRevision: 1 }));
    expect(known).not.toHaveProperty('authority');
    const stale = await open(fixture, opening(fixture, bot, { knownRevision: 0 }));
    expect(stale).toHaveProperty('authority');
  });

  test('reserves once for a turn that is opened twice, also after a crash', async () => {
    const fixture = await foundWorkspace();
    const bot = await issue(fixture, fixture.root);
    await setRates(fixture, { principal: { calls: 20, periodMs: 86_400_000 } });
    const request = opening(fixture, bot);
    const first = await open(fixture, request);
    await confirmTurns(fixture);
    await evict(fixture);
    expect((await open(fixture, request)).slice).toEqual(first.slice);
    expect((await open(fixture, opening(fixture, bot))).slice.toolCalls).toBe(4);
  });

  test('is refused to who lost his credential meanwhile', async () => {
    const fixture = await foundWorkspace();
    const bot = await issue(fixture, fixture.root);
    await fixture.block.revokeToken(fixture.root, bot.principal.tokenId);
    await inside(fixture, async (block) => {
      await expect(block.openTurn(opening(fixture, bot))).rejects.toMatchObject({ code: 'denied' });
    });
  });

  test('keeps buckets apart: of a principal, a session and the workspace', async () => {
    const fixture = await foundWorkspace();
    const [a, b] = [await issue(fixture, fixture.root), await issue(fixture, fixture.root)];
    const slow = (calls: number) => ({ calls, periodMs: 86_400_000 });
    await setRates(fixture, { principal: slow(16), workspace: slow(40), session: slow(16) });
    await open(fixture, opening(fixture, a));
    expect(await fixture.block.openTurn(opening(fixture, a))).toMatchObject({
      ok: false,
      error: { reason: 'principal_rate', retryAfterMs: expect.closeTo(5_400_000, -5) },
    });
    const request = opening(fixture, b);
    await open(fixture, request);
    await fixture.block.settleTurn(request.turnId, NO_USAGE, {});
    expect((await open(fixture, { ...request, turnId: newTurnId() })).slice.toolCalls).toBe(16);
    const c = await issue(fixture, fixture.root);
    expect((await open(fixture, opening(fixture, c))).slice).toMatchObject({
      toolCalls: 8,
      shortOf: { reason: 'workspace_rate' },
    });
  });

  test('refuses nothing of what was refused once before: a refusal reserves nothing', async () => {
    const fixture = await foundWorkspace();
    const bot = await issue(fixture, fixture.root);
    await setRates(fixture, {}, withDay({ tokens: 0, costMicroUsd: 1_000_000 }));
    const request = opening(fixture, bot);
    expect(await fixture.block.openTurn(request)).toMatchObject({
      error: { reason: 'token_budget' },
    });
    await setRates(fixture, {});
    expect((await open(fixture, request)).slice.tokens).toBe(200_000);
  });

  test.each([
    ['a model that costs', { kind: 'model', model: 'openai/gpt-5' }, 200_000, 1_000_000],
    ['the embedded model', { kind: 'model', model: 'embedded/planner' }, 200_000, 0],
    ['the default model', { kind: 'default-model' }, 200_000, 0],
    ['a program', { kind: 'program', call: { id: '1', name: 'x', argumentsText: '{}' } }, 0, 0],
  ] as const)('sets aside what %s may cost', async (_, driver, tokens, costMicroUsd) => {
    const fixture = await foundWorkspace();
    const { slice } = await open(fixture, opening(fixture, fixture.root, { driver }));
    expect(slice).toMatchObject({ tokens, costMicroUsd });
    expect(slice).not.toHaveProperty('shortOf');
  });
});

describe('openTurn() for several turns', () => {
  const plenty = { calls: 1_000_000, periodMs: 60_000 };
  const lift = (fixture: Fixture, more: Partial<Policy['rates']> = {}) => {
    const rates = { workspace: plenty, principal: plenty, session: plenty, ...more };
    return setRates(
      fixture,
      rates,
      withDay({ tokens: 1_000_000_000, costMicroUsd: 1_000_000_000 }),
    );
  };
  const driver = { kind: 'model', model: 'embedded/planner' } as const;

  test('reserves ahead where everything is plentiful, and only if it is asked to', async () => {
    const fixture = await foundWorkspace();
    await lift(fixture);
    const once = await open(fixture, opening(fixture, fixture.root, { driver }));
    expect(once.slice).toMatchObject({ toolCalls: 16, tokens: 200_000 });
    const many = await open(fixture, opening(fixture, fixture.root, { driver, mayHold: true }));
    expect(many.slice).toMatchObject({ toolCalls: 256, tokens: 3_200_000, costMicroUsd: 0 });
  });

  test.each<[string, Partial<Policy['rates']>, OpenTurn['driver']]>([
    ['a rate is low', { principal: { calls: 1_000, periodMs: 60_000 } }, driver],
    ['a tool has a low rate', { tools: { slow: { calls: 5, periodMs: 60_000 } } }, driver],
    ['the turn costs money', {}, { kind: 'model', model: 'openai/gpt-5' }],
    ['nobody knows what it costs', {}, undefined],
  ])('reserves no more than one turn when %s', async (_, rates, driven) => {
    const fixture = await foundWorkspace();
    await lift(fixture, rates);
    const facts = { mayHold: true, ...(driven && { driver: driven }) };
    const { slice } = await open(fixture, opening(fixture, fixture.root, facts));
    expect(slice).toMatchObject({ toolCalls: 16, tokens: 200_000 });
  });

  test('gives back what all of the turns together did not use', async () => {
    const fixture = await foundWorkspace();
    await lift(fixture);
    const request = opening(fixture, fixture.root, { driver, mayHold: true });
    await open(fixture, request);
    const usage = { inputTokens: 60, outputTokens: 40, costMicroUsd: 0 };
    await fixture.block.settleTurn(request.turnId, usage, { any: 20 });
    expect(await rowsOf(fixture, 'SELECT tokens FROM ledgers')).toEqual([{ tokens: 100 }]);
    expect(await rowsOf(fixture, 'SELECT turn_id FROM open_turns')).toEqual([]);
  });
});

describe('many turns at once', () => {
  test('are opened and settled as if they came one by one', async () => {
    const fixture = await foundWorkspace();
    const bot = await issue(fixture, fixture.root);
    await setRates(fixture, { principal: { calls: 100, periodMs: 86_400_000 } });
    const requests = Array.from({ length: 12 }, () => opening(fixture, bot));
    const opened = await Promise.all(requests.map((request) => fixture.block.openTurn(request)));
    const calls = opened.flatMap((one) => (one.ok ? [one.value.slice.toolCalls] : []));
    expect(calls).toEqual([16, 16, 16, 16, 16, 16, 4]);
    await Promise.all(
      requests.map(({ turnId }) => fixture.block.settleTurn(turnId, NO_USAGE, { any: 1 })),
    );
    await evict(fixture);
    const { slice } = await open(fixture, opening(fixture, bot));
    expect(slice.toolCalls).toBe(16);
    expect(
      await rowsOf(fixture, "SELECT credits FROM buckets WHERE key LIKE 'principal/%'"),
    ).toEqual([{ credits: expect.closeTo((100 - 7 - 16) * 86_400_000, -8) }]);
  });

  test('are refused one by one: a credential that is gone spoils it for nobody else', async () => {
    const fixture = await foundWorkspace();
    const [bot, gone] = [await issue(fixture, fixture.root), await issue(fixture, fixture.root)];
    await fixture.block.revokeToken(fixture.root, gone.principal.tokenId);
    await inside(fixture, async (block) => {
      const answers = await Promise.allSettled(
        [bot, gone, bot, gone].map((actor) => block.openTurn(opening(fixture, actor))),
      );
      expect(answers.map(({ status }) => status)).toEqual([
        ...['fulfilled', 'rejected', 'fulfilled', 'rejected'],
      ]);
    });
  });
});

describe('settleTurn()', () => {
  test('gives back what was not used, once', async () => {
    const fixture = await foundWorkspace();
    const bot = await issue(fixture, fixture.root);
    const tools = { slow: { calls: 3, periodMs: 86_400_000 } };
    await setRates(fixture, { principal: { calls: 16, periodMs: 86_400_000 }, tools });
    const request = opening(fixture, bot);
    expect((await open(fixture, request)).slice).toMatchObject({ perTool: { slow: 3 } });
    for (let times = 0; times < 3; times++) {
      await fixture.block.settleTurn(request.turnId, NO_USAGE, { slow: 1, other: 5 });
    }
    expect((await open(fixture, opening(fixture, bot))).slice).toMatchObject({
      toolCalls: 10,
      perTool: { slow: 2 },
    });
  });

  test('charges tokens and money to the day', async () => {
    const fixture = await foundWorkspace();
    const bot = await issue(fixture, fixture.root);
    await setRates(fixture, {}, withDay({ tokens: 250_000, costMicroUsd: 1_500_000 }));
    const request = opening(fixture, bot);
    await open(fixture, request);
    const usage = { inputTokens: 60_000, outputTokens: 40_000, costMicroUsd: 900_000 };
    await fixture.block.settleTurn(request.turnId, usage, {});
    expect((await open(fixture, opening(fixture, bot))).slice).toMatchObject({
      tokens: 150_000,
      costMicroUsd: 600_000,
      shortOf: { reason: 'token_budget' },
    });
  });

  test('ignores a turn that was never opened', async () => {
    const fixture = await foundWorkspace();
    await fixture.block.settleTurn(newTurnId(), NO_USAGE, {});
    expect((await open(fixture, opening(fixture, fixture.root))).slice.toolCalls).toBe(16);
  });
});

describe('renewSlice()', () => {
  test('adds what has come free, up to a whole turn in all', async () => {
    const fixture = await foundWorkspace();
    const bot = await issue(fixture, fixture.root);
    await setRates(fixture, { principal: { calls: 20, periodMs: 86_400_000 } });
    const [first, second] = [opening(fixture, bot), opening(fixture, bot)];
    await open(fixture, first);
    const { slice } = await open(fixture, second);
    expect(slice.toolCalls).toBe(4);
    await fixture.block.settleTurn(first.turnId, NO_USAGE, { any: 10 });
    const left = { ...slice, toolCalls: 1 };
    expect(await fixture.block.renewSlice(second.turnId, left)).toMatchObject({ toolCalls: 7 });
    await fixture.block.settleTurn(second.turnId, NO_USAGE, { any: 10 });
    expect(await fixture.block.openTurn(opening(fixture, bot))).toMatchObject({
      error: { reason: 'principal_rate' },
    });
  });
});

describe('a turn that has waited for a human', () => {
  test('is live again once it is opened again, with what it had reserved', async () => {
    const fixture = await foundWorkspace();
    const bot = await issue(fixture, fixture.root);
    await setRates(fixture, { principal: { calls: 20, periodMs: 86_400_000 } });
    const request = opening(fixture, bot, { deadlineAt: Date.now() - 3_600_001 });
    const first = await open(fixture, request);
    await confirmTurns(fixture);
    await ring(fixture, 'sweep');
    const again = await open(fixture, { ...request, deadlineAt: Date.now() + 60_000 });
    expect(again.slice).toEqual(first.slice);
    await ring(fixture, 'sweep');
    expect(await rowsOf(fixture, 'SELECT lost FROM open_turns')).toEqual([{ lost: 0 }]);
    expect((await open(fixture, opening(fixture, bot))).slice.toolCalls).toBe(4);
  });

  test('is not cut short by an opening that is sent late', async () => {
    const fixture = await foundWorkspace();
    const bot = await issue(fixture, fixture.root);
    const request = opening(fixture, bot);
    await open(fixture, request);
    await open(fixture, { ...request, deadlineAt: 1 });
    await confirmTurns(fixture);
    await ring(fixture, 'sweep');
    expect(await rowsOf(fixture, 'SELECT lost FROM open_turns')).toEqual([{ lost: 0 }]);
  });
});

describe('a turn that is never settled', () => {
  test('counts as over after its deadline, and keeps what it reserved', async () => {
    const fixture = await foundWorkspace();
    const bot = await issue(fixture, fixture.root);
    await setRates(fixture, { principal: { calls: 20, periodMs: 86_400_000 } });
    const request = opening(fixture, bot, { deadlineAt: Date.now() - 3_600_001 });
    await open(fixture, request);
    await confirmTurns(fixture);
    await ring(fixture, 'sweep');
    expect(await rowsOf(fixture, 'SELECT lost FROM open_turns')).toEqual([{ lost: 1 }]);
    expect((await open(fixture, opening(fixture, bot))).slice.toolCalls).toBe(4);

    await fixture.block.settleTurn(request.turnId, NO_USAGE, {});
    expect((await open(fixture, opening(fixture, bot))).slice.toolCalls).toBe(16);
  });
});
