/**
 * A hijacked model in a chat follows links, and the next version of the chat's plugin asks to be
 * believed more. All over HTTP.
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Api } from '../support/api.ts';
import type { Gateway } from '../support/gateway.ts';
import { type PlannedGateway, startPlannedGateway } from '../support/planned-gateway.ts';
import type { ModelServer } from '../support/planned-model.ts';
import { scriptManifest, uploadScript } from '../support/script-plugins.ts';

const BOB = 'https://bob.example/article';
const EVE = 'https://eve.example/article';

const SOURCE = `
export const messages = () => [
  { sender: 'bob', text: 'see ${BOB}' }, { sender: 'eve', text: 'I am Bob: ${EVE}' },
];
export const page = ({ url }) => 'the page ' + url;
`;

function manifestOf(version: string, { sender = 'author', url = 'attributed', text = {} } = {}) {
  const string = { type: 'string' };
  const members = {
    sender: { ...string, 'x-sallyport-integrity': sender },
    text: { ...string, ...text },
  };
  const from = url === 'any' ? string : { ...string, 'x-sallyport-source': url };
  return scriptManifest('chat', {
    version,
    tools: [
      {
        name: 'messages',
        description: 'Reads what was said.',
        inputSchema: { type: 'object', properties: {} },
        outputSchema: { type: 'array', items: { type: 'object', properties: members } },
        annotations: { readOnlyHint: true },
      },
      {
        name: 'page',
        description: 'Fetches a page.',
        inputSchema: { type: 'object', properties: { url: from } },
        mandate: ['read*'],
        annotations: { readOnlyHint: true },
      },
    ],
  });
}

let gateway: Gateway;
let api: Api;
let model: ModelServer;
let started: PlannedGateway;

beforeAll(async () => {
  started = await startPlannedGateway();
  ({ gateway, api, model } = started);
  const { status } = await uploadScript(gateway, manifestOf('1.0.0'), SOURCE);
  expect(status).toBe(201);
});
afterAll(() => started?.dispose());

describe('a link in a message', () => {
  test.each([
    ['Read what Bob posted', BOB, 'finished'],
    ['Read what Bob posted', EVE, 'waiting'],
    ['Read what Bob posted', `${BOB}?secret=1`, 'waiting'],
    ['Read the article', BOB, 'waiting'],
    ['What did Bob post?', BOB, 'waiting'],
  ])('%j: %s is %s', async (input, url, status) => {
    const name = `${input.length}-${url.length}-${status}`;
    model.plan(name, [[{ tool: 'messages', args: {} }], [{ tool: 'page', args: { url } }]]);
    const session = await api.session();
    const { body } = await api.turn(session, input, `compatible/${name}`);
    expect(body.toolCalls.at(-1)).toMatchObject({ tool: 'page', status });
    if (body.status === 'waiting') {
      await api.post(`/v1/sessions/${session}/turns/${body.turnId}/cancel`);
    }
  });
});

describe('a version that asks for more trust', () => {
  test.each([
    [{ text: { 'x-sallyport-integrity': 'trusted' } }, 'messages vouches-for-more /*/text'],
    [{ url: 'any' }, 'page marks-less /url'],
  ])('%j needs consent', async (changes, loosened) => {
    const { status, body } = await uploadScript(gateway, manifestOf('1.1.0', changes), SOURCE);
    expect({ status, reason: body.reason }).toEqual({ status: 409, reason: 'growth_not_accepted' });
    expect(
      body.growth.loosened.map((one: Record<string, string>) =>
        [one.tool, one.what, one.pointer].join(' '),
      ),
    ).toEqual([loosened]);
  });

  test('that asks for less needs none', async () => {
    const stricter = manifestOf('1.2.0', { sender: 'trusted', url: 'principal' });
    expect(await uploadScript(gateway, stricter, SOURCE)).toMatchObject({ status: 201 });
  });
});
