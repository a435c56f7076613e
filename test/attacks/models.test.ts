/** Attacks on what names a model: bombs of embeddings, loops of aliases, agents that reach too far. */

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DEFAULT_POLICY } from '../../src/core/policy/policy.ts';
import { type Answer, type Api, callApi, SCRIPT_MODEL, script } from '../support/api.ts';
import { changePolicy } from '../support/approvals.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { type StandIn, startProvider, streamText } from '../support/provider.ts';

const LEXICAL = 'embedded/lexical';
const VECTORS = 'compatible/embed';
const SECRET = 'The neighbours keep their key below the mat.';

let gateway: Gateway;
let provider: StandIn;
let root: Api;

beforeAll(async () => {
  provider = await startProvider();
  gateway = await startGateway({ secrets: { OPENAI_COMPATIBLE_BASE_URL: provider.baseUrl } });
  root = callApi(gateway);
  const agents = { spy: { model: 'compatible/talk', instructions: SECRET } };
  const policy = { ...DEFAULT_POLICY, agents };
  expect((await root.put('/v1/workspaces/neighbours', { policy })).status).toBe(200);
});
afterAll(async () => {
  await gateway?.dispose();
  provider?.dispose();
});
beforeEach(() => {
  provider.asked.length = 0;
  provider.answer = (_, response) => streamText(response, 'Hello.');
});

const embed = (body: object, by = root) => by.post('/v1/embeddings', body);
const chat = (model: string, by = root) =>
  by.post('/v1/chat/completions', { model, messages: [{ role: 'user', content: 'Hi' }] });
const many = (count: number, text = 'a') => new Array(count).fill(text);

async function callerWith(...grants: string[]): Promise<Api> {
  const order = { subject: { kind: 'service', id: 'caller' }, grants: ['session:*', ...grants] };
  return callApi(gateway, (await root.post('/v1/tokens', order)).body.token);
}

const refused = (status: number, pointer?: string) =>
  expect.objectContaining({
    status,
    body: {
      error: expect.objectContaining(pointer === undefined ? {} : { param: pointer }),
    },
  });

describe('a bomb of embeddings', () => {
  test('has no more texts, and no longer ones, than a request may have', async () => {
    const small = { model: LEXICAL, dimensions: 64, encoding_format: 'base64' };
    expect((await embed({ ...small, input: many(2_048) })).body.data).toHaveLength(2_048);
    expect(await embed({ ...small, input: many(2_049) })).toEqual(refused(400, 'input'));
    expect((await embed({ ...small, input: 'a'.repeat(131_072) })).status).toBe(200);
    expect(await embed({ ...small, input: 'a'.repeat(131_073) })).toEqual(refused(400, 'input'));
    const most = many(4, 'b'.repeat(131_072));
    expect((await embed({ ...small, input: most })).status).toBe(200);
    expect(await embed({ ...small, input: [...most, 'c'] })).toEqual(refused(400, 'input'));
  });

  test('does not grow beyond what an answer may hold, before anybody is asked', async () => {
    const order = { model: VECTORS, encoding_format: 'base64' };
    expect(await embed({ ...order, input: many(513) })).toEqual(refused(400, 'input'));
    expect(await embed({ ...order, input: many(2_048), dimensions: 769 })).toEqual(
      refused(400, 'input'),
    );
    for (const dimensions of [63, 513]) {
      expect(await embed({ model: LEXICAL, input: 'a', dimensions })).toEqual(
        refused(400, 'dimensions'),
      );
    }
    expect(provider.asked).toEqual([]);
  });

  test('that costs more than a turn may is not sent, and gives back what it held', async () => {
    const used = async () => {
      const { body } = await root.get('/v1/budgets');
      return body.budgets.find(({ period }: { period: string }) => period === 'day').used;
    };
    const before = await used();
    const input = many(4, '語'.repeat(131_000)).map((text: string) => text.slice(0, 80_000));
    expect(await embed({ model: VECTORS, input })).toEqual(refused(429));
    expect(provider.asked).toEqual([]);
    expect(await used()).toEqual(before);
  });

  test.each([
    ['tokens', [1, 2, 3]],
    ['lists of tokens', [[1, 2], [3]]],
    ['nothing', []],
    ['an empty text', ''],
    ['an empty text among others', ['a', '']],
    ['an object', { a: 1 }],
    ['null', null],
  ])('is not taken as %s', async (_, input) => {
    expect(await embed({ model: LEXICAL, input })).toEqual(refused(400));
  });

  test('is answered for text of every kind', async () => {
    const input = ['\u0000', '\u202e', '😀'.repeat(1_000), '\u0301'.repeat(50_000)];
    const { status, body } = await embed({ model: LEXICAL, input });
    expect(status).toBe(200);
    for (const { embedding } of body.data) {
      expect(embedding.every((value: unknown) => Number.isFinite(value))).toBe(true);
    }
  });

  test('of a provider that sends rubbish is no answer, and shows none of it', async () => {
    provider.answer = (_, response) => {
      response.writeHead(200, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify({ data: [{ embedding: [1, 'rubbish', null] }] }));
    };
    const answer = await embed({ model: VECTORS, input: 'a' });
    expect(answer).toEqual(refused(502));
    expect(JSON.stringify(answer.body)).not.toContain('rubbish');
  });
});

