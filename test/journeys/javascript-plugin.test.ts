/** A plugin in JavaScript, from its source to an agent's answer. */

import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Api, callApi, SCRIPT_MODEL, script } from '../support/api.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { installScript, scriptManifest, uploadScript } from '../support/script-plugins.ts';

let gateway: Gateway;
let api: Api;

beforeAll(async () => {
  gateway = await startGateway({ examples: false });
  api = callApi(gateway);
});
afterAll(() => gateway?.dispose());

const WORD_COUNT = `
import { storage } from 'sallyport:storage';
const words = (text) => text.toLowerCase().match(/\\p{L}+/gu) ?? [];

export async function countWords({ text }) {
  const all = words(text);
  const calls = Number(storage.get('calls') ?? 0) + 1;
  storage.set('calls', String(calls));
  console.log('counted', all.length);
  return { words: all.length, distinct: new Set(all).size, calls };
}
`;

const manifest = (version: string) =>
  scriptManifest('word-count', {
    version,
    capabilities: ['storage:workspace:read', 'storage:workspace:write'],
    tools: [
      {
        name: 'word-count',
        description: 'Counts the words of a text, in any language.',
        inputSchema: {
          type: 'object',
          properties: { text: { type: 'string', maxLength: 10_000 } },
          required: ['text'],
          additionalProperties: false,
        },
        outputSchema: {
          type: 'object',
          properties: {
            words: { type: 'integer' },
            distinct: { type: 'integer' },
            calls: { type: 'integer' },
          },
          required: ['words', 'distinct'],
        },
        entry: 'countWords',
      },
    ],
  });

async function callTool(text: string) {
  const session = await api.session();
  const { body } = await api.turn(
    session,
    script({ toolCalls: [{ name: 'word-count', arguments: { text } }] }, { text: 'Done.' }),
    SCRIPT_MODEL,
  );
  const { body: read } = await api.get(`/v1/sessions/${session}/messages`);
  const answer = read.messages.find(({ role }: { role: string }) => role === 'tool');
  return { turn: body, result: answer.content as string };
}

describe('a plugin in JavaScript', () => {
  test('is uploaded as its source, by whose hash it is known', async () => {
    const { status, body } = await uploadScript(gateway, manifest('1.0.0'), WORD_COUNT);
    expect([status, body.state]).toEqual([201, 'running']);
    expect(body.sha256).toBe(createHash('sha256').update(WORD_COUNT).digest('hex'));
  });

  test('answers an agent, with what it has stored, call by call', async () => {
    const first = await callTool('Größe, größe and ÉTÉ');
    expect(first.turn).toMatchObject({ status: 'finished' });
    expect(first.turn.toolCalls).toMatchObject([{ tool: 'word-count', status: 'finished' }]);
    expect(first.result).toContain('"words":4,"distinct":3,"calls":1');
    expect((await callTool('again')).result).toContain('"calls":2');
  });

  test('is replaced by a newer version, and goes on with what was stored', async () => {
    const newer = WORD_COUNT.replace('words: all.length', 'words: -all.length');
    expect((await uploadScript(gateway, manifest('1.1.0'), newer)).status).toBe(201);
    expect((await callTool('one two')).result).toContain('"words":-2,"distinct":2,"calls":3');
  });

  test('says in its receipt which engine has run it', async () => {
    const { body } = await api.post('/v1/tools/word-count/call', { arguments: { text: 'a b' } });
    expect(JSON.parse(body.result)).toMatchObject({ words: -2 });
    expect(body.receipt.engine).toMatch(/^quickjs-wasi@[0-9.]+\+[0-9a-f]{16}$/);
  });

  test('outlives the process', async () => {
    await gateway.restart();
    expect((await callTool('one')).result).toContain('"words":-1');
  });
});

describe('an upload in JavaScript', () => {
  const refused = async (source: string | Uint8Array, changes: object = {}) => {
    const { status, body } = await uploadScript(
      gateway,
      scriptManifest('refused', changes),
      source,
    );
    expect([status, body.code]).toEqual([422, 'wasm_rejected']);
    return body.errors;
  };

  test('that does not compile is refused, with the line', async () => {
    const [error] = await refused('export function run() {\n  return 1 +;\n}\n');
    expect(error.pointer).toBe('/module');
    expect(error.detail).toMatch(
      /must be a JavaScript module that compiles: .+ \(line 2, column 13\)/,
    );
  });

  test.each([
    ['an unknown module', 'import fs from "node:fs"; export function run() {}', 'node:fs'],
    ['a file', 'import "./other.js"; export function run() {}', './other.js'],
    [
      'a name that a module lacks',
      'import { go } from "sallyport:http"; export const run = go',
      'go',
    ],
    ['itself', 'import * as me from "plugin.js"; export const run = me', 'plugin.js'],
  ])('that imports %s is refused', async (_, source, named) => {
    const [error] = await refused(source);
    expect(error).toMatchObject({ pointer: '/module' });
    expect(error.detail).toContain(named);
  });

  test('that lacks a tool, a capability or memory is told of all at once', async () => {
    const errors = await refused('import { fetch } from "sallyport:http"; export const other = 1', {
      limits: { memoryPages: 31 },
    });
    expect(errors.map(({ pointer }: { pointer: string }) => pointer).toSorted()).toEqual([
      ...['/capabilities', '/limits/memoryPages', '/tools/0/entry'],
    ]);
  });

  test.each([
    ['a module', new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0])],
    ['bytes that are no text', new Uint8Array([0x2f, 0x2f, 0xff, 0xfe])],
    ['text with a zero byte', 'export function run() {} // \0'],
    ['more than 512 KiB', `export function run() {} //${'x'.repeat(524_288)}`],
    ['a script and no module', 'with (Math) { abs(1) }; export function run() {}'],
  ])('of %s is refused', async (_, source) => {
    await refused(source);
  });

  test('of 512 KiB is accepted', async () => {
    const head = 'export function run() { return data.length } const data = "';
    const source = `${head}${'x'.repeat(524_288 - head.length - 1)}"`;
    expect((await installScript(gateway, 'longest', source)).status).toBe(201);
    const { body } = await api.post('/v1/tools/longest/call', { arguments: {} });
    expect(JSON.stringify(body)).toContain(String(524_288 - head.length - 1));
  });

  test('that compiles, but whose top level does not end, never serves', async () => {
    const source = 'for (;;);\nexport function run() {}';
    const { status, body } = await uploadScript(gateway, scriptManifest('never'), source);
    expect([status, body.code, body.reason]).toEqual([422, 'plugin_failed', 'fuel']);
    expect((await api.get('/v1/plugins/never')).body.state).not.toBe('running');
  });
});
