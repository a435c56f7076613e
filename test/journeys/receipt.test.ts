/**
 * Receipts of real calls, held against another execution by the command line.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Api, callApi } from '../support/api.ts';
import { type CommandEnd, type CommandLine, commandLine } from '../support/command-line.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

const SETTINGS = '{"greeting":"Good evening"}';
const ADA = { name: 'Ada' };

interface ToolAnswer {
  readonly result: string;
  readonly receipt: Readonly<Record<string, unknown>>;
}

let gateway: Gateway;
let api: Api;
let shell: CommandLine;

beforeAll(async () => {
  gateway = await startGateway({ examples: false });
  api = callApi(gateway);
  shell = commandLine(gateway);
});
afterAll(async () => {
  shell?.dispose();
  await gateway?.dispose();
});

async function call(tool: string): Promise<ToolAnswer> {
  const { status, body } = await api.post(`/v1/tools/${tool}/call`, { arguments: ADA });
  expect(status).toBe(200);
  return body;
}

interface Claim {
  readonly folder: string;
  readonly module: string;
  readonly receipt: unknown;
  readonly input?: object;
}

function verify(claim: Claim, ...words: readonly string[]): Promise<CommandEnd> {
  const { folder, module, receipt, input = ADA } = claim;
  const file = join(shell.folder, 'receipt.json');
  writeFileSync(file, JSON.stringify(receipt));
  return shell.run(
    ...['receipt', 'verify', file, '--input', JSON.stringify(input)],
    ...['--module', join(folder, module), '--manifest', join(folder, 'plugin.json')],
    ...words,
  );
}

test('a receipt of a WebAssembly module holds when its call is executed again elsewhere', async () => {
  const folder = await shell.makePlugin('compiled', 'assemblyscript');
  expect((await shell.run('plugin', 'install', folder)).exit).toBe(0);
  const receipt = await call('compiled');
  const { exit, out } = await verify({ folder, module: 'plugin.wasm', receipt });
  expect({ exit, out }).toMatchObject({ exit: 0, out: expect.stringContaining('receipt holds') });
});

describe('a receipt of a plugin in JavaScript', () => {
  let script: { readonly folder: string; readonly module: string };
  let answer: ToolAnswer;

  beforeAll(async () => {
    const folder = await shell.makePlugin('scripted', 'javascript');
    const file = join(folder, 'plugin.json');
    const manifest = JSON.parse(readFileSync(file, 'utf8'));
    const { outputSchema: _, ...tool } = manifest.tools[0];
    const more = {
      capabilities: ['storage:workspace:read', 'storage:workspace:write'],
      config: { type: 'object', properties: { greeting: { type: 'string' } } },
      tools: [tool, { ...tool, name: 'keeping', entry: 'keeping' }],
    };
    writeFileSync(file, JSON.stringify({ ...manifest, ...more }));
    writeFileSync(
      join(folder, 'plugin.js'),
      `import { config } from 'sallyport:config';
       import { storage } from 'sallyport:storage';
       export const scripted = ({ name }) => (config.get('greeting') ?? 'Hello') + ', ' + name;
       export const keeping = ({ name }) => (storage.set('name', name), storage.get('name'));`,
    );
    expect((await shell.run('plugin', 'install', folder)).exit).toBe(0);
    const values = { values: JSON.parse(SETTINGS) };
    expect((await api.put('/v1/plugins/scripted/config', values)).status).toBe(200);
    script = { folder, module: 'plugin.js' };
    answer = await call('scripted');
    expect(answer.result).toBe('Good evening, Ada');
  });

  function verifyScript(claim: Pick<Claim, 'receipt' | 'input'>, config = SETTINGS) {
    return verify({ ...script, ...claim }, '--tool', 'scripted', '--config', config);
  }

  test('holds when the call is executed again with its settings', async () => {
    const { exit, out } = await verifyScript({ receipt: answer });
    expect({ exit, out }).toMatchObject({ exit: 0, out: expect.stringContaining('receipt holds') });
    for (const word of ['module', 'input', 'settings', 'fuel', 'output', 'result']) {
      expect(out).toContain(`ok   ${word}`);
    }
  });

  test('does not hold for another module, which is not even run', async () => {
    const { receipt } = answer;
    const changed = { ...receipt, codeHash: flip(receipt.codeHash) };
    const { exit, out } = await verifyScript({ receipt: changed });
    expect(exit).toBe(1);
    expect(out).toContain(`FAIL module: the receipt says ${changed.codeHash}, found `);
    expect(out).not.toContain('output');
  });

  test('does not hold when anything in it is changed, and says what', async () => {
    const words = {
      argumentHash: 'input',
      configHash: 'settings',
      hardeningVersion: 'hardening version',
      fuel: 'fuel',
      outputHash: 'output',
    };
    const fields = Object.keys(words).map((name) => [name, flip(answer.receipt[name])]);
    const changed = Object.fromEntries(fields);
    const { exit, out } = await verifyScript({ receipt: { ...answer.receipt, ...changed } });
    expect(exit).toBe(1);
    for (const [name, word] of Object.entries(words)) {
      expect(out).toContain(`FAIL ${word}: the receipt says ${changed[name]}, found `);
    }
  });

  test('holds for no other input and settings, and no other answer beside it', async () => {
    const claim = { receipt: { ...answer, result: 'Good evening, Bob' }, input: { name: 'Eve' } };
    const { exit, out } = await verifyScript(claim, '{}');
    expect(exit).toBe(1);
    for (const word of ['input', 'settings', 'output', 'result']) {
      expect(out).toContain(`FAIL ${word}: `);
    }
    expect(out).toContain('The receipt does not hold');
    const noText = await verifyScript({ receipt: { ...answer, result: ['Good evening, Ada'] } });
    expect([noText.exit, noText.problems]).toEqual([1, expect.stringContaining('must be a text')]);
  });

  test('cannot be confirmed where the call asked its host for something, which is said', async () => {
    const receipt = await call('keeping');
    const { exit, out } = await verify({ ...script, receipt }, '--tool', 'keeping');
    expect(exit).toBe(1);
    expect(out).toContain('not executable again');
  });
});

/** The next number, or a hash that differs in its last digit. */
function flip(value: unknown): unknown {
  if (typeof value === 'number') return value + 1;
  return String(value).replace(/.$/, (digit) => (digit === '0' ? '1' : '0'));
}
