/**
 * Routes times grants: every route, with every capability of the catalogue missing in turn.
 *
 * The routes are those of the description that the gateway gives of itself, which is made from the
 * same list that is mounted; so a new route is tested by being there. One that is open to everybody, or
 * decides by what is asked for, must be named here as well.
 */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { attenuate } from '../../src/client/attenuate.ts';
import { FAMILIES } from '../../src/core/capabilities/catalogue.ts';
import { type Api, callApi } from '../support/api.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly access: string;
  readonly operation: string;
}

/** What needs no credential of ours: it says the same to everybody, or asks for a proof of its own. */
const PUBLIC = [
  ...['health', 'openApi', 'docs', 'pluginSchema', 'readAgentCard', 'auditKey'],
  ...['mcpResourceMetadata', 'mcpResourceMetadataOfPath'],
  ...['receiveWebhook', 'answerHandshake', 'connectChat', 'enrolNode', 'connectNode'],
  ...['answerSignIn', 'readClientDocument'],
];

interface InDepth {
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
  /** What who holds nothing of it is answered: the family that he misses, or an answer with nothing in it. */
  readonly answers: RegExp;
}

const MISSES = (family: string) => new RegExp(`principal_grant_missing.*${family}`);
const RPC = { jsonrpc: '2.0', id: 1 };
const MCP = { Accept: 'application/json, text/event-stream' };
const CHANNEL = {
  ...{ name: 'x', platform: 'telegram', model: 'embedded/script', access: { mode: 'open' } },
  capabilities: [],
  credentials: { token: '123456789:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', secret: 'x'.repeat(32) },
};

/** Routes whose capability follows from what is asked for. */
const IN_DEPTH: Readonly<Record<string, InDepth>> = {
  listTools: { answers: /^\{"tools":\[\]\}$/ },
  // No tool is installed; calls of those that are pass the seven checks (`narrowed-tokens.test.ts`).
  callTool: { body: { arguments: {} }, answers: /"check":"registry"/ },
  listModels: { answers: /^(?!.*"id":"(anthropic|openai|google)\/)/ },
  readModel: { answers: /model_not_found/ },
  createEmbedding: {
    body: { model: 'embedded/lexical', input: 'x' },
    answers: MISSES('provider:embedding'),
  },
  listChannels: { answers: /^\{"channels":\[\]\}$/ },
  createChannel: { body: CHANNEL, answers: MISSES('channel:manage') },
  getChannel: { answers: MISSES('channel:list') },
  deleteChannel: { answers: MISSES('channel:manage') },
  decidePairing: { body: { decision: 'deny' }, answers: MISSES('channel:manage') },
  issuePairingCode: { body: {}, answers: MISSES('channel:manage') },
  resendReply: { body: {}, answers: MISSES('channel:manage') },
  sendChannelMessage: { body: { chat: 'c', text: 'x' }, answers: MISSES('channel:send') },
  issueChatTicket: { body: { sender: 'x' }, answers: MISSES('channel:send') },
  // For who holds nothing it is a ticket for nothing.
  issueTicket: { body: {}, answers: /"ticket":"stk_/ },
  mcp: {
    body: {
      ...RPC,
      ...{ method: 'tools/list', params: {} },
    },
    headers: { ...MCP, 'MCP-Protocol-Version': '2025-11-25' },
    answers: /"tools":\[\]/,
  },
  callA2a: {
    body: { ...RPC, method: 'GetTask', params: { id: `task_${'0'.repeat(76)}` } },
    headers: { 'A2A-Version': '1.0' },
    answers: MISSES('session:read'),
  },
};

const NAMES = FAMILIES.map(({ name }) => name);

const REASON = 'principal_grant_missing';

let gateway: Gateway;
let holder: Api;
let all: readonly Operation[];
let guarded: readonly Operation[];

beforeAll(async () => {
  gateway = await startGateway({ examples: false });
  const root = callApi(gateway);
  const subject = { kind: 'service', id: 'holder' };
  const { body: issued } = await root.post('/v1/tokens', { subject, grants: NAMES });
  holder = callApi(gateway, issued.token);
  const { body } = await root.get('/openapi.json');
  all = Object.entries<Record<string, Record<string, string>>>(body.paths).flatMap(
    ([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        method: method.toUpperCase(),
        path: path.replaceAll(/\{\w+\}/g, 'x'),
        access: operation['x-sallyport-capability'] ?? 'public',
        operation: operation.operationId ?? '',
      })),
  );
  guarded = all.filter(({ access }) => access !== 'public' && access !== 'any-principal');
});
afterAll(() => gateway?.dispose());

/** The whole answer, in whichever shape the route writes its errors, if it does not let the caller in. */
async function refusalOf(token: string, { method, path }: Operation): Promise<string> {
  const headers = { Authorization: `Bearer ${token}` };
  const response = await fetch(gateway.url + path, { method, headers });
  const text = await response.text();
  return response.status === 403 ? text : '';
}

const tokenWith = (patterns: readonly string[]) =>
  attenuate(holder.token, [{ kind: 'grants', patterns }]);

test('every route refuses who holds all capabilities but its own, and names it', async () => {
  const refused: Operation[] = [];
  for (const missing of NAMES) {
    const token = await tokenWith(NAMES.filter((name) => name !== missing));
    for (const operation of guarded.filter(({ access }) => access === missing)) {
      const refusal = await refusalOf(token, operation);
      expect([operation, refusal]).toEqual([operation, expect.stringContaining(missing)]);
      expect([operation, refusal]).toEqual([operation, expect.stringContaining(REASON)]);
      refused.push(operation);
    }
  }
  expect(refused).toHaveLength(guarded.length);
});

test('every route lets in who holds nothing but its own capability', async () => {
  for (const operation of guarded) {
    const refusal = await refusalOf(await tokenWith([operation.access]), operation);
    expect(refusal).not.toContain(operation.access);
  }
});

const named = (access: string) =>
  all.filter((route) => route.access === access).map(({ operation }) => operation);

test('every route asks for a credential, but those that are named here', async () => {
  expect(named('public').toSorted()).toEqual(PUBLIC.toSorted());
  const closed = all.filter(({ access }) => access !== 'public');
  const asked = closed.flatMap(({ method, path, operation }) =>
    [{}, { Authorization: 'Bearer guessed' }].map(async (headers) => {
      const { status } = await fetch(gateway.url + path, { method, headers });
      return [operation, status];
    }),
  );
  const refused = closed.flatMap(({ operation }) => Array(2).fill([operation, 401]));
  expect(await Promise.all(asked)).toEqual(refused);
});

test('every route that decides by what is asked for gives nothing to who holds nothing of it', async () => {
  expect(named('any-principal').toSorted()).toEqual(Object.keys(IN_DEPTH).toSorted());
  const token = await tokenWith(['system:clock:read']);
  for (const { method, path, operation } of all.filter(
    ({ access }) => access === 'any-principal',
  )) {
    const { body, headers, answers } = IN_DEPTH[operation] as InDepth;
    const response = await fetch(gateway.url + path, {
      method,
      headers: {
        ...{ Authorization: `Bearer ${token}`, ...headers },
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    expect([operation, await response.text()]).toEqual([operation, expect.stringMatching(answers)]);
  }
});
