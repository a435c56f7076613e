/**
 * The gateway is killed (`SIGKILL`) at each point of a turn that a human is asked about, and started
 * again on the same disk: nothing is lost, nothing runs twice, and no approval counts twice.
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Api, callApi, SCRIPT_MODEL, type ServerEvent, script } from '../support/api.ts';
import {
  askAlways,
  askFor,
  count,
  countWords,
  credential,
  decide,
  END,
  eventsOf,
  stateOf,
} from '../support/approvals.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

let gateway: Gateway;
let api: Api;
let human: Api;

beforeAll(async () => {
  gateway = await startGateway({ env: { SALLYPORT_LEASE_MS: '1000' } });
  api = callApi(gateway);
  human = await credential(gateway);
  await askAlways(api, ['tool:call:text-stats']);
});
afterAll(() => gateway?.dispose());

const crash = async () => {
  await gateway.kill();
  await gateway.restart();
};

const expectOneRun = (events: readonly ServerEvent[]) => {
  expect(count(events, 'approval-needed')).toBe(1);
  expect(count(events, 'tool-call-approved')).toBe(1);
  expect(count(events, 'tool-result') + count(events, 'tool-call-denied')).toBe(1);
  expect(events.at(-1)).toMatchObject({ kind: 'turn-finished', data: { output: 'End.' } });
};

describe('a gateway that is killed', () => {
  test('as soon as the question is asked still knows it, and asks it once', async () => {
    const session = await api.session();
    const steps = script({ toolCalls: [countWords()] }, END);
    const stream = await api.streamTurn(session, steps, SCRIPT_MODEL);
    const { data } = await stream.until(({ kind }) => kind === 'approval-needed');
    await crash();
    const turnId = stream.events[0]?.data.turnId;
    const turn = async () => (await api.get(`/v1/sessions/${session}/turns/${turnId}`)).body;
    await expect.poll(async () => (await turn()).status).toBe('waiting');
    expect((await decide(human, data.approvalId, 'approve')).status).toBe(200);
    expectOneRun(await eventsOf(api, { session, turnId }));
  });

  test('while the turn waits goes on when the answer comes', async () => {
    const asked = await askFor(api, countWords());
    await crash();
    expect(await stateOf(human, asked.id)).toBe('pending');
    await decide(human, asked.id, 'approve');
    expectOneRun(await eventsOf(api, asked));
  });

  test.each(['approve', 'deny'] as const)(
    'right after the answer %s goes on by itself',
    async (decision) => {
      const asked = await askFor(api, countWords());
      await decide(human, asked.id, decision);
      await crash();
      const events = await eventsOf(api, asked);
      if (decision === 'approve') expectOneRun(events);
      else expect(count(events, 'tool-call-approved')).toBe(0);
      expect((await decide(human, asked.id, 'deny')).status).toBe(decision === 'deny' ? 200 : 409);
    },
  );

  test('after the start of the call runs it no second time', async () => {
    const long = countWords('lorem ipsum dolor '.repeat(2_000));
    const asked = await askFor(api, long);
    const stream = await api.follow(asked.session, asked.turnId, 0);
    await decide(human, asked.id, 'approve');
    await stream.until(({ kind }) => kind === 'tool-call-approved');
    await crash();
    expectOneRun(await eventsOf(api, asked));
    expect(await stateOf(human, asked.id)).toBe('consumed');
  });

  test('past the end of the time has the call denied', async () => {
    await askAlways(api, ['tool:call:text-stats'], { expiresInMs: 1_500 });
    const asked = await askFor(api, countWords());
    await gateway.kill();
    await new Promise((resolve) => setTimeout(resolve, 1_600));
    await gateway.restart();
    expect((await decide(human, asked.id, 'approve')).status).toBe(409);
    const events = await eventsOf(api, asked);
    expect(count(events, 'tool-call-approved')).toBe(0);
    expect(await stateOf(human, asked.id)).toBe('expired');
    await askAlways(api, ['tool:call:text-stats']);
  });

  test('has told the index of everything in the end, and the chain verifies', async () => {
    const states = async () => {
      const { body } = await human.get('/v1/approvals?limit=200');
      return body.approvals.map(({ state }: { state: string }) => state).sort();
    };
    await expect
      .poll(states, { timeout: 15_000 })
      .toEqual(['consumed', 'consumed', 'consumed', 'consumed', 'denied', 'expired']);
    expect((await api.get('/v1/audit/verify')).body).toMatchObject({ ok: true });
  });
});
