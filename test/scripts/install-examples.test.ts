/** What a gateway says of an example at its start, and whether it starts all the same. */

import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { installExamples } from '../../scripts/install-examples.mjs';
import { temporaryFolder } from './support/run-script.ts';

let code: string;
let gateway: Server;

beforeAll(async () => {
  gateway = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(409).end(JSON.stringify({ code })));
  }).listen(0, '127.0.0.1');
  await once(gateway, 'listening');
});
afterAll(() => gateway.close());

/** Of a folder with one example, which the gateway answers with that code. */
function install(answer: string): Promise<readonly string[]> {
  code = answer;
  const plugins = temporaryFolder();
  mkdirSync(join(plugins, 'example'));
  writeFileSync(join(plugins, 'example/plugin.json'), '{}');
  const { port } = gateway.address() as AddressInfo;
  return installExamples(`http://127.0.0.1:${port}`, 'a token', plugins);
}

test.each([
  ['has put a newer version there', 'conflict'],
  ['has taken the example away', 'code_quarantined'],
  ['has had less under its name', 'growth_refused'],
])('an operator who %s has the last word, and is told of it', async (_, answer) => {
  await expect(install(answer)).resolves.toEqual([`example (${answer})`]);
});

test('any other refusal is told of', async () => {
  await expect(install('wasm_rejected')).rejects.toThrow('wasm_rejected');
});
