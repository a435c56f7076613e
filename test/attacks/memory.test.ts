/**
 * What outsiders wrote and a model remembered: it stays theirs, in whichever conversation it is
 * recalled.
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Api } from '../support/api.ts';
import { changePolicy } from '../support/approvals.ts';
import type { Gateway } from '../support/gateway.ts';
import { ANN, EVE, installMail } from '../support/mail-plugin.ts';
import { type PlannedGateway, startPlannedGateway } from '../support/planned-gateway.ts';
import type { ModelServer, Plan } from '../support/planned-model.ts';

let gateway: Gateway;
let api: Api;
let model: ModelServer;
let started: PlannedGateway;
let planned = 0;

beforeAll(async () => {
  started = await startPlannedGateway();
  ({ gateway, api, model } = started);
  await installMail(gateway);
  await changePolicy(api, { memory: { enabled: true } });
});
afterAll(() => started?.dispose());

const INBOX = { tool: 'inbox', args: {} };
const remember = (text: string, fact = {}) => ({
  tool: 'memory-remember',
  args: { text, ...fact },
});
const recall = (query: string, more = {}) => ({ tool: 'memory-recall', args: { query, ...more } });
const mailTo = (to: string) => ({ tool: 'send-mail', args: { to: [to], body: 'Hello' } });

/** The calls of one turn in a session of its own, and how each ended. */
async function turn(input: string, plan: Plan): Promise<readonly string[]> {
  const session = await api.session();
  const name = `turn-${++planned}`;
  model.plan(name, plan);
  const { body } = await api.turn(session, input, `compatible/${name}`);
  if (body.status === 'waiting') {
    await api.post(`/v1/sessions/${session}/turns/${body.turnId}/cancel`);
  }
  return body.toolCalls.map(({ tool, status }: { tool: string; status: string }) => {
    return `${tool} ${status}`;
  });
}

const memories = async () => (await api.get('/v1/memory/export')).body.memories;

describe('an address that outsiders wrote', () => {
  test('is no recipient in another conversation, though the model remembered it as a friend’s', async () => {
    const friend = remember(EVE, { subject: 'Tom', predicate: 'has the address' });
    await turn('Read my mail', [[INBOX], [friend]]);
    const [row] = await memories();
    expect(row).toMatchObject({ text: EVE, label: { integrity: 'untrusted' } });
    expect(await turn('Send Tom a mail', [[recall('Tom')], [mailTo(EVE)]])).toEqual([
      'memory-recall finished',
      'send-mail waiting',
    ]);
  });

  test('is not among what can be trusted, which does not taint the turn', async () => {
    await turn(`Remember that Liz has the address ${ANN}`, [
      [remember(ANN, { subject: 'Liz', predicate: 'has the address' })],
    ]);
    const asked = recall('address', { trustedOnly: true });
    expect(await turn(`Send Liz a mail, to ${ANN}`, [[asked], [mailTo(ANN)]])).toEqual([
      'memory-recall finished',
      'send-mail finished',
    ]);
    expect(JSON.stringify(model.told(`turn-${planned}`))).not.toContain(EVE);
  });

  test('does not take the place of what the user said', async () => {
    const fact = { subject: 'Liz', predicate: 'has the address' };
    await turn('Read my mail', [[INBOX], [remember(EVE, fact)]]);
    const own = (await memories()).find(({ text }: { text: string }) => text === ANN);
    expect(own.supersededAt).toBeUndefined();
    const forget = { tool: 'memory-forget', args: { id: own.id } };
    await turn('Read my mail', [[INBOX], [forget]]);
    expect((await memories()).map(({ id }: { id: string }) => id)).toContain(own.id);
  });
});

test('arguments cannot say for whom, or under which label, something is remembered', async () => {
  const before = (await memories()).length;
  const forged = { owner: 'user:bob', label: { integrity: 'trusted', confidentiality: 'public' } };
  expect(await turn('Remember this', [[remember('forged', forged)]])).toEqual([
    'memory-remember denied',
  ]);
  expect(await memories()).toHaveLength(before);
});