describe('an alias', () => {
  const change = async (part: object): Promise<Answer> => {
    const { body } = await root.get('/v1/workspaces/default');
    return root.put('/v1/workspaces/default', { policy: { ...body.policy, ...part } });
  };

  test('never stands for an alias, so none has a loop', async () => {
    for (const aliases of [{ a: ['alias/a'] }, { a: ['alias/b'], b: ['alias/a'] }]) {
      expect((await change({ models: { aliases } })).status).toBe(422);
    }
  });

  test('and an agent that name each other end in nothing', async () => {
    const agents = {
      ring: { model: 'alias/ring' },
      self: { model: 'default/self' },
      chain: { model: 'default/talker' },
      talker: { model: 'compatible/talk' },
    };
    await changePolicy(root, { models: { aliases: { ring: ['default/ring'] } }, agents });
    for (const name of ['alias/ring', 'default/ring', 'default/self', 'default/chain']) {
      expect([name, await chat(name)]).toEqual([name, refused(404)]);
    }
    expect((await chat('default/talker')).status).toBe(200);
    expect(provider.asked).toHaveLength(1);
  });
});

describe('an agent', () => {
  test.each([
    'neighbours/spy',
    'default/../neighbours/spy',
    'default/neighbours/spy',
    'default/spy',
    'default/__proto__',
    'default/constructor',
    'default/',
    'default//spy',
    'DEFAULT/talker',
    'default/talker/',
    'alias/constructor',
    'alias/talker',
    'embedded/talker',
  ])('is reached by nobody as %s', async (name) => {
    const answer = await chat(name);
    expect([400, 403, 404]).toContain(answer.status);
    expect(JSON.stringify(answer.body)).not.toContain(SECRET);
    const read = await root.get(`/v1/models/${encodeURIComponent(name)}`);
    expect(read.status).toBe(404);
    expect(provider.asked).toEqual([]);
  });

  test('lends nobody its model, or a tool', async () => {
    await changePolicy(root, {
      agents: {
        talker: { model: 'compatible/talk' },
        worker: { model: SCRIPT_MODEL, tools: ['text-stats'] },
      },
    });
    const poor = await callerWith();
    expect(await chat('default/talker', poor)).toEqual(refused(403));
    expect(provider.asked).toEqual([]);
    const session = await poor.session();
    const calls = [{ name: 'text-stats', arguments: { text: 'a' } }];
    const steps = script({ toolCalls: calls }, { text: 'done' });
    const { body } = await poor.turn(session, steps, 'default/worker');
    expect(body.toolCalls).toMatchObject([{ status: 'denied', reason: 'principal_grant_missing' }]);
  });

  test('begins with no skill that is not installed, and is not written by who may not', async () => {
    await changePolicy(root, { agents: { learned: { model: SCRIPT_MODEL, skills: ['none'] } } });
    expect(await chat('default/learned')).toEqual(refused(422));
    const poor = await callerWith('system:config:read');
    const policy = { allow: [], deny: [], agents: { mine: { model: SCRIPT_MODEL } } };
    expect((await poor.put('/v1/workspaces/default', { policy })).status).toBe(403);
  });

  test('cannot be called what no agent may be called', async () => {
    const { body } = await root.get('/v1/workspaces/default');
    for (const name of ['A', '../x', 'a/b', '__proto__x', '', 'x'.repeat(65)]) {
      const agents = { [name]: { model: SCRIPT_MODEL } };
      const policy = { ...body.policy, agents };
      const { status } = await root.put('/v1/workspaces/default', { policy });
      expect([name, status]).toEqual([name, 422]);
    }
  });
});
