/** What a stranger, or a principal with too little, can do over HTTP: nothing, and it shows. */

import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Api, callApi } from '../support/api.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

let gateway: Gateway;
let root: Api;

beforeAll(async () => {
  gateway = await startGateway();
  root = callApi(gateway);
});
afterAll(() => gateway?.dispose());

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly access: string | undefined;
}

async function operations(): Promise<Operation[]> {
  const { body } = await root.get('/openapi.json');
  return Object.entries<Record<string, Record<string, string>>>(body.paths).flatMap(
    ([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        method: method.toUpperCase(),
        path: path.replaceAll(/\{\w+\}/g, 'x'),
        access: operation['x-sallyport-capability'],
      })),
  );
}

/** In whichever shape a route writes its errors. */
function toReason(body: {
  reason?: string;
  error?: { code?: string; message: string };
}): string | undefined {
  return body.reason ?? body.error?.code ?? body.error?.message.split(': ').at(-1)?.split(' ')[0];
}

const tokenWith = async (grants: string[], extra = {}): Promise<Api> => {
  const subject = { kind: 'service', id: 'probe' };
  const { status, body } = await root.post('/v1/tokens', { subject, grants, ...extra });
  expect(status).toBe(201);
  return callApi(gateway, body.token);
};

describe('authentication', () => {
  test.each([
    ['none', undefined],
    ['an empty one', 'Bearer '],
    ['another scheme', 'Basic cm9vdDpyb290'],
    ['a made-up token', `Bearer spt_default_${'0'.repeat(64)}_${'0'.repeat(64)}`],
    ['a made-up token with a caveat', `Bearer spt_default_${'0'.repeat(64)}_${'0'.repeat(64)}.e30`],
    [
      'a token of a workspace that never was',
      `Bearer spt_ghost_${'a'.repeat(64)}_${'b'.repeat(64)}`,
    ],
    ['a long text', `Bearer ${'a'.repeat(5_000)}`],
  ])('refuses %s on every route but the public ones', async (_, credential) => {
    for (const { method, path, access } of await operations()) {
      if (access === undefined) continue;
      const response = await fetch(gateway.url + path, {
        method,
        headers: credential === undefined ? {} : { Authorization: credential },
      });
      expect([method, path, response.status]).toEqual([method, path, 401]);
      expect(response.headers.get('WWW-Authenticate')).toMatch(
        path === '/mcp' ? /^Bearer resource_metadata="/ : /^Bearer$/,
      );
    }
  });

  test('the public routes are health, descriptions and schema, and no more', async () => {
    const open = (await operations()).filter(({ access }) => access === undefined);
    expect(open.map(({ path }) => path).sort()).toEqual([
      '/.well-known/agent-card.json',
      '/.well-known/oauth-protected-resource',
      '/.well-known/oauth-protected-resource/mcp',
      '/docs',
      '/health',
      '/openapi.json',
      '/schemas/plugin.json',
      '/v1/audit/key',
      // Nodes prove themselves by a code and by their key.
      '/v1/nodes/connect',
      '/v1/nodes/enrol',
      // A browser comes back from signing in with a state that is good for one time.
      '/v1/sign-ins/callback',
      '/v1/sign-ins/client.json',
      // Pages prove themselves by a ticket.
      '/v1/web-chats/x/x',
      // What a platform sends is believed by its signature.
      '/v1/webhooks/x/x',
      '/v1/webhooks/x/x',
    ]);
  });

  test('a revoked token is refused at the next request', async () => {
    const subject = { kind: 'service', id: 'short' };
    const { body } = await root.post('/v1/tokens', { subject, grants: ['system:audit:read'] });
    const holder = callApi(gateway, body.token);
    expect((await holder.get('/v1/audit')).status).toBe(200);
    expect((await root.delete(`/v1/tokens/${body.id}`)).status).toBe(204);
    expect((await holder.get('/v1/audit')).status).toBe(401);
  });

  test('an expired token is refused', async () => {
    const holder = await tokenWith(['system:audit:read'], { expiresInSeconds: 1 });
    expect((await holder.get('/v1/audit')).status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expect((await holder.get('/v1/audit')).status).toBe(401);
  });
});

describe('capabilities at the routes', () => {
  test('every route refuses a principal without its capability, and names it', async () => {
    const holder = await tokenWith(['channel:list']);
    for (const { method, path, access } of await operations()) {
      if (access === undefined || access === 'any-principal') continue;
      const response = await fetch(gateway.url + path, {
        method,
        headers: { Authorization: `Bearer ${holder.token}` },
      });
      const body = await response.json();
      const code = toReason(body);
      expect([method, path, response.status, code]).toEqual([
        method,
        path,
        403,
        'principal_grant_missing',
      ]);
    }
  });

  test('a token cannot hand on more than it holds', async () => {
    const issuer = await tokenWith(['system:token:issue', 'session:read']);
    const wider = { subject: { kind: 'service', id: 'w' }, grants: ['session:turn'] };
    expect((await issuer.post('/v1/tokens', wider)).status).toBe(403);
    const same = { subject: { kind: 'service', id: 's' }, grants: ['session:read'] };
    expect((await issuer.post('/v1/tokens', same)).status).toBe(201);
  });

  test('who may not issue in a name is given no text of a token in it', async () => {
    const subject = { kind: 'user', id: 'root' };
    const grants = ['session:read'];
    const { id } = (await root.post('/v1/tokens', { subject, grants })).body;
    const issuer = await tokenWith(['system:token:issue', ...grants]);
    expect((await issuer.post('/v1/tokens', { subject, grants })).status).toBe(422);
    const rotated = await issuer.post(`/v1/tokens/${id}/rotate`);
    expect([rotated.status, rotated.body.token]).toEqual([403, undefined]);
    expect((await root.post(`/v1/tokens/${id}/rotate`)).status).toBe(200);
  });

  test('a token loses what its giver loses', async () => {
    const subject = { kind: 'service', id: 'giver' };
    const grants = ['system:token:issue', 'system:audit:read'];
    const giver = (await root.post('/v1/tokens', { subject, grants })).body;
    const handedOn = await callApi(gateway, giver.token).post('/v1/tokens', {
      subject: { kind: 'service', id: 'taker' },
      grants: ['system:audit:read'],
    });
    const taker = callApi(gateway, handedOn.body.token);
    expect((await taker.get('/v1/audit')).status).toBe(200);
    await root.delete(`/v1/tokens/${giver.id}`);
    expect([401, 403]).toContain((await taker.get('/v1/audit')).status);
  });

  test('a tool call without tool:call is denied by check 4, not by the route', async () => {
    const holder = await tokenWith(['session:read']);
    const { status, body } = await holder.post('/v1/tools/text-stats/call', {
      arguments: { text: 'x' },
    });
    expect(status).toBe(403);
    expect(body).toMatchObject({ check: 'capability', reason: 'principal_grant_missing' });
  });

  test('tools are listed only to who may call them', async () => {
    const holder = await tokenWith(['tool:call:text-stats']);
    const { body } = await holder.get('/v1/tools');
    expect(body.tools.map(({ name }: { name: string }) => name)).toEqual(['text-stats']);
  });
});

describe('workspaces do not see each other', () => {
  test('sessions, audit and policy of one answer 404 to the other', async () => {
    await root.put('/v1/workspaces/other', {});
    const other = await tokenWith(
      ['session:read', 'session:turn', 'system:config:read', 'system:audit:read'],
      {
        workspace: 'other',
      },
    );
    const session = await root.session();
    expect((await other.get(`/v1/sessions/${session}`)).status).toBe(404);
    expect((await other.turn(session, 'hello')).status).toBe(404);
    expect((await other.get('/v1/workspaces/default')).status).toBe(404);
    const { body } = await other.get('/v1/audit?limit=500');
    expect(JSON.stringify(body)).not.toContain(session);
  });

  test('an id that was never issued reaches no object', async () => {
    const made = `ses_${randomBytes(22).toString('hex')}`;
    expect((await root.get(`/v1/sessions/${made}`)).status).toBe(404);
  });
});

describe('queries', () => {
  const ask = async (query: string) => {
    const headers = { Authorization: `Bearer ${gateway.token}` };
    const response = await fetch(`${gateway.url}/v1/audit?${query}`, { headers });
    return { status: response.status, body: await response.json() };
  };

  test.each(['to=', 'limit=', 'after=0x10', 'from=1e3', 'after=%205', 'limit=%2B5', 'after=1.0'])(
    'with %s where a whole number is wanted are refused',
    async (query) => {
      const pointer = `/${query.split('=')[0]}`;
      const errors = [{ pointer, detail: 'must be number' }];
      expect(await ask(query)).toMatchObject({ status: 422, body: { errors } });
    },
  );

  test('with one are taken, up to their bounds', async () => {
    expect((await ask('limit=500&after=0')).status).toBe(200);
    expect((await ask('limit=501')).status).toBe(422);
    expect((await ask('after=-1')).status).toBe(422);
    expect((await ask('to=9007199254740993')).status).toBe(422);
  });
});

describe('bodies', () => {
  const send = (body: BodyInit, headers: Record<string, string> = {}) =>
    fetch(`${gateway.url}/v1/sessions`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${gateway.token}`,
        'Content-Type': 'application/json',
        ...headers,
      },
      body,
    });

  test.each([
    ['no JSON', '{"title": ', 400, 'malformed_json'],
    ['a duplicate key', '{"title":"a","title":"b"}', 400, 'malformed_json'],
    ['an unknown key', '{"tittle":"a"}', 422, 'invalid_body'],
    ['another type', '{"title":5}', 422, 'invalid_body'],
    ['deep nesting', '['.repeat(70) + ']'.repeat(70), 400, 'malformed_json'],
  ])('with %s are refused with a code', async (_, body, status, code) => {
    const response = await send(body);
    expect(response.headers.get('Content-Type')).toBe('application/problem+json');
    expect([response.status, (await response.json()).code]).toEqual([status, code]);
  });

  test('report all errors at once, by pointer', async () => {
    const response = await send('{"title":5,"system":6,"extra":7}');
    const { errors } = await response.json();
    expect(errors.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual([
      '/extra',
      '/system',
      '/title',
    ]);
  });

  test('that are not UTF-8 are refused', async () => {
    const response = await send(new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]));
    expect((await response.json()).code).toBe('malformed_json');
  });

  test('of another media type are refused', async () => {
    expect((await send('{}', { 'Content-Type': 'text/plain' })).status).toBe(415);
    expect((await send('{}', { 'Content-Encoding': 'identity' })).status).toBe(201);
    const packed = await send(gzipSync('{}'), { 'Content-Encoding': 'gzip' });
    expect([packed.status, (await packed.json()).detail]).toEqual([
      ...[415, expect.stringContaining('Content-Encoding')],
    ]);
  });

  test('are taken up to 1 MiB and refused beyond, with or without a length', async () => {
    const fits = JSON.stringify({}).padEnd(1_048_576, ' ');
    expect((await send(fits)).status).toBe(201);
    expect((await send(`${fits} `)).status).toBe(413);
    const chunked = new ReadableStream({
      start(controller) {
        for (let n = 0; n < 20; n++) controller.enqueue(new Uint8Array(65_536).fill(32));
        controller.close();
      },
    });
    const response = await fetch(`${gateway.url}/v1/sessions`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${gateway.token}`, 'Content-Type': 'application/json' },
      body: chunked,
      duplex: 'half',
    } as RequestInit);
    expect(response.status).toBe(413);
  });
});

