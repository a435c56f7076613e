/**
 * What is handed to the command line by strangers: plugins, receipts, and gateways that lie. None
 * of it may reach the terminal raw, get a token that was not given to it, or keep a command busy.
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { runCommand, temporaryFolder } from '../cli/support/run-command.ts';

/** Clears the screen, sets the title, and writes a line that is not ours. */
const EVIL = '\u001b[2J\u001b]0;owned\u0007\r\nok   all passed\u202e\u009b31m';

// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
const RAW = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/;

const MANIFEST = {
  name: 'evil',
  version: '1.0.0',
  kind: 'tool',
  tier: 'wasm',
  license: 'MIT',
  capabilities: [],
  tools: [{ name: 'evil', description: 'Does evil.', inputSchema: { type: 'object' } }],
};

function pluginFolder(files: Readonly<Record<string, string>> = {}): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'cases'));
  const all = {
    'plugin.json': JSON.stringify(MANIFEST),
    'plugin.wasm': '\0asm',
    'cases/a.json': '{"expect":{"result":1}}',
    ...files,
  };
  for (const [name, text] of Object.entries(all)) writeFileSync(join(folder, name), text);
  return folder;
}

async function serve(handler: RequestListener): Promise<string> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `http://127.0.0.1:${address.port}`;
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

/** Installs whatever it is given, and answers each call with `body`. */
function gatewayThatAnswers(status: number, body: unknown): Promise<string> {
  return serve((request, response) => {
    request.resume();
    if (request.url === '/v1/plugins') answer(response, 201, {});
    else answer(response, status, body);
  });
}

function testPlugin(url: string, folder = pluginFolder()) {
  return runCommand('plugin', 'test', folder, '--url', url, '--token', 'given-to-this-one');
}

describe('a hostile plugin', () => {
  test.each([
    ['a member of its manifest', { 'plugin.json': JSON.stringify({ ...MANIFEST, [EVIL]: 1 }) }],
    ['its version', { 'plugin.json': JSON.stringify({ ...MANIFEST, version: EVIL }) }],
    ['its manifest, which is no JSON', { 'plugin.json': EVIL }],
    ['the name of a case', { 'cases/a.json': JSON.stringify({ name: EVIL, expect: {} }) }],
    ['the name of a file', { [`cases/${EVIL.replaceAll('/', '')}.json`]: '{' }],
    ['a member of a case', { 'cases/a.json': JSON.stringify({ [EVIL]: 1 }) }],
  ])('reaches no terminal by %s', async (_, files) => {
    const { exit, out, problems } = await testPlugin('http://127.0.0.1:1', pluginFolder(files));
    expect([1, 2]).toContain(exit);
    expect(out + problems).not.toMatch(RAW);
    expect(problems).toContain('Cannot');
  });

  test('reaches no terminal by the name of a case that runs', async () => {
    const url = await gatewayThatAnswers(200, { result: '1' });
    const cases = JSON.stringify({ name: EVIL, expect: { result: 1 } });
    const { exit, out } = await testPlugin(url, pluginFolder({ 'cases/a.json': cases }));
    expect(exit).toBe(0);
    expect(out).not.toMatch(RAW);
    expect(out.split('\n')).toHaveLength(3);
  });
});

describe('a hostile receipt', () => {
  function verify(text: string) {
    const folder = pluginFolder({ 'receipt.json': text });
    return runCommand(
      ...['receipt', 'verify', join(folder, 'receipt.json'), '--input', '{}'],
      ...['--module', join(folder, 'plugin.wasm'), '--manifest', join(folder, 'plugin.json')],
    );
  }

  const RECEIPT = {
    codeHash: 'a'.repeat(64),
    argumentHash: 'b'.repeat(64),
    outputHash: 'c'.repeat(64),
    revision: 1,
    fuel: 1,
  };

  test.each([
    ['a hash that is text', { ...RECEIPT, codeHash: EVIL }],
    ['a member with a name', { ...RECEIPT, [EVIL]: true }],
    ['no receipt inside', { receipt: EVIL, result: EVIL }],
    ['nothing', {}],
    ['a list', []],
  ])('is refused and not shown raw (%s)', async (_, receipt) => {
    const { exit, out, problems } = await verify(JSON.stringify(receipt));
    expect(exit).toBe(1);
    expect(out + problems).not.toMatch(RAW);
  });

  test.each(['', '{', '['.repeat(200_000), `{"receipt":${'['.repeat(60)}${']'.repeat(60)}}`])(
    'ends nothing by being no JSON (%#)',
    async (text) => {
      expect((await verify(text)).exit).toBe(2);
    },
  );

  test('runs no module but the one that it is for', async () => {
    const { exit, out } = await verify(JSON.stringify(RECEIPT));
    expect(exit).toBe(1);
    expect(out).toContain(`module: the receipt says ${RECEIPT.codeHash}`);
  });
});

describe('a hostile gateway', () => {
  test.each([
    ['an answer', 200, { result: EVIL }],
    ['a denial', 403, { check: EVIL, reason: EVIL }],
    ['a refusal', 500, { code: EVIL, detail: EVIL }],
    ['nonsense', 500, EVIL],
  ])('reaches no terminal by %s', async (_, status, body) => {
    const { exit, out, problems } = await testPlugin(await gatewayThatAnswers(status, body));
    expect(exit).toBe(1);
    expect(out + problems).not.toMatch(RAW);
    expect(out.split('\n')).toHaveLength(4);
  });

  test('reaches no terminal by refusing the plugin', async () => {
    const url = await serve((request, response) => {
      request.resume();
      answer(response, 422, { detail: EVIL, errors: [{ pointer: EVIL, detail: EVIL }, 7] });
    });
    const { exit, out, problems } = await testPlugin(url);
    expect(exit).toBe(1);
    expect(out + problems).not.toMatch(RAW);
  });

  test('cannot send the token elsewhere', async () => {
    const heard: (string | undefined)[] = [];
    const elsewhere = await serve((request, response) => {
      heard.push(request.headers.authorization);
      answer(response, 201, {});
    });
    const url = await serve((request, response) => {
      request.resume();
      response.writeHead(307, { Location: `${elsewhere}/v1/plugins` });
      response.end();
    });
    const { exit } = await testPlugin(url);
    expect(exit).toBe(3);
    expect(heard).toEqual([]);
  });

  test('cannot fill the memory with an answer that does not end', async () => {
    const chunk = Buffer.alloc(1_048_576, 'x');
    const url = await serve((request, response) => {
      request.resume();
      response.writeHead(201);
      const more = () => {
        while (!response.destroyed && response.write(chunk));
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    });
    const { exit, problems } = await testPlugin(url);
    expect(exit).toBe(3);
    expect(problems).toContain('its answer is too long');
  });

  test.each([
    ['nested without end', `{"result":${'['.repeat(200_000)}`],
    ['a result that is no text', '{"result":{"a":1}}'],
    ['the same member twice', '{"result":"1","result":"2"}'],
  ])('passes no case with an answer that is %s', async (_, body) => {
    const { exit, out } = await testPlugin(await gatewayThatAnswers(200, body));
    expect(exit).toBe(1);
    expect(out).toContain('FAIL');
  });

  test('that is none is said to be none, without the token', async () => {
    const { exit, problems } = await testPlugin('http://127.0.0.1:1');
    expect(exit).toBe(3);
    expect(problems).toContain('Cannot reach the gateway');
    expect(problems).not.toContain('given-to-this-one');
  });
});
