/** A token that its holder has narrowed without asking: at the routes, in turns, in blocks. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { attenuate } from '../../src/client/attenuate.ts';
import type { WrittenCaveat } from '../../src/core/policy/caveat.ts';
import { type Api, callApi, SCRIPT_MODEL, script } from '../support/api.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

const GRANTS = [
  'session:*',
  'tool:*',
  'provider:*',
  'storage:*',
  'block:*',
  'system:token:issue',
  'system:audit:read',
];

let gateway: Gateway;
let root: Api;
let tokenId: string;
let holder: Api;

beforeAll(async () => {
  gateway = await startGateway();
  root = callApi(gateway);
  const subject = { kind: 'service', id: 'holder' };
  const { body } = await root.post('/v1/tokens', { subject, grants: GRANTS });
  tokenId = body.id;
  holder = callApi(gateway, body.token);
});
afterAll(() => gateway?.dispose());

const narrowed = async (...caveats: WrittenCaveat[]): Promise<Api> =>
  callApi(gateway, await attenuate(holder.token, caveats));

const only = (...patterns: string[]): WrittenCaveat => ({ kind: 'grants', patterns });

const DENIED = { check: 'capability', reason: 'principal_grant_missing' };
const MAILBOX = { behavior: { kind: 'mailbox' }, capabilities: [] };

const count = (api: Api) => api.post('/v1/tools/text-stats/call', { arguments: { text: 'a b' } });

const turn = async (api: Api, session?: string) => {
  const steps = script(
    { toolCalls: [{ name: 'text-stats', arguments: { text: 'a b' } }] },
    { text: 'Done.' },
  );
  return api.turn(session ?? (await api.session()), steps, SCRIPT_MODEL);
};

describe('at the routes', () => {
  test('holds what its caveats leave of its token', async () => {
    const reader = await narrowed(only('system:audit:read'));
    expect((await reader.get('/v1/audit')).status).toBe(200);
    const refused = await reader.post('/v1/sessions', {});
    expect(refused).toMatchObject({ status: 403, body: { reason: 'principal_grant_missing' } });
  });

  test('holds nothing that its token does not hold', async () => {
    const wishful = await narrowed(only('system:config:read', '*'));
    expect((await wishful.get('/v1/workspaces/default')).status).toBe(403);
    expect((await wishful.get('/v1/audit')).status).toBe(200);
  });

  test('ends when a caveat says so', async () => {
    const at = Date.now() + 60_000;
    expect((await (await narrowed({ kind: 'expiry', at })).get('/v1/audit')).status).toBe(200);
    const over = await narrowed({ kind: 'expiry', at: Date.now() - 1 });
    expect((await over.get('/v1/audit')).status).toBe(401);
    expect((await over.get('/v1/tools')).status).toBe(401);
  });

  test('is good in the workspace that it names', async () => {
    const here = await narrowed({ kind: 'workspace', id: 'default' });
    expect((await here.get('/v1/audit')).status).toBe(200);
    const elsewhere = await narrowed({ kind: 'workspace', id: 'other' });
    expect((await elsewhere.get('/v1/audit')).status).toBe(401);
  });

  test('does not issue tokens, which would come without its caveats', async () => {
    const issuer = await narrowed({ kind: 'budget', maxTokens: 10 });
    const order = { subject: { kind: 'service', id: 'wider' }, grants: ['session:read'] };
    expect((await issuer.post('/v1/tokens', order)).status).toBe(403);
    expect((await holder.post('/v1/tokens', order)).status).toBe(201);
  });

  test('can be narrowed again by whoever it was given to', async () => {
    const first = await attenuate(holder.token, [only('session:*')]);
    const second = callApi(gateway, await attenuate(first, [only('session:read')]));
    expect((await callApi(gateway, first).post('/v1/sessions', {})).status).toBe(201);
    expect((await second.post('/v1/sessions', {})).status).toBe(403);
  });
});

describe('in turns', () => {
  test('only the tool that it names can be called, by a program and by a model', async () => {
    const counter = await narrowed({ kind: 'tool', name: 'text-stats' });
    const other = await narrowed({ kind: 'tool', name: 'json-query' });
    expect((await count(counter)).status).toBe(200);
    expect(await count(other)).toMatchObject({ status: 403, body: DENIED });
    expect((await turn(counter)).body.toolCalls).toMatchObject([{ status: 'finished' }]);
    expect((await turn(other)).body.toolCalls).toMatchObject([{ status: 'denied', ...DENIED }]);
    expect((await other.post('/v1/blocks', MAILBOX)).status).toBe(403);
  });

  test('a tool’s answer to its token is not repeated to it if it may not call the tool', async () => {
    const key = { 'Idempotency-Key': 'known-to-both' };
    const read = (api: Api) => api.post('/v1/tools/note-list/call', { arguments: {} }, key);
    const first = await read(holder);
    expect(first.status).toBe(200);
    expect(await read(await narrowed(only('session:*')))).toMatchObject({
      status: 403,
      body: DENIED,
    });
    const again = await read(await narrowed(only('tool:call:note-list')));
    expect([again.status, again.body.receipt]).toEqual([200, first.body.receipt]);
  });

  test('a reply is repeated to its token, and to another of its principal that may read his sessions', async () => {
    const key = { 'Idempotency-Key': 'said-to-one' };
    const content = script({ text: 'Done.' });
    const messages = [{ role: 'user', content }];
    const ask = async (api: Api) => {
      const asked = { model: SCRIPT_MODEL, messages };
      return (await api.post('/v1/chat/completions', asked, key)).body.id;
    };
    const teller = await narrowed(only('session:turn', 'session:read', 'provider:*', 'tool:*'));
    const deaf = await narrowed(only('session:turn', 'provider:*'));
    const first = await ask(holder);
    expect(first).toEqual(expect.any(String));
    expect(await ask(teller)).toBe(first);
    const other = await ask(deaf);
    expect(other).toEqual(expect.any(String));
    expect(other).not.toBe(first);
    expect(await ask(deaf)).toBe(other);
  });

  test('all that is remembered is neither told nor erased with a token for one tool, whichever it is', async () => {
    for (const name of ['text-stats', 'memory-recall', 'memory-remember', 'memory-forget']) {
      const one = await narrowed({ kind: 'tool', name });
      expect(await one.get('/v1/memory/export')).toMatchObject({ status: 403, body: DENIED });
      expect(await one.delete('/v1/memory')).toMatchObject({ status: 403, body: DENIED });
    }
    const reader = await narrowed(only('storage:memory:read'));
    expect((await reader.get('/v1/memory/export')).status).toBe(200);
    expect((await reader.delete('/v1/memory')).status).toBe(403);
  });

  test('a turn is bounded by the token that began it, whoever began the session', async () => {
    const session = await holder.session();
    const other = await narrowed({ kind: 'tool', name: 'json-query' });
    expect((await turn(holder, session)).body.toolCalls).toMatchObject([{ status: 'finished' }]);
    expect((await turn(other, session)).body.toolCalls).toMatchObject([{ status: 'denied' }]);
    expect((await turn(holder, session)).body.toolCalls).toMatchObject([{ status: 'finished' }]);
  });

  test('each turn has the budget of its token, and not that of its workspace', async () => {
    const poor = await narrowed({ kind: 'budget', maxTokens: 1 });
    const rich = await narrowed({ kind: 'budget', maxTokens: 100_000 });
    const session = await holder.session();
    expect((await turn(rich, session)).body.status).toBe('finished');
    const starved = await turn(poor, session);
    expect(JSON.stringify(starved.body)).toContain('budget_exhausted');
    expect((await turn(rich, session)).body.status).toBe('finished');
  });

  test('a tool that brings in more than the label allows is not called', async () => {
    const label = { kind: 'label', integrity: 'trusted', confidentiality: 'workspace' } as const;
    const insider = await narrowed(label);
    expect((await count(insider)).status).toBe(200);
    const read = (api: Api) => api.post('/v1/tools/note-list/call', { arguments: {} });
    expect((await read(holder)).status).toBe(200);
    expect(await read(insider)).toMatchObject({ status: 403, body: { reason: 'flow_denied' } });
  });
});

describe('a block that was made with it', () => {
  const agent = {
    behavior: { kind: 'agent', model: SCRIPT_MODEL },
    capabilities: ['CAP_INFER', 'CAP_SEND', 'CAP_RECEIVE', 'tool:call:note-list', 'storage:*:read'],
  };

  test('holds no more than the token', async () => {
    const tight = await narrowed(only('block:*', 'provider:*', 'tool:call:json-query'));
    expect((await tight.post('/v1/blocks', agent)).status).toBe(403);
  });

  test('acts within its caveats', async () => {
    const decisionFor = async (api: Api) => {
      const { body: block } = await api.post('/v1/blocks', agent);
      const steps = script({ toolCalls: [{ name: 'note-list', arguments: {} }] }, { text: 'End.' });
      const order = { body: steps, timeoutMs: 20_000 };
      expect((await api.post(`/v1/blocks/${block.id}/call`, order)).status).toBe(200);
      const find = async () =>
        (await root.get(`/v1/audit?action=tool-call&actor=block:${block.id}`)).body.records[0];
      await expect.poll(find).toBeDefined();
      return (await find()).event;
    };
    const label = { kind: 'label', integrity: 'trusted', confidentiality: 'workspace' } as const;
    expect(await decisionFor(holder)).toMatchObject({ decision: 'allowed' });
    expect(await decisionFor(await narrowed(label))).toMatchObject({ reason: 'flow_denied' });
  });
});

test('dies with the token that it was made from, at the next request', async () => {
  const reader = await narrowed(only('system:audit:read'));
  expect((await reader.get('/v1/audit')).status).toBe(200);
  await root.delete(`/v1/tokens/${tokenId}`);
  expect((await reader.get('/v1/audit')).status).toBe(401);
});