describe('browsers', () => {
  test('of another origin are refused, and get no CORS headers', async () => {
    const response = await fetch(`${gateway.url}/v1/models`, {
      headers: { Authorization: `Bearer ${gateway.token}`, Origin: 'https://evil.example' },
    });
    expect(response.status).toBe(403);
    expect(response.headers.get('Access-Control-Allow-Origin')).toBeNull();
  });

  test('get security headers on every answer', async () => {
    for (const path of ['/health', '/docs', '/nowhere', '/v1/audit']) {
      const { headers } = await fetch(gateway.url + path);
      expect(headers.get('X-Content-Type-Options')).toBe('nosniff');
      expect(headers.get('Content-Security-Policy')).toContain("default-src 'none'");
      expect(headers.get('X-Request-Id')).toMatch(/^req_[0-9a-f]{32}$/);
    }
  });
});

describe('errors', () => {
  test('name a wrong method and what would do', async () => {
    const response = await fetch(`${gateway.url}/v1/sessions`, { method: 'PATCH' });
    expect(response.status).toBe(405);
    expect(response.headers.get('Allow')).toBe('POST, GET, HEAD');
  });

  test('of unknown paths are problems, too', async () => {
    const { status, body } = await root.get('/v2/everything');
    expect([status, body.code]).toEqual([404, 'not_found']);
  });

  test.each(['abc', '-1', '1e3', '99999999999'])('refuse Last-Event-ID %j', async (id) => {
    const session = await root.session();
    const turn = await root.turn(session, 'hello');
    const path = `/v1/sessions/${session}/turns/${turn.body.turnId}/events`;
    expect((await root.get(path, { 'Last-Event-ID': id })).status).toBe(400);
  });
});
