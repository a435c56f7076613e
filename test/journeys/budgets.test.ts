/** Budgets in tokens and money, against a provider whose usage is known. */

import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { DEFAULT_POLICY } from '../../src/core/policy/policy.ts';
import { type Answer, type Api, callApi } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import {
  beginReply,
  refuse,
  type StandIn,
  startProvider,
  streamText,
} from '../support/provider.ts';

const MODEL = 'compatible/metered';
/** Of one reply of the stand-in, at the prices below. */
const TURN = { tokens: 300, costMicroUsd: 60 * 2 + 240 * 10 };
const PLENTY = { tokens: 1_000_000_000, costMicroUsd: 1_000_000_000 };
const HOUR_MS = 3_600_000;

let gateway: Gateway;
let api: Api;
let provider: StandIn;

beforeAll(async () => {
  provider = await startProvider();
  gateway = await startGateway({
    examples: false,
    secrets: {
      OPENAI_COMPATIBLE_BASE_URL: provider.baseUrl,
      MODEL_PRICES: JSON.stringify({ [MODEL]: [2, 10] }),
      OPENAI_API_KEY: 'sk-never-sent',
    },
  });
  api = callApi(gateway);
});
afterAll(async () => {
  await gateway?.dispose();
  provider?.dispose();
});

let workspace = 0;
/** An operator of a workspace that nobody has used yet. */
let operator: Api;
let path: string;

beforeEach(async () => {
  workspace += 1;
  path = `/v1/workspaces/budget-${workspace}`;
  await api.put(path, {});
  const issued = await api.post('/v1/tokens', {
    workspace: `budget-${workspace}`,
    subject: { kind: 'service', id: 'operator' },
    grants: ['session:*', 'provider:*', 'system:config:read', 'system:token:issue'],
  });
  operator = callApi(gateway, issued.body.token);
  provider.asked.length = 0;
  provider.answer = (_, response) => streamText(response, 'Hello.');
});

interface Change {
  readonly budgets: object;
  readonly limits?: object;
}

async function setBudgets({ budgets, limits = {} }: Change): Promise<void> {
  const rate = { calls: 1_000_000, periodMs: 60_000 };
  const policy = {
    ...DEFAULT_POLICY,
    limits: { ...DEFAULT_POLICY.limits, ...limits },
    rates: { workspace: rate, principal: rate, session: rate },
    budgets,
  };
  expect((await api.put(path, { policy })).status).toBe(200);
}

async function usedOf(holder: string, period: string, session?: string) {
  const query = session === undefined ? '' : `?session=${session}`;
  const { body } = await operator.get(`/v1/budgets${query}`);
  return body.budgets.find(
    (one: { holder: string; period: string }) => one.holder === holder && one.period === period,
  )?.used;
}

/** Usage that the provider has sent, which is what it will put on its bill. */
const billed = () => provider.asked.length * TURN.tokens;

function retryAfterMs({ headers }: Answer): number {
  return Number(headers.get('Retry-After')) * 1_000;
}

/** Most tokens that one turn may reserve: a little more than a reply needs at the least. */
const RESERVED = 400;

describe('200 turns at once in one workspace', () => {
  test('never spend more than its budget together, and lose nothing of it', async () => {
    const day = { ...PLENTY, tokens: 12_000 };
    await setBudgets({ budgets: { workspace: { day } }, limits: { maxTokens: RESERVED } });
    const sessions = await Promise.all(Array.from({ length: 200 }, () => operator.session()));
    const round = async (size: number) => {
      const turns = sessions.slice(0, size).map((session) => operator.turn(session, 'Hi', MODEL));
      const refused = (await Promise.all(turns)).filter(({ body }) => body.code !== undefined);
      const codes = new Set(refused.map(({ body }) => body.code));
      expect([...codes]).toEqual(['budget_exhausted']);
      expect(billed()).toBeLessThanOrEqual(day.tokens);
    };
    await round(sessions.length);
    let before = 0;
    while (provider.asked.length > before) {
      before = provider.asked.length;
      await round(40);
      await eventually(async () =>
        expect(await usedOf('workspace', 'day')).toMatchObject({ tokens: billed() }),
      );
    }
    expect(billed()).toBeGreaterThan(day.tokens - RESERVED);
  });
});

