/** The official MCP client, unmodified, against the gateway, in both eras of the protocol. */

import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Api, callApi } from '../support/api.ts';
import { askAlways, credential, decide } from '../support/approvals.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

const ERAS = { modern: { pin: '2026-07-28' }, legacy: 'legacy' } as const;

/** How soon what was decided is on the chain. */
const SOON = { timeout: 20_000, interval: 200 };

let gateway: Gateway;
let api: Api;

beforeAll(async () => {
  gateway = await startGateway();
  api = callApi(gateway);
});
afterAll(() => gateway?.dispose());

async function connect(era: keyof typeof ERAS, token = gateway.token): Promise<Client> {
  const client = new Client(
    { name: 'journey', version: '1.0.0' },
    { capabilities: { elicitation: {} }, versionNegotiation: { mode: ERAS[era] } },
  );
  const transport = new StreamableHTTPClientTransport(new URL(`${gateway.url}/mcp`), {
    requestInit: { headers: { Authorization: `Bearer ${token}` } },
  });
  await client.connect(transport);
  return client;
}

async function tokenFor(...grants: string[]): Promise<string> {
  const issued = await api.post('/v1/tokens', { subject: { kind: 'service', id: 'mcp' }, grants });
  expect(issued.status).toBe(201);
  return issued.body.token;
}

describe.each(['modern', 'legacy'] as const)('a client of the %s era', (era) => {
  test('lists the tools in a stable order and calls one', async () => {
    const client = await connect(era);
    const { tools } = await client.listTools();
    const names = tools.map(({ name }) => name);
    expect(names).toContain('text-stats');
    expect(names).toEqual([...names].sort());
    const result = await client.callTool({
      name: 'text-stats',
      arguments: { text: 'one two three' },
    });
    expect(result.isError ?? false).toBe(false);
    expect(JSON.stringify(result.content)).toMatch(/words\D+3\b/);
    await client.close();
  });

  test('sees only what its token may call, and a denial is a result that names the check', async () => {
    const client = await connect(era, await tokenFor('tool:call:json-query'));
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['json-query']);
    const denied = await client.callTool({ name: 'text-stats', arguments: { text: 'one' } });
    expect(denied.isError).toBe(true);
    expect(JSON.stringify(denied.content)).toContain('principal_grant_missing');
    await client.close();
  });

  test('is told of arguments that do not fit, and of tools that do not exist', async () => {
    const client = await connect(era);
    const misfit = await client.callTool({ name: 'text-stats', arguments: { text: 7 } });
    expect(misfit.isError).toBe(true);
    const text = 'Denied by check "structure": schema_mismatch at "/text"';
    expect(misfit.content).toEqual([{ type: 'text', text }]);
    await expect(client.callTool({ name: 'no_such_tool', arguments: {} })).rejects.toThrow(
      'There is no such tool',
    );
    await client.close();
  });

  test('is shown how an answer begins that is too long, instead of failing for want of its structure', async () => {
    const client = await connect(era);
    await client.listTools();
    const source = 'word '.repeat(20_000);
    const cut = await client.callTool({ name: 'markdown-to-html', arguments: { source } });
    expect([cut.isError, JSON.stringify(cut.content)]).toEqual([
      true,
      expect.stringMatching(/Not all of its answer is shown.*word word/),
    ]);
    await client.close();
  });

  test('reads plugins, the record and a session, as far as its grants go', async () => {
    const client = await connect(era);
    const { resources } = await client.listResources();
    expect(resources.map(({ uri }) => uri)).toContain('sallyport://plugins/text-stats');
    const { contents } = await client.readResource({ uri: 'sallyport://plugins/text-stats' });
    expect(JSON.parse((contents[0] as { text: string }).text).name).toBe('text-stats');

    const session = await api.session();
    await api.turn(session, 'Count the words in: one two', 'embedded/planner');
    const messages = await client.readResource({
      uri: `sallyport://sessions/${session}/messages/0`,
    });
    expect((messages.contents[0] as { text: string }).text).toContain('Count the words');
    const audit = await client.readResource({ uri: 'sallyport://audit/0' });
    expect((audit.contents[0] as { text: string }).text).toContain('plugin-installed');
    const { resourceTemplates } = await client.listResourceTemplates();
    expect(resourceTemplates.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['session-messages', 'audit-records', 'plugin']),
    );
    await client.close();

    const narrow = await connect(era, await tokenFor('tool:call:text-stats'));
    expect((await narrow.listResources()).resources).toEqual([]);
    await expect(narrow.readResource({ uri: 'sallyport://audit/0' })).rejects.toThrow(
      'principal_grant_missing',
    );
    await narrow.close();
  });
});

test('a refusal over MCP is on the record', async () => {
  await vi.waitFor(async () => {
    const { body } = await api.get('/v1/audit?action=request-denied&limit=500');
    expect(JSON.stringify(body.records)).toContain('mcp:audit-records');
  }, SOON);
});

describe('a call that a human must approve', () => {
  let human: Api;
  beforeAll(async () => {
    human = await credential(gateway);
    await askAlways(api, ['tool:call:text-stats']);
  });

  test('asks the client to come back, and runs once when it was approved', async () => {
    const client = await connect('modern');
    let asked = 0;
    client.setRequestHandler('elicitation/create', async () => {
      asked += 1;
      if (asked < 2) return { action: 'accept', content: {} };
      const { body } = await human.get('/v1/approvals?state=pending');
      expect((await decide(human, body.approvals[0].id, 'approve')).status).toBe(200);
      return { action: 'accept', content: {} };
    });
    const result = await client.callTool({ name: 'text-stats', arguments: { text: 'a b' } });
    expect(JSON.stringify(result.content)).toMatch(/words\D+2\b/);
    expect(asked).toBe(2);
    await client.close();
  });

  test('is refused with the id of the approval where the client cannot be asked', async () => {
    const client = await connect('legacy');
    const result = await client.callTool({ name: 'text-stats', arguments: { text: 'a b' } });
    expect(result.isError).toBe(true);
    expect(JSON.stringify(result.content)).toContain('A human must approve');
    await client.close();
  });
});

test('who has no token is told where to learn about one', async () => {
  const response = await fetch(`${gateway.url}/mcp`, { method: 'POST', body: '{}' });
  expect(response.status).toBe(401);
  const challenge = response.headers.get('WWW-Authenticate') ?? '';
  const [, address = ''] = /resource_metadata="([^"]+)"/.exec(challenge) ?? [];
  const metadata = await (await fetch(address)).json();
  expect(metadata).toMatchObject({ resource: `${gateway.url}/mcp` });
});
