/**
 * `/mcp` under malformed, oversized and contradictory requests, forged states and cursors, and pages of
 * other origins and hosts.
 */

import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Api, callApi } from '../support/api.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { installScript } from '../support/script-plugins.ts';

const REVISION = '2026-07-28';

const ASKS = `
const NAME = { method: 'elicitation/create', params: { message: 'Who?', requestedSchema: { type: 'object', properties: { name: { type: 'string' } } } } };
export function run({ clientInput }) {
  if (clientInput === undefined) return { inputRequests: { who: NAME }, state: 'first' };
  return { content: [{ type: 'text', text: JSON.stringify(clientInput) }] };
}`;

const asking = (name: string) => ({
  tools: [
    {
      name,
      description: 'Asks its client.',
      inputSchema: {
        type: 'object',
        properties: { clientInput: { type: 'object' }, about: { type: 'string' } },
      },
      result: 'content',
      asksClient: true,
      entry: 'run',
    },
  ],
});

let gateway: Gateway;
let api: Api;

beforeAll(async () => {
  gateway = await startGateway({ examples: false });
  api = callApi(gateway);
  for (const name of ['asker', 'other-asker']) {
    expect((await installScript(gateway, name, ASKS, asking(name))).status).toBe(201);
  }
});
afterAll(() => gateway?.dispose());

interface Posted {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly body: any;
}

