/** What may go where once an outsider has spoken, over HTTP, with a model that is on his side. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Api } from '../support/api.ts';
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
});
afterAll(() => started?.dispose());

const INBOX = { tool: 'inbox', args: {} };
const mailTo = (to: string, body = 'Hello') => ({ tool: 'send-mail', args: { to: [to], body } });

/** The calls of the last turn, of a conversation whose turns each have this input and plan. */
async function converse(...turns: (readonly [string, Plan])[]) {
  const session = await api.session();
  let calls: { readonly tool: string; readonly status: string }[] = [];
  for (const [input, plan] of turns) {
    const name = `turn-${++planned}`;
    model.plan(name, plan);
    const { body } = await api.turn(session, input, `compatible/${name}`);
    calls = body.toolCalls;
    if (body.status === 'waiting') {
      await api.post(`/v1/sessions/${session}/turns/${body.turnId}/cancel`);
    }
  }
  return calls.map(({ tool, status }) => `${tool} ${status}`);
}

describe('a recipient', () => {
  test('from what an outsider wrote waits for a human, and the user’s own passes', async () => {
    const input = `Read my mail and send a summary to ${ANN}`;
    expect(await converse([input, [[INBOX], [mailTo(EVE)]]])).toEqual([
      'inbox finished',
      'send-mail waiting',
    ]);
    expect(await converse([input, [[INBOX], [mailTo(ANN)]]])).toEqual([
      'inbox finished',
      'send-mail finished',
    ]);
  });

  test('from a field that a tool vouches for passes, whatever else was read', async () => {
    const contacts = { tool: 'contacts', args: {} };
    expect(await converse(['Send Ann my mail', [[INBOX], [contacts], [mailTo(ANN)]]])).toEqual([
      'inbox finished',
      'contacts finished',
      'send-mail finished',
    ]);
    expect(await converse(['Send Ann my mail', [[INBOX], [mailTo(ANN)]]])).toEqual([
      'inbox finished',
      'send-mail waiting',
    ]);
  });

  test('passes whoever it is while nobody but the user has spoken', async () => {
    expect(await converse(['Do as you like', [[mailTo('carl@friends.example')]]])).toEqual([
      'send-mail finished',
    ]);
  });

  test('that the user named stays known in later turns, and so does that an outsider spoke', async () => {
    const first = [`My sister is ${ANN}. Read my mail.`, [[INBOX]]] as const;
    expect(await converse(first, ['Send it to my sister', [[mailTo(ANN)]]])).toEqual([
      'send-mail finished',
    ]);
    expect(await converse(first, ['Send it to my sister', [[mailTo(EVE)]]])).toEqual([
      'send-mail waiting',
    ]);
  });

  test('passes beside a text without links, and not beside an outsider’s link', async () => {
    const input = `Read my mail and send ${ANN} a summary`;
    const about = (body: string) => converse([input, [[INBOX], [mailTo(ANN, body)]]]);
    expect(await about('All is well')).toEqual(['inbox finished', 'send-mail finished']);
    expect(await about('See attacker.example/a')).toEqual(['inbox finished', 'send-mail waiting']);
  });
});

describe('what the user did not ask for', () => {
  test('waits, although nothing in it is an outsider’s', async () => {
    const contacts = { tool: 'contacts', args: {} };
    const plan = [[INBOX, contacts], [mailTo(ANN)]];
    expect(await converse(['What is new?', plan])).toContain('send-mail waiting');
    expect(await converse(['What is new? Send it to Ann', plan])).toContain('send-mail finished');
    expect(await converse([`What is new? ${ANN} wants to know`, plan])).toContain(
      'send-mail finished',
    );
  });
});

describe('a result', () => {
  test('says which of its fields the tool vouches for', async () => {
    const { body } = await api.post('/v1/tools/inbox/call', { arguments: {} });
    expect(body).toMatchObject({
      label: { integrity: 'untrusted' },
      fields: { items: { members: { id: 'trusted', from: null, body: null } } },
    });
    const sent = await api.post('/v1/tools/send-mail/call', { arguments: { to: [ANN] } });
    expect(sent.body).not.toHaveProperty('fields');
  });
});

describe('the policy', () => {
  test('may forbid what is asked by default, allow it, and name values that anybody may use', async () => {
    const { body } = await api.get('/v1/workspaces/default');
    const input = 'Read my mail and send a summary';
    const attempt = async (flow: object) => {
      const policy = { ...body.policy, flow: { ...body.policy.flow, ...flow } };
      expect((await api.put('/v1/workspaces/default', { policy })).status).toBe(200);
      const [, call] = await converse([input, [[INBOX], [mailTo(EVE)]]]);
      return call;
    };
    expect(await attempt({ untrustedArgument: 'deny', unaskedCall: 'deny' })).toBe(
      'send-mail denied',
    );
    expect(await attempt({ constants: [EVE], unaskedCall: 'allow' })).toBe('send-mail finished');
    expect(await attempt({ untrustedArgument: 'allow', unaskedCall: 'allow' })).toBe(
      'send-mail finished',
    );
    expect(await attempt({})).toBe('send-mail waiting');
  });
});