describe('a budget', () => {
  test('of a principal is its own, and comes back with the next hour', async () => {
    const hour = { ...PLENTY, costMicroUsd: TURN.costMicroUsd };
    await setBudgets({ budgets: { principal: { hour } }, limits: { maxTokens: RESERVED } });
    const issued = await operator.post('/v1/tokens', {
      subject: { kind: 'service', id: 'other' },
      grants: ['session:*', 'provider:*'],
    });
    const other = callApi(gateway, issued.body.token);
    // Worth one reply at its usual length, not at its longest: it is not sent, and costs nothing.
    const tooDear = await operator.turn(await operator.session(), 'Hi', MODEL);
    expect(tooDear.body).toMatchObject({ status: 'failed', code: 'budget_exhausted' });
    expect(provider.asked).toEqual([]);

    const enough = { ...PLENTY, costMicroUsd: 10_000 };
    await setBudgets({ budgets: { principal: { hour: enough } } });
    const session = await operator.session();
    expect((await operator.turn(session, 'Hi', MODEL)).body.status).toBe('finished');
    await vi.waitFor(async () => expect(await usedOf('principal', 'hour')).toEqual(TURN), {
      timeout: 20_000,
    });
    await setBudgets({ budgets: { principal: { hour } } });
    const refused = await operator.turn(session, 'Hi', MODEL);
    expect(refused).toMatchObject({
      status: 429,
      body: { code: 'budget_exhausted', detail: expect.stringContaining('"principal/hour"') },
    });
    const untilNextHourMs = HOUR_MS - (Date.now() % HOUR_MS);
    expect(Math.abs(retryAfterMs(refused) - untilNextHourMs)).toBeLessThan(3_000);
    // The other one has spent nothing of its own, and what is free costs no money.
    expect((await other.turn(await other.session(), 'Hi', MODEL)).status).toBe(200);
    expect((await operator.turn(session, 'Hi')).status).toBe(200);
  });

  test('of a session for good never comes back, and says so by no Retry-After', async () => {
    const session = await operator.session();
    await setBudgets({ budgets: { session: { total: { ...PLENTY, tokens: 1_000 } } } });
    expect((await operator.turn(session, 'Hi', MODEL)).body.status).toBe('finished');
    await eventually(async () =>
      expect(await usedOf('session', 'total', session)).toMatchObject(TURN),
    );
    await setBudgets({ budgets: { session: { total: { ...PLENTY, tokens: TURN.tokens } } } });
    const refused = await operator.turn(session, 'Hi', MODEL);
    expect(refused).toMatchObject({ status: 429, body: { code: 'budget_exhausted' } });
    expect(refused.headers.has('Retry-After')).toBe(false);
    expect((await operator.turn(await operator.session(), 'Hi')).status).toBe(200);
  });

  test('pays for retries and for a reply that was cut off, but not for a refused request', async () => {
    await setBudgets({ budgets: { session: { total: PLENTY } } });
    const session = await operator.session();
    provider.answer = (_, response) => {
      if (provider.asked.length === 1) refuse(response, 503);
      else streamText(response, 'Hello.');
    };
    expect((await operator.turn(session, 'Hi', MODEL)).body.status).toBe('finished');
    expect(provider.asked).toHaveLength(2);
    await eventually(async () =>
      expect(await usedOf('session', 'total', session)).toMatchObject(TURN),
    );

    provider.answer = (_, response) =>
      beginReply(response, [{ role: 'assistant', content: 'word '.repeat(1_600) }]);
    const turn = await operator.streamTurn(session, 'Go on', MODEL);
    const { data } = await turn.until(({ kind }) => kind === 'turn-started');
    await turn.until(({ kind }) => kind === 'text-delta');
    await operator.post(`/v1/sessions/${session}/turns/${data.turnId}/cancel`);
    await turn.ended;
    // 8,000 characters are 2,000 tokens as far as their length tells, and no whole turn's worth.
    await eventually(async () => {
      const { tokens } = await usedOf('session', 'total', session);
      expect(tokens).toBeGreaterThan(TURN.tokens + 2_000);
      expect(tokens).toBeLessThan(TURN.tokens + 3_000);
    });
  });
});

describe('a rate of tool calls', () => {
  test('bounds how many turns run at once, and says so to a client that has called no tool', async () => {
    const { limits } = DEFAULT_POLICY;
    const plenty = { calls: 1_000, periodMs: HOUR_MS };
    const principal = { calls: limits.maxToolCalls, periodMs: HOUR_MS };
    const rates = { workspace: plenty, session: plenty, principal };
    const policy = { ...DEFAULT_POLICY, rates };
    expect((await api.put(path, { policy })).status).toBe(200);
    const begun = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    provider.answer = async (_, response) => {
      begun.resolve();
      await released.promise;
      streamText(response, 'Hello.');
    };
    const ask = { model: MODEL, messages: [{ role: 'user', content: 'Hi' }] };
    const first = operator.post('/v1/chat/completions', ask);
    await begun.promise;
    const second = await operator.post('/v1/chat/completions', ask);
    released.resolve();
    expect(second).toMatchObject({
      status: 429,
      body: {
        error: { code: 'rate_limit_exceeded', message: expect.stringMatching(/principal's/) },
      },
    });
    expect((await first).status).toBe(200);
  });
});

describe('a model whose price nobody has stated', () => {
  test('is counted at the worst case, or refused, as policy says', async () => {
    await setBudgets({ budgets: { unknownPrice: 'refuse' } });
    const refused = await operator.turn(await operator.session(), 'Hi', 'openai/unheard-of');
    expect(refused.body).toMatchObject({ status: 'failed', code: 'model_unknown' });
    expect((await operator.turn(await operator.session(), 'Hi', MODEL)).body).toMatchObject({
      status: 'finished',
      usage: { inputTokens: 60, outputTokens: 240, costMicroUsd: TURN.costMicroUsd },
    });
  });
});
