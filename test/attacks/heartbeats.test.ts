/** Heartbeats whose turns are refused: what waited is given to nobody, and lost by nobody. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Api } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { type PlannedGateway, startPlannedGateway } from '../support/planned-gateway.ts';

let started: PlannedGateway;
let api: Api;

beforeAll(async () => {
  started = await startPlannedGateway();
  ({ api } = started);
});
afterAll(() => started?.dispose());

test('messages stay with their block where a turn is refused for what its schedule lacks', async () => {
  const capabilities = ['block:receive'];
  const { body } = await api.post('/v1/blocks', { behavior: { kind: 'mailbox' }, capabilities });
  const takeFrom = { block: body.id };
  await api.post(`/v1/blocks/${body.id}/messages`, { body: 'an honest task' });
  const spec = {
    ...{ name: 'lacking', when: { cron: '0 0 1 1 *' }, input: 'Go on', model: 'compatible/talk' },
    ...{ takeFrom, capabilities },
  };
  expect((await api.post('/v1/schedules', spec)).status).toBe(201);
  await api.post('/v1/schedules/lacking/run');
  const run = await eventually(async () => {
    const [last] = (await api.get('/v1/schedules/lacking')).body.runs;
    expect(last).toMatchObject({ status: 'refused', code: 'denied' });
    return last;
  });
  expect(run.refused).toBeUndefined();
  // It is anybody's again at once.
  await eventually(async () => {
    const received = await api.post(`/v1/blocks/${body.id}/receive`, { max: 10 });
    expect(received.body.messages).toMatchObject([{ body: 'an honest task' }]);
  });
});
