/** Skills over HTTP: installed, offered to a model, loaded by it, and narrowing what it may call. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Api, callApi, SCRIPT_MODEL, script } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

let gateway: Gateway;
let api: Api;

beforeAll(async () => {
  gateway = await startGateway();
  api = callApi(gateway);
});
afterAll(() => gateway?.dispose());

const skill = (name: string, fields = '', body = `Do as ${name} says.`) =>
  `---\nname: ${name}\ndescription: How to ${name}.\n${fields}---\n${body}\n`;

const install = (document: string, by: Api = api) => by.post('/v1/skills', { document });

const call = (name: string, args: object) => ({ toolCalls: [{ name, arguments: args }] });
const COUNT = call('text-stats', { text: 'one two' });
const load = (name: string) => call('load-skill', { name });

const run = async (steps: readonly object[], extra: object = {}) => {
  const session = await api.session();
  const { status, body } = await api.post(`/v1/sessions/${session}/turns`, {
    input: script(...steps),
    model: SCRIPT_MODEL,
    ...extra,
  });
  const { body: said } = await api.get(`/v1/sessions/${session}/messages`);
  return { status, body, said: JSON.stringify(said), messages: said.messages };
};

test('a skill is installed, listed, read, replaced and deleted, and that is on the record', async () => {
  const first = await install(skill('filing', 'license: MIT\n'));
  expect([first.status, first.body]).toMatchObject([
    201,
    { name: 'filing', license: 'MIT', isTrusted: true, installedBy: 'user:root' },
  ]);
  const again = await install(skill('filing', '', 'Otherwise.'));
  expect(again.body.sha256).not.toBe(first.body.sha256);
  const { body } = await api.get('/v1/skills/filing');
  expect(body).toMatchObject({ sha256: again.body.sha256, body: 'Otherwise.' });
  const listed = await api.get('/v1/skills');
  expect(listed.body.skills).toEqual([again.body]);
  expect((await api.delete('/v1/skills/filing')).status).toBe(204);
  expect((await api.get('/v1/skills/filing')).status).toBe(404);
  expect((await api.delete('/v1/skills/filing')).status).toBe(404);
  await eventually(async () => {
    const { body: audit } = await api.get('/v1/audit?limit=500');
    const actions = audit.records
      .filter(({ event }: { event: { skill?: string } }) => event.skill === 'filing')
      .map(({ event }: { event: { action: string } }) => event.action);
    expect(actions).toEqual(['skill-installed', 'skill-installed', 'skill-deleted']);
  });
});

describe('a model', () => {
  test('is told of skills by name and description, and loads the text of one', async () => {
    const { body: tools } = await api.get('/v1/tools');
    expect(JSON.stringify(tools)).not.toContain('load-skill');
    await install(skill('baking', '', 'Flour first.'));
    const { body } = await api.get('/v1/tools');
    const tool = body.tools.find(({ name }: { name: string }) => name === 'load-skill');
    expect(tool.description).toContain('- baking: How to baking.');
    expect(tool.description).not.toContain('Flour');
    const { said, messages } = await run([load('baking'), { text: 'done' }]);
    expect(said).toContain('Flour first.');
    const label = messages.find(({ role }: { role: string }) => role === 'tool')?.label;
    expect(label).toEqual({ integrity: 'trusted', confidentiality: 'workspace' });
    await api.delete('/v1/skills/baking');
  });

  test('calls no more than the skill lets it, from when it has loaded it', async () => {
    await install(skill('reading', 'allowed-tools: json-query\n'));
    const { body } = await run([COUNT, load('reading'), COUNT, { text: 'done' }]);
    expect(body.toolCalls).toMatchObject([
      { tool: 'text-stats', status: 'finished' },
      { tool: 'load-skill', status: 'finished' },
      { tool: 'text-stats', status: 'denied', check: 'capability', reason: 'outside_skill' },
    ]);
    const next = await run([COUNT, { text: 'done' }]);
    expect(next.body.toolCalls[0].status).toBe('finished');
    await api.delete('/v1/skills/reading');
  });
});

describe('a turn', () => {
  test('begins with the skills that its request names, and with what they leave', async () => {
    await install(skill('counting', 'allowed-tools: [text-stats, no-such-tool]\n', 'Count twice.'));
    await install(skill('nothing', 'allowed-tools: []\n'));
    const { said, body } = await run([COUNT, { text: 'done' }], { skills: ['counting'] });
    expect(said).toContain('Count twice.');
    expect(body.toolCalls[0].status).toBe('finished');
    const both = await run([COUNT, { text: 'done' }], { skills: ['counting', 'nothing'] });
    expect(both.body.toolCalls[0]).toMatchObject({ status: 'denied', reason: 'outside_skill' });
    const unknown = await run([{ text: 'done' }], { skills: ['no-such-skill'] });
    expect([unknown.status, unknown.body.code]).toEqual([422, 'skill_unknown']);
    for (const name of ['counting', 'nothing']) await api.delete(`/v1/skills/${name}`);
  });

  test('begins with the skill whose keyword its message holds as a whole word', async () => {
    const metadata = 'metadata:\n  sallyport-keywords: refund, money back\n';
    await install(skill('refunds', metadata, 'Be kind.'));
    const told = async (input: string) => {
      const session = await api.session();
      await api.turn(session, input);
      return JSON.stringify((await api.get(`/v1/sessions/${session}/messages`)).body);
    };
    expect(await told('I want a REFUND.')).toContain('Be kind.');
    expect(await told('I want my money back!')).toContain('Be kind.');
    expect(await told('Those refunds are gone')).not.toContain('Be kind.');
    await api.delete('/v1/skills/refunds');
  });
});

test('over MCP a skill is a prompt, for those who may load it', async () => {
  await install(skill('prompting', '', 'Ask twice.'));
  const ask = async (method: string, params: object, by = api) => {
    const message = { jsonrpc: '2.0', id: 1, method, params };
    const response = await fetch(`${gateway.url}/mcp`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${by.token}`,
        Accept: 'application/json, text/event-stream',
        'Content-Type': 'application/json',
        'MCP-Protocol-Version': '2025-06-18',
      },
      body: JSON.stringify(message),
    });
    return await response.text();
  };
  expect(await ask('prompts/list', {})).toContain('skill:prompting');
  expect(await ask('prompts/get', { name: 'skill:prompting' })).toContain('Ask twice.');
  const issued = await api.post('/v1/tokens', {
    subject: { kind: 'service', id: 'other' },
    grants: ['tool:call:text-stats'],
  });
  const other = callApi(gateway, issued.body.token);
  expect(await ask('prompts/list', {}, other)).not.toContain('skill:prompting');
  expect(await ask('prompts/get', { name: 'skill:prompting' }, other)).not.toContain('Ask twice.');
  await api.delete('/v1/skills/prompting');
});
