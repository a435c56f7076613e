/** A manifest that names a remote server says nothing that its section does not. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Api, callApi } from '../support/api.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { uploadManifest, uploadScript } from '../support/script-plugins.ts';

const TOOL = { name: 'echo', description: 'Says it.', inputSchema: { type: 'object' } };

const remote = (changes: object = {}, beside: object = {}) => ({
  ...{ name: 'far', version: '1.0.0', license: 'MIT', ...beside },
  remote: { url: 'https://mcp.example.com/mcp', tools: [TOOL], ...changes },
});

let gateway: Gateway;
let api: Api;

beforeAll(async () => {
  gateway = await startGateway({ examples: false });
  api = callApi(gateway);
});
afterAll(() => gateway?.dispose());

describe('is refused, and leaves nothing behind', () => {
  test.each([
    ['wider capabilities', remote({}, { capabilities: ['tool:network:http:*'] })],
    ['tools of its own', remote({}, { tools: [{ ...TOOL, entry: 'tool_0' }] })],
    ['another tier', remote({}, { tier: 'process', process: { command: ['sh'] } })],
    ['credentials in its address', remote({ url: 'https://me:secret@mcp.example.com/' })],
    ['an address that is no http', remote({ url: 'file:///etc/passwd' })],
    ['one tool twice', remote({ tools: [TOOL, { ...TOOL, name: 'ECHO' }] })],
    ['a schema that cannot be bounded', remote({ tools: [schema({ $ref: 'https://x.example' })] })],
    ['hidden characters', remote({ tools: [{ ...TOOL, description: 'Says\u202e it.' }] })],
    ['64 tools', remote({ tools: many(64) })],
  ])('%s', async (_, manifest) => {
    expect((await uploadManifest(gateway, manifest)).status).toBe(422);
    expect((await api.get('/v1/plugins/far')).status).toBe(404);
  });

  test('code of its own', async () => {
    const source = 'export const tool_0 = () => 1; export const look = () => 2;';
    const { status, body } = await uploadScript(gateway, remote(), source);
    expect([status, body.reason]).toEqual([422, 'code_unexpected']);
    expect((await api.get('/v1/plugins/far')).status).toBe(404);
  });
});

test('who may not install may not install it', async () => {
  const subject = { kind: 'service', id: 'passer-by' };
  const grants = ['tool:network:http:*'];
  const { body } = await api.post('/v1/tokens', { subject, grants });
  const refused = await uploadManifest({ ...gateway, token: body.token }, remote());
  expect([refused.status, refused.body.code]).toEqual([403, 'denied']);
});

test('63 tools of a public server are installed, and its private twin is never reached', async () => {
  expect((await uploadManifest(gateway, remote({ tools: many(63) }))).status).toBe(201);
  const url = 'http://169.254.169.254/latest/meta-data/';
  const inward = { ...remote({ url, tools: [] }), name: 'inward' };
  expect((await uploadManifest(gateway, inward)).status).toBe(201);
  const { body } = await api.post('/v1/tools/inward-look/call', { arguments: {} });
  expect(body).toMatchObject({ code: 'denied', reason: 'host_denied' });
});

function schema(inputSchema: object): object {
  return { ...TOOL, inputSchema: { type: 'object', ...inputSchema } };
}

function many(count: number): object[] {
  return Array.from({ length: count }, (_, n) => ({ ...TOOL, name: `echo_${n}` }));
}
