/** Turns that begin by the clock: over HTTP, from the schedule to the answer, through a crash. */

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Api, callApi } from '../support/api.ts';
import { type StandIn, startStandIn } from '../support/channel-standins.ts';
import { channelOrder, exempt } from '../support/channels.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

const SOON = { timeout: 40_000, interval: 200 };

let gateway: Gateway;
let api: Api;
let standIn: StandIn;

beforeAll(async () => {
  [gateway, standIn] = await Promise.all([startGateway(), startStandIn()]);
  api = callApi(gateway);
});
afterAll(async () => {
  await gateway?.dispose();
  await standIn?.close();
});

const MODEL = 'provider:llm:call:embedded/planner';
const spec = (name: string, change: object = {}) => ({
  name,
  when: { at: Date.now() + 500 },
  input: 'Count the words in: one two three four',
  model: 'embedded/planner',
  capabilities: ['tool:call:text-stats', MODEL],
  ...change,
});

const find = async (name: string) => (await api.get(`/v1/schedules/${name}`)).body;

/** The schedule, once its newest run is over. */
const over = (name: string) =>
  vi.waitFor(async () => {
    const schedule = await find(name);
    expect(['finished', 'failed', 'refused']).toContain(schedule.runs[0]?.status);
    return schedule;
  }, SOON);

test('a turn runs at its moment, once, and on the record', async () => {
  const created = await api.post('/v1/schedules', spec('once'));
  expect([created.status, created.body]).toEqual([201, expect.objectContaining({ runs: [] })]);
  const { runs, nextAt } = await over('once');
  expect(runs).toEqual([expect.objectContaining({ status: 'finished' })]);
  expect(nextAt).toBeUndefined();
  const { body } = await api.get(`/v1/sessions/${runs[0].sessionId}/messages`);
  expect(JSON.stringify(body)).toMatch(/words\D+4\b/);
  await vi.waitFor(async () => {
    const audit = await api.get('/v1/audit?action=schedule-run&limit=500');
    const reasons = audit.body.records
      .filter(({ event }: { event: { schedule: string } }) => event.schedule === 'once')
      .map(({ event }: { event: { reason: string } }) => event.reason);
    expect(reasons).toEqual(['running', 'finished']);
  }, SOON);
});

test('a moment that has just passed has its run, and one long ago is refused', async () => {
  const ago = (ms: number) => ({ when: { at: Date.now() - ms } });
  expect((await api.post('/v1/schedules', spec('just-now', ago(2_000)))).status).toBe(201);
  for (const [name, change] of [
    ['in-seconds', { when: { at: Math.floor(Date.now() / 1_000) } }],
    ['too-late', ago(70_000)],
    ['within-no-grace', { ...ago(2_000), graceMs: 1_000 }],
  ] as const) {
    const { status, body } = await api.post('/v1/schedules', spec(name, change));
    expect([name, status, body.errors?.[0]?.pointer]).toEqual([name, 422, '/when/at']);
  }
  expect((await over('just-now')).runs).toHaveLength(1);
});

test('a run may do what the schedule names and nothing else', async () => {
  await api.post('/v1/schedules', spec('narrow', { capabilities: [MODEL] }));
  const { runs } = await over('narrow');
  const { body } = await api.get(`/v1/sessions/${runs[0].sessionId}/messages`);
  expect(JSON.stringify(body)).not.toMatch(/words\D+4\b/);
});

test('a run may not spend more than its budget', async () => {
  await api.post('/v1/schedules', spec('poor', { budget: { tokens: 0, costMicroUsd: 0 } }));
  const { runs } = await over('poor');
  expect(runs[0].status).not.toBe('finished');
});

test('nobody schedules what he does not hold, and who loses it loses the schedule', async () => {
  const issued = await api.post('/v1/tokens', {
    subject: { kind: 'user', id: 'root' },
    grants: ['schedule:write', 'tool:call:text-stats', MODEL],
  });
  const other = callApi(gateway, issued.body.token);
  const beyond = { capabilities: ['tool:call:json-query'] };
  expect((await other.post('/v1/schedules', spec('beyond', beyond))).status).toBe(403);
  expect((await other.get('/v1/schedules')).status).toBe(403);

  const later = { when: { at: Date.now() + 2_000 } };
  expect((await other.post('/v1/schedules', spec('orphan', later))).status).toBe(201);
  await api.delete(`/v1/tokens/${issued.body.id}`);
  const { runs } = await over('orphan');
  expect(runs[0]).toMatchObject({ status: 'refused', code: 'denied' });
});

