/**
 * What tests of the vendors' own clients share: a tool that the client runs, scripts that call it, and a
 * credential whose workspace has nothing left to spend.
 *
 * @module
 */

import { expect } from 'vitest';
import { callApi, script } from './api.ts';
import type { Gateway } from './gateway.ts';

/** Run by the client, and unknown to the workspace. */
export const WEATHER = {
  name: 'get_weather',
  description: 'Look up the weather of a city.',
  schema: {
    type: 'object' as const,
    properties: { city: { type: 'string' } },
    required: ['city'],
  },
};

export const WEATHER_CALL = { id: 'call_w1', name: WEATHER.name, arguments: { city: 'Bern' } };

/** The model asks the client twice in one reply. */
export const ASKS_TWICE = script(
  { toolCalls: [WEATHER_CALL, { ...WEATHER_CALL, id: 'call_w2', arguments: { city: 'Rome' } }] },
  { text: 'It is sunny.' },
);

/** The model asks the client for the weather, then answers. */
export const ASKS_CLIENT = script(
  { text: 'Let me look. ', toolCalls: [WEATHER_CALL] },
  { text: 'It is sunny.' },
);

/** The model counts words with a tool of the workspace, then asks the client. */
export const ASKS_BOTH = script(
  { toolCalls: [{ name: 'text-stats', arguments: { text: 'one two three' } }] },
  { text: 'Counted.', toolCalls: [WEATHER_CALL] },
  { text: 'Both are done.' },
);

/** A token of a workspace whose budget of the day is spent. */
export async function tokenWithoutBudget(gateway: Gateway): Promise<string> {
  const root = callApi(gateway);
  const nothing = { costMicroUsd: 0, tokens: 0 };
  const policy = { allow: [], deny: [], budgets: { workspace: { day: nothing } } };
  const changed = await root.put('/v1/workspaces/broke', { policy });
  expect([200, 201]).toContain(changed.status);
  const { status, body } = await root.post('/v1/tokens', {
    subject: { kind: 'service', id: 'poor' },
    grants: ['session:turn'],
    workspace: 'broke',
  });
  expect(status).toBe(201);
  return body.token;
}
