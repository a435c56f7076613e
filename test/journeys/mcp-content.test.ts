/** Results in parts, prompts, resources and completion of plugins, through the official MCP client. */

import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { callApi } from '../support/api.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { installScript } from '../support/script-plugins.ts';

const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==';

const SOURCE = `
const PNG = '${PNG}';
const words = (text) => ({ type: 'text', text });
export const draw = () => ({ content: [words('A dot:'), { type: 'image', data: PNG, mimeType: 'image/png' }] });
export const fail = () => ({ isError: true, content: [words('No ink left')] });
export const hush = () => ({ content: [], structuredContent: { done: true } });
export const blurt = () => 'no parts';
export const greet = ({ name, tone }) => ({ messages: [{ role: 'user', content: words(tone + ' ' + name) }] });
export const page = ({ id }) => ({ contents: [{ text: 'Page ' + id, uri: 'things://else' }] });
`;

const tool = (name: string, properties: object = {}) => ({
  name,
  title: `To ${name}`,
  description: `What the test says of ${name}.`,
  inputSchema: { type: 'object', properties },
  result: 'content',
});

const TONES = { type: 'string', enum: ['warm', 'wary', 'cold'] };

const OFFERS = {
  tools: [
    tool('draw'),
    tool('fail'),
    tool('blurt'),
    tool('hush'),
    tool('greet', { name: { type: 'string' }, tone: TONES }),
    tool('page', { id: { type: 'string' } }),
  ],
  mcp: {
    prompts: [
      {
        name: 'greeting',
        description: 'Greets.',
        arguments: [{ name: 'name', required: true }, { name: 'tone' }],
        tool: 'greet',
      },
    ],
    resources: [{ name: 'page', description: 'A page.', uri: 'things://pages/{id}', tool: 'page' }],
  },
};

let gateway: Gateway;
let client: Client;

async function connect(token = gateway.token): Promise<Client> {
  const made = new Client(
    { name: 'journey', version: '1.0.0' },
    { versionNegotiation: { mode: { pin: '2026-07-28' } } },
  );
  const requestInit = { headers: { Authorization: `Bearer ${token}` } };
  await made.connect(
    new StreamableHTTPClientTransport(new URL(`${gateway.url}/mcp`), { requestInit }),
  );
  return made;
}

beforeAll(async () => {
  gateway = await startGateway({ examples: false });
  const installed = await installScript(gateway, 'things', SOURCE, OFFERS);
  expect([installed.status, installed.body]).toEqual([201, expect.anything()]);
  client = await connect();
});
afterAll(async () => {
  await client?.close();
  await gateway?.dispose();
});

describe('a tool whose result has parts', () => {
  test('has a title, and answers with them', async () => {
    const { tools } = await client.listTools();
    expect(tools.find(({ name }) => name === 'draw')?.title).toBe('To draw');
    const { content } = await client.callTool({ name: 'draw' });
    expect(content).toEqual([
      { type: 'text', text: 'A dot:' },
      { type: 'image', data: PNG, mimeType: 'image/png' },
    ]);
  });

  test('may say that it has failed', async () => {
    const failed = await client.callTool({ name: 'fail' });
    expect(failed).toMatchObject({ isError: true, content: [{ text: 'No ink left' }] });
  });

  test('may have done what it was told to, and have nothing to say', async () => {
    const { content, structuredContent, isError } = await client.callTool({ name: 'hush' });
    expect([content, structuredContent, isError]).toEqual([[], { done: true }, undefined]);
  });

  test('that answers something else is told from one that answers', async () => {
    const blurted = await client.callTool({ name: 'blurt' });
    expect(blurted.isError).toBe(true);
    expect(JSON.stringify(blurted.content)).toContain('cannot be read');
  });
});

describe('what plugins offer besides', () => {
  test('prompts are listed, completed and made', async () => {
    const { prompts } = await client.listPrompts();
    expect(prompts.map(({ name }) => name)).toContain('greeting');
    const { completion } = await client.complete({
      ref: { type: 'ref/prompt', name: 'greeting' },
      argument: { name: 'tone', value: 'wa' },
    });
    expect(completion.values).toEqual(['warm', 'wary']);
    const made = await client.getPrompt({
      name: 'greeting',
      arguments: { name: 'Ann', tone: 'warm' },
    });
    expect(made.messages).toEqual([{ role: 'user', content: { type: 'text', text: 'warm Ann' } }]);
    await expect(client.getPrompt({ name: 'greeting', arguments: {} })).rejects.toThrow('"name"');
  });

  test('arguments of a prompt pass the schema of its tool', async () => {
    const asked = client.getPrompt({ name: 'greeting', arguments: { name: 'A', tone: 'rude' } });
    await expect(asked).rejects.toThrow('structure');
  });

  test('resources are found by their template, and keep the URI that was asked for', async () => {
    const { resourceTemplates } = await client.listResourceTemplates();
    expect(resourceTemplates.map(({ uriTemplate }) => uriTemplate)).toContain(
      'things://pages/{id}',
    );
    const { contents } = await client.readResource({ uri: 'things://pages/7%2F8' });
    expect(contents).toEqual([{ uri: 'things://pages/7%2F8', text: 'Page 7/8' }]);
    await expect(client.readResource({ uri: 'things://pages/7/8' })).rejects.toThrow();
    await expect(client.readResource({ uri: 'things://other/7' })).rejects.toThrow();
  });

  test('nobody sees or gets what a tool makes that he may not call', async () => {
    const { body } = await callApi(gateway).post('/v1/tokens', {
      subject: { kind: 'service', id: 'narrow' },
      grants: ['tool:call:draw'],
    });
    const narrow = await connect(body.token);
    expect((await narrow.listPrompts()).prompts).toEqual([]);
    await expect(narrow.getPrompt({ name: 'greeting' })).rejects.toThrow('no such prompt');
    await expect(narrow.readResource({ uri: 'things://pages/7' })).rejects.toThrow();
    await narrow.close();
  });

  test('no other plugin can take their names', async () => {
    const { mcp, tools } = OFFERS;
    const other = { mcp, tools: tools.map((one) => ({ ...one, name: `my-${one.name}` })) };
    const renamed = {
      ...other,
      mcp: {
        prompts: mcp.prompts.map((one) => ({ ...one, tool: `my-${one.tool}` })),
        resources: mcp.resources.map((one) => ({ ...one, tool: `my-${one.tool}` })),
      },
      tools: other.tools.map((one) => ({ ...one, entry: one.name.slice(3) })),
    };
    const refused = await installScript(gateway, 'imitation', SOURCE, renamed);
    expect(refused.status).toBe(409);
    expect(JSON.stringify(refused.body)).toContain('/mcp/prompts/0/name');
  });
});