test('runs on demand do not overlap, and a paused schedule has no next run', async () => {
  const hourly = { when: { cron: '0 * * * *', timeZone: 'Europe/Berlin' }, session: 'same' };
  const { body } = await api.post('/v1/schedules', spec('hourly', hourly));
  expect(body.nextAt).toBeGreaterThan(Date.now());
  const begun = await Promise.all([1, 2].map(() => api.post('/v1/schedules/hourly/run')));
  expect(begun.map(({ status }) => status).sort()).toEqual([202, 409]);
  const [first] = (await over('hourly')).runs;
  expect((await api.post('/v1/schedules/hourly/run')).status).toBe(202);
  await vi.waitFor(async () => {
    const { runs } = await find('hourly');
    expect([runs.length, runs[0].status]).toEqual([2, 'finished']);
    expect(runs[0].sessionId).toBe(first.sessionId);
  }, SOON);

  const paused = await api.post('/v1/schedules/hourly/pause', { paused: true });
  expect(paused.body).toMatchObject({ isPaused: true });
  expect(paused.body.nextAt).toBeUndefined();
  const resumed = await api.post('/v1/schedules/hourly/pause', { paused: false });
  expect(resumed.body.nextAt).toBeGreaterThan(Date.now());
  expect((await api.delete('/v1/schedules/hourly')).status).toBe(204);
  expect((await api.get('/v1/schedules/hourly')).status).toBe(404);
});

test('the answer comes to a block as one message', async () => {
  const block = await api.post('/v1/blocks', {
    behavior: { kind: 'mailbox' },
    capabilities: ['block:receive'],
  });
  const deliverTo = { block: block.body.id };
  const capabilities = ['tool:call:text-stats', MODEL, 'block:send'];
  await api.post('/v1/schedules', spec('reporter', { deliverTo, capabilities }));
  await over('reporter');
  const received = await api.post(`/v1/blocks/${block.body.id}/receive`, { max: 10 });
  expect(received.body.messages).toEqual([
    expect.objectContaining({
      from: 'service:schedule-reporter',
      body: expect.objectContaining({ schedule: 'reporter', output: expect.stringMatching(/4/) }),
    }),
  ]);
});

test('the answer comes to a chat as one message', async () => {
  await exempt(api, standIn);
  await api.post('/v1/channels', channelOrder(standIn, 'webhook', { capabilities: [] }));
  const deliverTo = { channel: 'webhook', chat: 'team', thread: 'daily' };
  const capabilities = ['tool:call:text-stats', MODEL, 'channel:send:webhook'];
  await api.post('/v1/schedules', spec('teller', { deliverTo, capabilities }));
  const { runs } = await over('teller');
  expect(runs).toEqual([expect.objectContaining({ status: 'finished', delivery: 'taken' })]);
  await vi.waitFor(() => {
    expect(standIn.delivered).toEqual([
      expect.objectContaining({ chat: 'team', text: expect.stringMatching(/4/) }),
    ]);
  }, SOON);
});

test('a heartbeat runs where messages wait, takes them along once, and else costs nothing', async () => {
  const block = await api.post('/v1/blocks', {
    behavior: { kind: 'mailbox' },
    capabilities: ['block:receive'],
  });
  const change = {
    ...{ when: { cron: '0 0 1 1 *' }, takeFrom: { block: block.body.id } },
    capabilities: ['tool:call:text-stats', MODEL, 'block:receive'],
  };
  await api.post('/v1/schedules', spec('heart', change));
  const spent = async () => (await api.get('/v1/budgets')).body;
  const before = await spent();
  await api.post('/v1/schedules/heart/run');
  await vi.waitFor(async () => expect((await find('heart')).idleAt).toBeGreaterThan(0), SOON);
  expect((await find('heart')).runs).toEqual([]);
  expect(await spent()).toEqual(before);

  for (const body of ['the first task', 'the second task']) {
    await api.post(`/v1/blocks/${block.body.id}/messages`, { body });
  }
  await api.post('/v1/schedules/heart/run');
  const { runs } = await over('heart');
  expect(runs).toEqual([expect.objectContaining({ status: 'finished' })]);
  const { body } = await api.get(`/v1/sessions/${runs[0].sessionId}/messages`);
  expect(JSON.stringify(body)).toMatch(/the first task.*the second task/);
  const left = await api.post(`/v1/blocks/${block.body.id}/receive`, { max: 10 });
  expect(left.body.messages).toEqual([]);
});

describe('a gateway that was killed', () => {
  test('makes up for what was due meanwhile, once, or not at all', async () => {
    // Far enough away that both are stored and the gateway is gone before it comes.
    const when = { at: Date.now() + 5_000 };
    await api.post('/v1/schedules', spec('made-up', { when, missed: 'once', graceMs: 1_000 }));
    await api.post('/v1/schedules', spec('let-go', { when, missed: 'skip', graceMs: 1_000 }));
    await gateway.kill();
    await new Promise((resolve) => setTimeout(resolve, when.at + 1_500 - Date.now()));
    await gateway.restart();
    expect((await over('made-up')).runs).toEqual([expect.objectContaining({ status: 'finished' })]);
    expect((await find('let-go')).runs).toEqual([expect.objectContaining({ status: 'missed' })]);
  });

  test('runs no turn twice, whenever it was killed', async () => {
    await api.post('/v1/schedules', spec('killed', { when: { at: Date.now() + 300 } }));
    for (const waitMs of [320, 60, 150]) {
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      await gateway.kill();
      await gateway.restart();
    }
    const { runs } = await over('killed');
    expect(runs).toEqual([expect.objectContaining({ status: 'finished' })]);
    const { body } = await api.get(`/v1/sessions/${runs[0].sessionId}`);
    expect(body.turns).toBe(1);
    expect((await api.get('/v1/audit/verify')).body.ok).toBe(true);
  });
});