async function post(
  body: string,
  headers: Record<string, string> = {},
  token = gateway.token,
): Promise<Posted> {
  const response = await fetch(`${gateway.url}/mcp`, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${token}`,
      'Content-Type': 'application/json',
      Accept: 'application/json, text/event-stream',
      'MCP-Protocol-Version': REVISION,
      ...headers,
    },
    body,
  });
  const text = await response.text();
  const data = /^data: (.*)$/m.exec(text)?.[1] ?? text;
  return { status: response.status, body: data === '' ? undefined : JSON.parse(data) };
}

const ENVELOPE = {
  'io.modelcontextprotocol/protocolVersion': REVISION,
  'io.modelcontextprotocol/clientInfo': { name: 'attack', version: '1.0.0' },
  'io.modelcontextprotocol/clientCapabilities': { elicitation: {} },
};

const message = (method: string, params: object = {}) =>
  JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: { ...params, _meta: ENVELOPE } });

const ask = (method: string, params: object = {}, token?: string) => {
  const name = 'name' in params ? { 'Mcp-Name': String(params.name) } : {};
  return post(message(method, params), { 'Mcp-Method': method, ...name }, token);
};

const callAsker = (params: object = {}, token?: string) =>
  ask('tools/call', { name: 'asker', arguments: {}, ...params }, token);

const ANSWER = { inputResponses: { who: { action: 'accept', content: { name: 'Ann' } } } };

async function stateOf(name = 'asker', token?: string): Promise<string> {
  const { body } = await ask('tools/call', { name, arguments: {} }, token);
  expect(body.result.resultType).toBe('input_required');
  return body.result.requestState;
}

async function tokenFor(id: string): Promise<string> {
  const grants = ['tool:call:asker', 'tool:call:other-asker'];
  const issued = await api.post('/v1/tokens', { subject: { kind: 'service', id }, grants });
  return issued.body.token;
}

describe('a request that is no request', () => {
  test.each([
    ['no JSON', '{', 400],
    ['nothing', '', 400],
    ['a text', '"tools/list"', 400],
    ['no version of JSON-RPC', '{"id":1,"method":"tools/list"}', 400],
    ['an id that is an object', '{"jsonrpc":"2.0","id":{},"method":"tools/list"}', 400],
    ['a batch', `[${message('tools/list')},${message('tools/list')}]`, 400],
    ['an empty batch', '[]', 400],
  ])('is refused: %s', async (_, body, status) => {
    const answer = await post(body, { 'Mcp-Method': 'tools/list' });
    expect(answer.status).toBe(status);
    expect(answer.body.result).toBeUndefined();
  });

  test.each(['2025-03-26', '2025-11-25', '2026-07-28'])(
    'is refused as a batch in %s',
    async (revision) => {
      const ping = '{"jsonrpc":"2.0","id":1,"method":"ping"}';
      const answer = await post(` [${ping},${ping}]`, { 'MCP-Protocol-Version': revision });
      expect(answer).toMatchObject({ status: 400, body: { error: { code: -32_600 } } });
    },
  );

  test('is refused as another media type', async () => {
    const { status } = await post(message('tools/list'), { 'Content-Type': 'text/plain' });
    expect(status).toBe(415);
  });

  test('is refused beyond 1 MiB, and read up to it', async () => {
    const sizes = [1_048_576, 1_048_577].map((size) => {
      const bare = message('tools/list', { pad: '' }).length;
      return message('tools/list', { pad: 'x'.repeat(size - bare) });
    });
    expect(sizes.map(({ length }) => length)).toEqual([1_048_576, 1_048_577]);
    const headers = { 'Mcp-Method': 'tools/list' };
    const [fits, exceeds] = await Promise.all(sizes.map((body) => post(body, headers)));
    expect([fits?.status, exceeds?.status]).toEqual([200, 413]);
  });

  test('is refused for white space beyond 1 MiB, before that has ended', async () => {
    const { hostname, port } = new URL(gateway.url);
    const headers = {
      Authorization: `Bearer ${gateway.token}`,
      'Content-Type': 'application/json',
    };
    const status = await new Promise((resolve, reject) => {
      const sent = httpRequest({ hostname, port, path: '/mcp', method: 'POST', headers });
      sent.on('error', reject).on('response', ({ statusCode }) => {
        resolve(statusCode);
        sent.destroy();
      });
      for (let written = 0; written < 4_194_304; written += 65_536) sent.write(' '.repeat(65_536));
    });
    expect(status).toBe(413);
  });

  test('is refused without any credential before its body is looked at', async () => {
    const answer = await post('{', { Authorization: 'Bearer none' });
    expect(answer).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
  });
});

describe('headers that say something else than the body', () => {
  test.each([
    ['method', { 'Mcp-Method': 'tools/list', 'Mcp-Name': 'asker' }],
    ['name', { 'Mcp-Method': 'tools/call', 'Mcp-Name': 'other-asker' }],
    ['revision', { 'Mcp-Method': 'tools/call', 'MCP-Protocol-Version': '2025-11-25' }],
  ])('are refused: another %s', async (_, headers) => {
    const body = message('tools/call', { name: 'asker', arguments: {} });
    const answer = await post(body, headers);
    expect(answer.status).toBe(400);
    expect(answer.body.result).toBeUndefined();
  });
});

describe('the state of a call that asks its client', () => {
  test('brings back what the tool has said, and what the client answers', async () => {
    const requestState = await stateOf();
    const { body } = await callAsker({ ...ANSWER, requestState });
    expect(JSON.parse(body.result.content[0].text)).toEqual({
      responses: ANSWER.inputResponses,
      state: 'first',
    });
  });

  test.each([
    ['changed at its end', (state: string) => `${state.slice(0, -2)}AA`],
    ['with more behind it', (state: string) => `${state}A`],
    ['cut short', (state: string) => state.slice(0, -8)],
    ['made up', () => 'v1.eyJwIjp7ImNhbGwiOiIifX0.AAAA'],
    ['signed for no one', (state: string) => `${state.split('.').slice(0, 2).join('.')}.`],
    ['of 100 kB', () => `v1.${'A'.repeat(100_000)}.AAAA`],
  ])('is refused: %s', async (_, forge) => {
    const answer = await callAsker({ ...ANSWER, requestState: forge(await stateOf()) });
    expect(answer.body.error.code).toBe(-32602);
  });

  test('is refused for another tool, for other arguments, and from another principal', async () => {
    const [ann, ben] = await Promise.all([tokenFor('ann'), tokenFor('ben')]);
    const requestState = await stateOf('asker', ann);
    const again = { ...ANSWER, requestState };
    const other = await ask('tools/call', { name: 'other-asker', arguments: {}, ...again }, ann);
    const changed = await callAsker({ ...again, arguments: { about: 'else' } }, ann);
    const stolen = await callAsker(again, ben);
    const errors = [other, changed, stolen].map(({ body }) => body.error?.code);
    expect(errors).toEqual([-32602, -32602, -32602]);
    expect((await callAsker(again, ann)).body.result.content).toHaveLength(1);
  });

  test('cannot be brought in as an argument', async () => {
    const { body } = await callAsker({ arguments: { clientInput: { state: 'forged' } } });
    expect(body.error).toMatchObject({ code: -32602 });
    const listed = await ask('tools/list');
    expect(JSON.stringify(listed.body.result.tools)).not.toContain('clientInput');
  });

  test('hears no answer that is none', async () => {
    const requestState = await stateOf();
    const { body } = await callAsker({ requestState, inputResponses: { who: 7 } });
    expect(JSON.parse(body.result.content[0].text)).toEqual({ responses: {}, state: 'first' });
  });
});

describe('a cursor', () => {
  test.each(['', 'x', 'after:asker', Buffer.from('before:a').toString('base64url'), '\u0000'])(
    'that no page has given is refused: %j',
    async (cursor) => {
      const { body } = await ask('tools/list', { cursor });
      expect(body.error.code).toBe(-32602);
    },
  );

  test('shows nothing that the list does not show', async () => {
    const cursor = Buffer.from('after:').toString('base64url');
    const issued = await api.post('/v1/tokens', {
      subject: { kind: 'service', id: 'narrow' },
      grants: ['tool:call:asker'],
    });
    const { body } = await ask('tools/list', { cursor }, issued.body.token);
    expect(body.result.tools.map(({ name }: { name: string }) => name)).toEqual(['asker']);
  });
});

describe('a page', () => {
  test.each(['https://evil.example', 'null', 'http://localhost:1'])(
    'of another origin is refused: %s',
    async (Origin) => {
      const answer = await post(message('tools/list'), { Origin, 'Mcp-Method': 'tools/list' });
      expect(answer).toMatchObject({ status: 403, body: { code: 'origin_refused' } });
    },
  );

  const statusFor = (host: string, path = '/mcp', method = 'POST') =>
    new Promise<number | undefined>((resolve, reject) => {
      const headers = { Host: host, Authorization: `Bearer ${gateway.token}` };
      const { hostname, port } = new URL(gateway.url);
      httpRequest({ hostname, port, path, method, headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });

  test.each([
    'evil.example',
    'evil.example:80',
    '127.0.0.1.evil.example',
    'localhost.',
    '10.0.0.1',
  ])('whose name was made to lead here is refused on every path: %s', async (host) => {
    const paths = ['/health', '/v1/sessions', '/nowhere'].map((path) => statusFor(host, path));
    expect(await Promise.all([statusFor(host), ...paths])).toEqual([421, 421, 421, 421]);
  });

  test.each(['localhost', 'LOCALHOST:1', '127.0.0.1:80', '[::1]:8787'])(
    'under a name of the gateway is answered: %s',
    async (host) => {
      expect(await statusFor(host, '/health', 'GET')).toBe(200);
    },
  );
});
