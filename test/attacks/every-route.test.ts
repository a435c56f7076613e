/**
 * What every route answers to what nobody expects: never a fault, always an error of the closed list in
 * the shape that the description says. The routes are those of `/openapi.json`.
 */

import { connect } from 'node:net';
import { Validator } from '@cfworker/json-schema';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Api, callApi, SCRIPT_MODEL, script } from '../support/api.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

const TEXT = 'words7f3a91xq of somebody';

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly takesBody: boolean;
  readonly capability: string | undefined;
  readonly responses: Readonly<
    Record<string, { readonly content?: Record<string, { readonly schema?: object }> }>
  >;
}

type Described = Pick<Operation, 'responses'> & {
  readonly requestBody?: object;
  readonly 'x-sallyport-capability'?: string;
};

let gateway: Gateway;
let root: Api;
let components: object;
let operations: readonly Operation[];

beforeAll(async () => {
  gateway = await startGateway({
    examples: false,
    env: { SALLYPORT_HOSTS: '127.0.0.1' },
  });
  root = callApi(gateway);
  const { body } = await root.get('/openapi.json');
  components = body.components;
  operations = Object.entries<Record<string, Described>>(body.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { responses, requestBody, ...told }]) => ({
      method: method.toUpperCase(),
      capability: told['x-sallyport-capability'],
      path,
      takesBody: requestBody !== undefined,
      responses,
    })),
  );
});
afterAll(() => gateway?.dispose());

const auth = () => ({ Authorization: `Bearer ${gateway.token}` });
const json = { 'Content-Type': 'application/json' };
const named = (path: string, name: string) => path.replaceAll(/\{\w+\}/g, name);

/** What is wrong with an answer by the description of its route; nothing if it is as described. */
async function problemWith(operation: Operation, response: Response): Promise<string | undefined> {
  const { status, headers } = response;
  const text = await response.text();
  const told = operation.responses[status] ?? operation.responses.default;
  const mediaType = headers.get('Content-Type')?.split(';')[0] ?? '';
  if (status >= 500) return `fault ${status}`;
  if (text.includes(TEXT)) return 'repeats what was sent';
  if (status < 400 && operation.responses[status] === undefined) return `unknown ${status}`;
  if (text === '') return undefined;
  const content = told?.content ?? {};
  if (content[mediaType] === undefined) return `${status} as ${mediaType}`;
  const { schema } = content[mediaType];
  if (schema === undefined || !mediaType.includes('json')) return undefined;
  const { valid } = new Validator({ ...schema, components }, '2020-12').validate(JSON.parse(text));
  return valid ? undefined : `${status} is not as described: ${text.slice(0, 200)}`;
}

/**
 * What a `POST` may do without an `Idempotency-Key`: it only reads, says how something is to be from then
 * on, settles something that can be settled once, or knows a repeat by itself. An embedding is computed
 * anew, and what `receive` had given comes again once its lease has ended.
 */
const HARMLESS_AGAIN = [
  ...[
    'countTokens',
    'createEmbedding',
    'dryRunPolicy',
    'explain',
    'reviewPlugin',
    'signCheckpoint',
  ],
  ...['cancelResponse', 'cancelTurn', 'exitBlock', 'pauseSchedule', 'stopPlugin', 'revokeTokens'],
  ...['quarantinePlugin', 'releasePlugin', 'throwSwitch', 'releaseSwitch', 'rewrapSecrets'],
  ...['acknowledgeMessages', 'decidePairing', 'enrolNode', 'redriveLetter', 'replyToCall'],
  ...['beginSignIn', 'finishSignIn', 'receiveMessages', 'installPlugin'],
  ...['sendUiMessages', 'receiveWebhook', 'callA2a', 'mcp'],
];

