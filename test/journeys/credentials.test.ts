/** Rotation without downtime, tickets for what a browser opens without a header, and whose sessions are whose. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { attenuate } from '../../src/client/attenuate.ts';
import { type Api, callApi, SCRIPT_MODEL, script } from '../support/api.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

let gateway: Gateway;
let root: Api;

beforeAll(async () => {
  gateway = await startGateway({ examples: false });
  root = callApi(gateway);
});
afterAll(() => gateway?.dispose());

const issueFor = async (expiresInSeconds: number, grants: readonly string[]) => {
  const subject = { kind: 'service', id: 'holder' };
  const { body } = await root.post('/v1/tokens', { subject, grants, expiresInSeconds });
  return { id: body.id as string, api: callApi(gateway, body.token) };
};

const issue = (...grants: string[]) => issueFor(3_600, grants);

const rotate = (api: Api, id: string, overlapSeconds?: number) =>
  api.post(
    `/v1/tokens/${id}/rotate`,
    overlapSeconds === undefined ? undefined : { overlapSeconds },
  );

const statusOf = async (api: Api) => (await api.get('/v1/audit')).status;

describe('rotation', () => {
  test('both texts are good until the overlap is over, then the new one alone', async () => {
    const { id, api } = await issue('system:audit:read');
    const { status, body } = await rotate(root, id, 2);
    expect(status).toBe(200);
    const rotated = callApi(gateway, body.token);
    expect([await statusOf(api), await statusOf(rotated)]).toEqual([200, 200]);
    await expect.poll(() => statusOf(api), { timeout: 20_000 }).toBe(401);
    expect(await statusOf(rotated)).toBe(200);
  });

  test('without an overlap the text before ends at once, and what was narrowed from it', async () => {
    const { id, api } = await issue('system:audit:read');
    const narrowed = callApi(
      gateway,
      await attenuate(api.token, [{ kind: 'expiry', at: Date.now() + 60_000 }]),
    );
    expect([await statusOf(api), await statusOf(narrowed)]).toEqual([200, 200]);
    await rotate(root, id, 0);
    expect([await statusOf(api), await statusOf(narrowed)]).toEqual([401, 401]);
  });

  test('ends with the token, whichever text is shown', async () => {
    const { id, api } = await issue('system:audit:read');
    const rotated = callApi(gateway, (await rotate(root, id)).body.token);
    await root.delete(`/v1/tokens/${id}`);
    expect([await statusOf(api), await statusOf(rotated)]).toEqual([401, 401]);
    expect((await rotate(root, id)).status).toBe(404);
  });

  test('keeps what was given on from the token', async () => {
    const giver = await issue('system:token:issue', 'system:audit:read');
    const { body: child } = await giver.api.post('/v1/tokens', {
      subject: { kind: 'service', id: 'child' },
      grants: ['system:audit:read'],
    });
    await rotate(root, giver.id, 0);
    expect(await statusOf(callApi(gateway, child.token))).toBe(200);
  });

  test('is for who holds all that the token holds: its own holder, or somebody with more', async () => {
    const wide = await issue('system:token:issue', 'system:audit:read', 'session:read');
    const grants = ['system:token:issue', 'system:audit:read'];
    const small = await issueFor(60, grants);
    const lasting = await issueFor(7_200, grants);
    expect((await rotate(small.api, wide.id)).status).toBe(403);
    expect((await rotate(wide.api, lasting.id)).status).toBe(403);
    expect((await rotate(wide.api, small.id)).status).toBe(200);
    expect((await rotate(wide.api, wide.id)).status).toBe(200);
    const denied = async () =>
      (await root.get('/v1/audit?action=token-rotated&decision=denied')).body.records;
    await expect
      .poll(denied)
      .toMatchObject([{ event: { tokenId: wide.id } }, { event: { tokenId: lasting.id } }]);
  });

  test('is not for the text before, and what is issued with that ends with it', async () => {
    const { id, api } = await issue('system:token:issue', 'system:audit:read');
    const { body } = await rotate(root, id, 600);
    expect((await rotate(api, id, 0)).status).toBe(403);
    const order = { subject: { kind: 'service', id: 'child' }, grants: ['system:audit:read'] };
    const { body: child } = await api.post('/v1/tokens', order);
    expect(child.expiresAt).toBe(body.formerUntil);
    const rotated = callApi(gateway, body.token);
    expect((await rotated.post('/v1/tokens', order)).body.expiresAt).toBeGreaterThan(
      body.formerUntil,
    );
    expect((await rotate(rotated, id, 0)).status).toBe(200);
    expect(await statusOf(api)).toBe(200);
  });

  test('does not lead out of a narrowed token', async () => {
    const { id, api } = await issue('system:token:issue', 'system:audit:read');
    const budget = { kind: 'budget', maxTokens: 1 } as const;
    const narrowed = callApi(gateway, await attenuate(api.token, [budget]));
    expect((await rotate(narrowed, id)).status).toBe(403);
  });

  test.each([-1, 604_801, 1.5])('refuses an overlap of %s seconds', async (overlap) => {
    expect((await rotate(root, 'tok_x', overlap)).status).toBe(422);
  });
});

describe('a ticket', () => {
  let events: string;

  beforeAll(async () => {
    const session = await root.session();
    const { body } = await root.turn(session, script({ text: 'Done.' }), SCRIPT_MODEL);
    events = `/v1/sessions/${session}/turns/${body.turnId}/events`;
  });

  const ticketOf = async (api: Api) => (await api.post('/v1/tickets')).body.ticket as string;
  const open = async (path: string, ticket: string, headers = {}) => {
    const response = await fetch(`${gateway.url}${path}?ticket=${ticket}`, { headers });
    await response.body?.cancel();
    return response.status;
  };

  test('opens an event stream once', async () => {
    const ticket = await ticketOf(root);
    expect(await open(events, ticket)).toBe(200);
    expect(await open(events, ticket)).toBe(401);
  });

  test('is given once for an Idempotency-Key, and kept nowhere to be shown again', async () => {
    const ask = () => root.post('/v1/tickets', {}, { 'Idempotency-Key': 'one-ticket' });
    const { status, body } = await ask();
    expect(status).toBe(201);
    const again = await ask();
    expect(again).toMatchObject({ status: 409, body: { code: 'answer_not_kept' } });
    expect(JSON.stringify(again.body)).not.toContain(body.ticket);
    expect(await open(events, body.ticket)).toBe(200);
  });

  test('opens no more than its holder may', async () => {
    const { api } = await issue('session:create');
    expect(await open(events, await ticketOf(api))).toBe(403);
    const reader = await issue('session:read');
    const ticket = await ticketOf(reader.api);
    await root.delete(`/v1/tokens/${reader.id}`);
    expect(await open(events, ticket)).toBe(401);
  });

  test('keeps the caveats of the token that asked for it', async () => {
    const { api } = await issue('session:read', 'session:create');
    const patterns = ['session:create'];
    const narrowed = callApi(gateway, await attenuate(api.token, [{ kind: 'grants', patterns }]));
    expect(await open(events, await ticketOf(api))).toBe(200);
    expect(await open(events, await ticketOf(narrowed))).toBe(403);
  });

  test('is worth nothing elsewhere: on another route, in a header, or beside one', async () => {
    const ticket = await ticketOf(root);
    expect(await open('/v1/audit', ticket)).toBe(401);
    expect((await callApi(gateway, ticket).get('/v1/audit')).status).toBe(401);
    expect(await open(events, ticket, { Authorization: 'Bearer x' })).toBe(401);
    expect(await open(events, `${ticket}&ticket=${ticket}`)).toBe(401);
    expect(await open(events, ticket)).toBe(200);
  });

  test('cannot be made up', async () => {
    const ticket = await ticketOf(root);
    const forged = ticket.slice(0, -1) + (ticket.endsWith('0') ? '1' : '0');
    for (const text of [forged, '', 'stk_', ticket.replace('default', 'other')]) {
      expect(await open(events, text)).toBe(401);
    }
  });

  test('opens a WebSocket, whose own parameters stay as they are', async () => {
    const block = { behavior: { kind: 'mailbox' }, capabilities: ['CAP_RECEIVE'] };
    const { body } = await root.post('/v1/blocks', block);
    const url = `${gateway.url.replace('http', 'ws')}/v1/blocks/${body.id}/connect?window=1`;
    const socket = new WebSocket(`${url}&ticket=${await ticketOf(root)}`);
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve);
      socket.addEventListener('error', reject);
    });
    socket.close();
  });
});

describe('a rate of a route', () => {
  const limit = async (routes: object) => {
    const { policy } = (await root.get('/v1/workspaces/default')).body;
    const rates = { ...policy.rates, routes };
    return await root.put('/v1/workspaces/default', { policy: { ...policy, rates } });
  };

  test('bounds each principal by itself, on that route alone, and says exactly when', async () => {
    const periodMs = 600_000;
    expect((await limit({ listTokens: { calls: 2, periodMs } })).status).toBe(200);
    const { api } = await issue('system:token:issue', 'system:audit:read');
    const list = () => api.get('/v1/tokens');
    expect([(await list()).status, (await list()).status]).toEqual([200, 200]);
    const refused = await list();
    expect(refused.body).toMatchObject({ status: 429, code: 'rate_limited' });
    const seconds = Number(refused.headers.get('Retry-After'));
    expect(seconds).toBeGreaterThan(240);
    expect(seconds).toBeLessThanOrEqual(300);
    expect(await statusOf(api)).toBe(200);
    // A narrowed token is the same principal.
    const grants = { kind: 'grants', patterns: ['system:token:issue'] } as const;
    const narrowed = callApi(gateway, await attenuate(api.token, [grants]));
    expect((await narrowed.get('/v1/tokens')).status).toBe(429);
    expect((await root.get('/v1/tokens')).status).toBe(200);
    await limit({});
    expect((await list()).status).toBe(200);
  });

  test('is answered in the shape of the route, and binds root as well', async () => {
    await limit({ createChatCompletion: { calls: 1, periodMs: 600_000 } });
    const body = { model: SCRIPT_MODEL, messages: [{ role: 'user', content: 'Hi' }] };
    const ask = () => root.post('/v1/chat/completions', body);
    // Root is told of a change within seconds.
    await expect.poll(async () => (await ask()).status, { timeout: 40_000 }).toBe(429);
    const { body: answer, headers } = await ask();
    expect(answer.error.code).toBe('rate_limit_exceeded');
    expect(Number(headers.get('Retry-After'))).toBeGreaterThan(500);
    await limit({});
  });

  test('is refused for a route that does not exist', async () => {
    const { status, body } = await limit({ listToken: { calls: 1, periodMs: 1_000 } });
    expect(status).toBe(422);
    expect(body.errors).toMatchObject([{ pointer: '/policy/rates/routes/listToken' }]);
  });
});

describe('the list of sessions', () => {
  const AT = '/v1/workspaces/default';
  const holderOf = async (id: string, grants: readonly string[]) => {
    const { body } = await root.post('/v1/tokens', { subject: { kind: 'user', id }, grants });
    return callApi(gateway, body.token);
  };
  const idsOf = async (api: Api, query = '') =>
    (await api.get(`/v1/sessions${query}`)).body.sessions.map(({ id }: { id: string }) => id);

  test('shows its own to everybody, and those of others to operators alone', async () => {
    const ann = await holderOf('ann', ['session:*']);
    const eve = await holderOf('eve', ['session:*']);
    const [first, second] = [await ann.session(), await ann.session()];
    expect(await idsOf(ann)).toEqual([second, first]);
    expect(await idsOf(eve)).toEqual([]);
    for (const principal of ['user:ann', '*']) {
      const refused = await eve.get(`/v1/sessions?principal=${principal}`);
      expect(refused.body).toMatchObject({ status: 403, reason: 'principal_grant_missing' });
      expect(JSON.stringify(refused.body)).not.toContain(first);
    }
    expect(await idsOf(root, '?principal=user:ann')).toEqual([second, first]);
    expect(await idsOf(root, '?principal=*')).toEqual(expect.arrayContaining([first, second]));
    expect((await eve.get('/v1/sessions?principal=ann')).status).toBe(422);

    const page = await ann.get('/v1/sessions?limit=1');
    expect(page.body).toMatchObject({ sessions: [{ id: second, createdBy: 'user:ann' }] });
    expect(await idsOf(ann, `?limit=1&after=${page.body.next}`)).toEqual([first]);
    expect((await ann.delete(`/v1/sessions/${second}`)).status).toBe(204);
    expect(await idsOf(ann)).toEqual([first]);
  });

  test('has the bound that the policy sets, until one is deleted', async () => {
    const { policy } = (await root.get(AT)).body;
    const bot = await holderOf('bot', ['session:*']);
    const other = await holderOf('other', ['session:*']);
    await root.put(AT, { policy: { ...policy, sessions: { maxOfPrincipal: 2 } } });
    const made = await Promise.all(Array.from({ length: 6 }, () => bot.post('/v1/sessions', {})));
    const refused = made.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(4);
    expect(refused[0]?.body).toMatchObject({
      code: 'limit_reached',
      detail: 'Cannot create the session: its creator must have fewer',
    });
    expect(await other.session()).toMatch(/^ses_/);
    const [first] = await idsOf(bot);
    await bot.delete(`/v1/sessions/${first}`);
    expect([await bot.session(), await bot.session()]).toEqual([
      expect.stringMatching(/^ses_/),
      undefined,
    ]);
    await root.put(AT, { policy });
    expect(await bot.session()).toMatch(/^ses_/);
  });
});