/** Each operation with each case, a few at a time, and what was wrong with the answers. */
async function tryAll<Case>(
  among: readonly Operation[],
  cases: readonly Case[],
  send: (operation: Operation, one: Case) => Promise<Response>,
): Promise<readonly unknown[]> {
  const wrong: unknown[] = [];
  for (const operation of among) {
    const answers = await Promise.all(cases.map((one) => send(operation, one)));
    for (const [index, answer] of answers.entries()) {
      const problem = await problemWith(operation, answer);
      const { method, path } = operation;
      if (problem !== undefined) wrong.push([method, path, cases[index], problem]);
    }
  }
  return wrong;
}

describe('the description', () => {
  test('refers to nothing that it does not hold', async () => {
    const { body } = await root.get('/openapi.json');
    const find = (ref: string) =>
      ref
        .slice('#/'.length)
        .split('/')
        .reduce<Record<string, unknown> | undefined>(
          (part, name) => part?.[name] as Record<string, unknown> | undefined,
          body,
        );
    const refs = [...JSON.stringify(body).matchAll(/"\$ref":"([^"]+)"/g)].map(([, ref]) => ref!);
    expect(refs).toContain('#/components/schemas/spawnBlock-input-schema0');
    expect(refs.filter((ref) => find(ref) === undefined)).toEqual([]);
    expect(JSON.stringify(body)).not.toContain('"$defs"');
  });

  test('names each operation once and all that generators of clients look for', async () => {
    const { body } = await root.get('/openapi.json');
    const all = Object.values<Record<string, { operationId: string; tags: string[] }>>(body.paths);
    const operations = all.flatMap((methods) => Object.values(methods));
    const ids = operations.map(({ operationId }) => operationId);
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
    const tags = body.tags.map(({ name }: { name: string }) => name);
    expect(operations.flatMap((one) => one.tags).filter((tag) => !tags.includes(tag))).toEqual([]);
    expect(body.servers).toEqual([{ url: '/' }]);
  });

  test('describes any value of JSON without a reference to itself, of which no type is made', async () => {
    const { body } = await root.get('/openapi.json');
    const any = { $ref: '#/components/schemas/Json' };
    expect(body.components.schemas.Json).toEqual({ description: expect.any(String) });
    const { schema } =
      body.paths['/v1/blocks/{id}/receive'].post.requestBody.content['application/json'];
    expect(schema.properties.match).toEqual(any);
    expect(JSON.stringify(body)).not.toMatch(
      /\{"type":"null"\},\{"type":"array","items":\{"\$ref"/,
    );
  });

  test('says which parameters must be there, and which requests may act as a block', async () => {
    const { body } = await root.get('/openapi.json');
    const names = (method: string, path: string, isMeant: (one: object) => boolean) =>
      body.paths[path][method].parameters.filter(isMeant).map(({ name }: { name: string }) => name);
    const isNeeded = (one: { required?: boolean }) => one.required === true;
    expect(names('get', '/v1/audit/touched', isNeeded)).toEqual(['principal']);
    expect(names('get', '/v1/audit/proofs/inclusion', isNeeded)).toEqual(['seq', 'size']);
    expect(names('get', '/v1/audit', isNeeded)).toEqual([]);
    const isHeader = (one: { in?: string }) => one.in === 'header';
    const acting = ['Idempotency-Key', 'Sallyport-Block'];
    expect(names('post', '/v1/blocks/{id}/messages', isHeader)).toEqual(acting);
    expect(names('post', '/v1/blocks/{id}/receive', isHeader)).toEqual([]);
  });

  test('takes an Idempotency-Key wherever a second time would do more than the first', async () => {
    const { body } = await root.get('/openapi.json');
    const posts = Object.values<{
      post?: { operationId: string; parameters: { name: string }[] };
    }>(body.paths).flatMap(({ post }) => (post === undefined ? [] : [post]));
    const without = posts
      .filter(({ parameters }) => !parameters.some(({ name }) => name === 'Idempotency-Key'))
      .map(({ operationId }) => operationId);
    expect(without.sort()).toEqual(HARMLESS_AGAIN.toSorted());
  });

  test('of each list that is read in parts has a way to the next part', async () => {
    const { body } = await root.get('/openapi.json');
    const inParts = Object.values<{ get?: Described & { parameters: { name: string }[] } }>(
      body.paths,
    ).flatMap(({ get }) => (get?.parameters.some(({ name }) => name === 'after') ? [get] : []));
    expect(inParts.length).toBeGreaterThan(7);
    for (const { responses } of inParts) {
      const answer = responses['200']?.content?.['application/json']?.schema;
      expect(answer).toHaveProperty('properties.next');
    }
  });

  test('says what patterns a policy holds', async () => {
    const { body } = await root.get('/openapi.json');
    const { get } = body.paths['/v1/workspaces/{id}'];
    const { policy } = get.responses['200'].content['application/json'].schema.properties;
    for (const list of ['allow', 'deny']) {
      expect(policy.properties[list]).toMatchObject({ type: 'array', items: { type: 'string' } });
    }
  });

  test('says that platforms are told what they want to hear', async () => {
    const { body } = await root.get('/openapi.json');
    for (const { responses } of Object.values<Described>(
      body.paths['/v1/webhooks/{workspace}/{channel}'],
    )) {
      const mediaTypes = Object.keys(responses['200']?.content ?? {});
      expect(mediaTypes).toEqual(['application/json', 'text/plain']);
    }
  });

  test('shows people the fields of each route as well', async () => {
    const page = await (await fetch(`${gateway.url}/docs`)).text();
    for (const { path } of operations) expect(page).toContain(`<code>${path}</code>`);
    expect(page).toContain('input: text 1–524288\n');
    expect(page).toContain('leaseMs?: integer 100–3600000 = 30000\n');
    expect(page).not.toContain('[object Object]');
  });
});

describe('every route', () => {
  const BODIES = [
    'null',
    '[]',
    `"${TEXT}"`,
    '{',
    '{"a":1,"a":2}',
    '{"__proto__":{"isAdmin":true}}',
    '{"constructor":{"prototype":{}}}',
    '{"a":1e999}',
    '{"a":"\\ud800"}',
    `{"model":"alias/${TEXT}","name":"\\u0000","id":-1,"input":{},"messages":[null],"policy":[]}`,
    `${'['.repeat(5_000)}${']'.repeat(5_000)}`,
    `"${'a'.repeat(1_048_576)}"`,
  ];

  test('takes no hostile body, and says so as its description does', async () => {
    const taking = operations.filter(({ takesBody }) => takesBody);
    const wrong = await tryAll(taking, BODIES, ({ method, path }, body) => {
      const headers = { ...auth(), ...json };
      return fetch(gateway.url + named(path, 'x'), { method, headers, body });
    });
    expect(wrong).toEqual([]);
  });

  test('finds nothing under a hostile name', async () => {
    const NAMES = [
      '%00',
      '%ff',
      '%2e%2e%2f',
      '%252e%252e%252f',
      'a'.repeat(3_000),
      '__proto__',
      'constructor',
      encodeURIComponent(TEXT),
      '%F0%9F%98%80',
    ];
    const naming = operations.filter(({ path }) => path.includes('{'));
    const wrong = await tryAll(naming, NAMES, ({ method, path }, name) => {
      const body = method === 'POST' || method === 'PUT' ? '{}' : null;
      const headers = { ...auth(), ...json };
      return fetch(gateway.url + named(path, name), { method, headers, body });
    });
    expect(wrong).toEqual([]);
  });

  test('answers hostile queries and headers as its description says', async () => {
    const CASES = [
      ['?after=-1&limit=0', {}],
      ['?limit=NaN&seq=1e999&from=0x10', {}],
      [`?after=${encodeURIComponent(TEXT)}&of=${encodeURIComponent(TEXT)}`, {}],
      ['?__proto__=1&limit=1&limit=2', {}],
      ['', { 'Last-Event-ID': '-1e999' }],
      ['', { 'Sallyport-Block': '__proto__' }],
      ['', { 'Idempotency-Key': 'a'.repeat(129) }],
      ['', {}],
    ] as const;
    const reading = operations.filter(
      // An export of the record is as long as the record.
      ({ method, path }) => method === 'GET' && path !== '/v1/audit/export',
    );
    const wrong = await tryAll(reading, CASES, ({ path }, [query, headers]) =>
      fetch(gateway.url + named(path, 'x') + query, { headers: { ...auth(), ...headers } }),
    );
    expect(wrong).toEqual([]);
  });

  test('passes over no parameter of a route of ours', async () => {
    const ours = operations.filter(
      ({ method, path, capability }) =>
        ['GET', 'DELETE'].includes(method) &&
        capability !== undefined &&
        !/^\/v1\/(?:models|responses)\b/.test(path),
    );
    expect(ours.length).toBeGreaterThan(40);
    const statuses = await Promise.all(
      ours.map(async ({ method, path }) => {
        const address = `${gateway.url}${named(path, 'x')}?dry-run=true`;
        const { status } = await fetch(address, { method, headers: auth() });
        return [method, path, status];
      }),
    );
    expect(statuses.filter(([, , status]) => status !== 422)).toEqual([]);
    expect((await fetch(`${gateway.url}/health?at=1`)).status).toBe(200);
    const models = `${gateway.url}/v1/models?limit=5`;
    expect((await fetch(models, { headers: auth() })).status).toBe(200);
  });

  test('refuses a method that its path does not take, and says which ones it takes', async () => {
    for (const path of new Set(operations.map((operation) => operation.path))) {
      const response = await fetch(gateway.url + named(path, 'x'), {
        method: 'PATCH',
        headers: auth(),
      });
      const taken = operations.filter((operation) => operation.path === path);
      const methods = taken.map(({ method }) => method);
      const expected = methods.includes('GET') ? [...methods, 'HEAD'] : methods;
      const allowed = response.headers.get('Allow')?.split(', ');
      expect([path, allowed]).toEqual([path, expect.arrayContaining(expected)]);
      expect([path, response.status, (await response.json()).code]).toEqual([
        path,
        405,
        'method_not_allowed',
      ]);
    }
  });
});

describe('an answer in the shape of a vendor', () => {
  const WEATHER = { name: 'get_weather', arguments: { city: 'Bern' } };
  const ASKS = script({ text: 'Let me look.', toolCalls: [{ id: 'call_1', ...WEATHER }] });
  const parameters = { type: 'object', properties: { city: { type: 'string' } } };
  const messages = [{ role: 'user', content: ASKS }];
  const [asks, says] = [
    { model: SCRIPT_MODEL, messages },
    { model: SCRIPT_MODEL, input: ASKS },
  ];
  const { name } = WEATHER;
  const tool = { type: 'function', name, parameters };

  /** Under which names, and that nothing is in it that the description leaves open. */
  async function expectDescribed(method: string, path: string, body?: object) {
    const found = operations.find(
      (one) => one.method === method && matches(one.path, new URL(path, gateway.url).pathname),
    );
    if (found === undefined) throw new Error(`${method} ${path} is not described`);
    const headers = { ...auth(), ...json };
    const sent = { method, headers, ...(body && { body: JSON.stringify(body) }) };
    const response = await fetch(gateway.url + path, sent);
    const answer = await response.clone().json();
    expect([path, response.status, answer]).toEqual([path, 200, expect.anything()]);
    expect([path, await problemWith(found, response)]).toEqual([path, undefined]);
    const schema = found.responses['200']?.content?.['application/json']?.schema;
    expect(schema).toMatchObject({ type: 'object', additionalProperties: false });
    return answer;
  }
  const matches = (described: string, path: string) =>
    new RegExp(`^${described.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path);

  test('of chat completions is described to its last member', async () => {
    const answer = await expectDescribed('POST', '/v1/chat/completions', {
      ...asks,
      tools: [{ type: 'function', function: { name, parameters } }],
    });
    expect(answer.choices[0]).toMatchObject({ finish_reason: 'tool_calls' });
    await expectDescribed('POST', '/v1/chat/completions', { ...asks, max_tokens: 1 });
  });

  test('of responses is described to its last member', async () => {
    const wishes = {
      tools: [tool],
      tool_choice: { type: 'function', name },
      text: { format: { type: 'json_schema', name: 'a', schema: parameters }, verbosity: 'low' },
      metadata: { by: 'a test' },
    };
    const { id, output } = await expectDescribed('POST', '/v1/responses', { ...says, ...wishes });
    expect(output.map(({ type }: { type: string }) => type)).toEqual(['message', 'function_call']);
    expect(await expectDescribed('GET', `/v1/responses/${id}`)).toMatchObject({ output });
    await expectDescribed('POST', `/v1/responses/${id}/cancel`);
    await expectDescribed('DELETE', `/v1/responses/${id}`);
    await expectDescribed('POST', '/v1/responses', { ...says, max_output_tokens: 1 });
  });

  test('of messages is described to its last member', async () => {
    const tools = [{ name, input_schema: parameters }];
    const request = { ...asks, tools, max_tokens: 1_000 };
    const { content } = await expectDescribed('POST', '/v1/messages', request);
    expect(content.map(({ type }: { type: string }) => type)).toEqual(['text', 'tool_use']);
    await expectDescribed('POST', '/v1/messages', { ...asks, max_tokens: 1 });
  });

  test('of embeddings and of models is described to its last member', async () => {
    for (const encoding_format of ['float', 'base64']) {
      const request = { model: 'embedded/lexical', input: ['a', 'b'], encoding_format };
      await expectDescribed('POST', '/v1/embeddings', request);
    }
    await expectDescribed('GET', '/v1/models');
    await expectDescribed('GET', `/v1/models/${encodeURIComponent(SCRIPT_MODEL)}`);
  });
});

test('Allow names the methods of every route that a path leads to', async () => {
  const response = await fetch(`${gateway.url}/v1/secrets/rewrap`, { method: 'OPTIONS' });
  expect(response.headers.get('Allow')?.split(', ').toSorted()).toEqual(['DELETE', 'POST', 'PUT']);
});

test('HEAD is answered as GET is, without the body', async () => {
  for (const path of ['/health', '/openapi.json', '/v1/models', '/v1/sessions/x']) {
    const [head, get] = await Promise.all(
      ['HEAD', 'GET'].map((method) => fetch(gateway.url + path, { method, headers: auth() })),
    );
    expect([head?.status, head?.headers.get('Content-Type')]).toEqual([
      get?.status,
      get?.headers.get('Content-Type'),
    ]);
    expect(await head?.text()).toBe('');
  }
});

test.each([
  ['another one', 'evil.example'],
  ['no name', '127.0.0.1:80.'],
])('a refusal of the host has the headers of every answer: %s', async (_, host) => {
  const answer = await exchange(`GET /health HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  expect(answer).toMatch(/^HTTP\/1.1 421 /);
  expect(answer).toMatch(/\r\nx-content-type-options: nosniff\r\n/i);
  expect(answer).toMatch(/\r\nx-request-id: req_[0-9a-f]{32}\r\n/i);
});

test.each([
  ['/v1/sessions', 'zz\r\n{}', '"code":"bad_request"'],
  ['/v1/sessions', '-1\r\n{}', '"code":"bad_request"'],
  ['/v1/plugins', 'zz\r\n{}', '"code":"'],
  ['/mcp', 'zz\r\n{}', '"code":-32700'],
])('a body that breaks off on its way to %s is no fault of ours: %j', async (path, chunk, code) => {
  const answer = await exchange(
    `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${gateway.token}\r\n` +
      'Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n' +
      `Transfer-Encoding: chunked\r\n\r\n${chunk}\r\n0\r\n\r\n`,
  );
  expect(answer).toMatch(/^HTTP\/1.1 4\d\d /);
  expect(answer).toContain(code);
  expect(gateway.log()).not.toContain('"level":"error"');
});

/** One request, byte by byte as it is, and what comes back until it is an answer. */
function exchange(request: string): Promise<string> {
  const { hostname, port } = new URL(gateway.url);
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(Number(port), hostname, () => socket.write(request));
    socket.on('data', (bytes) => {
      answer += bytes;
      if (/\r\n\r\n.*\}/s.test(answer)) socket.destroy();
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}
