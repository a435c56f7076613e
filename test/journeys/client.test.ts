/**
 * The client as its users import it, against a started gateway: the supervised ping-pong of the
 * README, and what goes wrong as errors with a code.
 */

import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Sallyport as Client } from '../../src/client/sallyport.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

/** Each line behind an `@ts-expect-error` must be one. */
const PROGRAM = `
import { attenuate } from 'sallyport/attenuate';
import { Sallyport, SallyportError } from 'sallyport/client';
const sallyport = new Sallyport({ url: 'http://127.0.0.1', token: 'token' });
const block = await sallyport.spawn({ kind: 'mailbox' }, { limits: { messages: 5 } });
export const id: string = block.id;
export const narrowed: string = await attenuate('token', [{ kind: 'tool', name: 'text-stats' }]);
export const codeOf = (error: unknown) => (error instanceof SallyportError ? error.code : '');
// @ts-expect-error
await sallyport.spawn({ kind: 'mailboxes' });
// @ts-expect-error
export const notText: number = block.id;
// @ts-expect-error
await attenuate('token', [{ kind: 'tools', name: 'text-stats' }]);
`;

let gateway: Gateway;
let sallyport: Client;

beforeAll(async () => {
  gateway = await startGateway({ examples: false });
  // By its published name, as built.
  const name = 'sallyport/client';
  const { Sallyport } = (await import(name)) as { Sallyport: typeof Client };
  sallyport = new Sallyport(gateway);
});

afterAll(() => gateway?.dispose());

const player = (name: string) => ({
  name,
  behavior: { kind: 'mailbox' } as const,
  capabilities: ['CAP_SEND', 'CAP_RECEIVE'],
});

test('a supervised ping-pong', async () => {
  const supervisor = await sallyport.supervise(
    { children: [player('ping'), player('pong')] },
    { capabilities: ['CAP_SEND', 'CAP_RECEIVE'] },
  );
  await expect.poll(async () => (await supervisor.tree()).children.length).toBe(2);
  const [ping, pong] = [await sallyport.named('ping'), await sallyport.named('pong')];
  await pong.from(ping).send({ ball: 1 });
  const [served] = await pong.receive({ timeoutMs: 5_000 });
  expect(served).toMatchObject({ from: `block:${ping.id}`, body: { ball: 1 } });
  await served?.ack();
  await ping.from(pong).send({ ball: 2 });
  const [returned] = await ping.receive({ timeoutMs: 5_000, match: { ball: { $any: true } } });
  expect(returned?.body).toEqual({ ball: 2 });

  await pong.exit({ crash: 'net fault' });
  await expect
    .poll(async () => (await sallyport.named('pong').catch(() => pong)).id)
    .not.toBe(pong.id);
  expect((await supervisor.tree()).children.map(({ name }) => name)).toEqual(['ping', 'pong']);
});

test('calls, links and monitors', async () => {
  const capabilities = ['CAP_SEND', 'CAP_RECEIVE', 'CAP_LINK', 'CAP_MONITOR', 'CAP_SPAWN'];
  const parent = await sallyport.spawn({ kind: 'mailbox' }, { capabilities });
  const child = await parent.spawn({ kind: 'mailbox' }, { capabilities });
  const ref = await parent.monitor(child);
  const answered = child.call({ add: [1, 2] }, { timeoutMs: 10_000 });
  for await (const message of child.messages()) {
    expect(message.isCall).toBe(true);
    await message.reply(3);
    break;
  }
  expect(await answered).toBe(3);
  await child.exit('shutdown');
  const [down] = await parent.receive({ timeoutMs: 5_000 });
  expect(down?.isSignal).toBe(true);
  expect(down?.body).toEqual({ type: 'down', from: child.id, ref, reason: 'shutdown' });
});

test('several messages at once, and a consumer that is connected', async () => {
  const capabilities = ['CAP_SEND', 'CAP_RECEIVE'];
  const limits = { messages: 2 };
  const block = await sallyport.spawn({ kind: 'mailbox' }, { capabilities, limits });
  const answers = await block.sendMany([{ body: 1 }, { body: 2, messageId: 'two' }, { body: 3 }]);
  expect(answers).toMatchObject([
    { seq: 1 },
    { messageId: 'two', seq: 2 },
    { code: 'mailbox_full' },
  ]);

  const consumer = await block.connect({ window: 1, leaseMs: 60_000 });
  const bodies: unknown[] = [];
  for await (const message of consumer) {
    bodies.push(message.body);
    if (message.isCall) {
      await message.reply('answered');
      await expect(message.reply('twice')).rejects.toMatchObject({ code: 'conflict' });
      break;
    }
    expect(await consumer.acknowledge(message.lease, 'no-lease')).toBe(1);
    if (bodies.length === 2) void block.call('call').then((answer) => bodies.push(answer));
  }
  await expect.poll(() => bodies).toEqual([1, 2, 'call', 'answered']);
  consumer.close();
  await expect(consumer.acknowledge('any')).rejects.toMatchObject({ code: 'disconnected' });
});

test('a consumer whose block ends hears why, and one that may not connect is refused', async () => {
  const block = await sallyport.spawn({ kind: 'mailbox' }, { capabilities: ['CAP_RECEIVE'] });
  const consumer = await block.connect();
  await block.exit('shutdown');
  const consume = async () => {
    for await (const message of consumer) await message.ack();
  };
  await expect(consume()).rejects.toMatchObject({ status: 404, code: 'noproc' });
  await expect(block.connect()).rejects.toMatchObject({ code: 'disconnected' });
});

test('a runtime without a WebSocket is told so', async () => {
  const block = await sallyport.spawn({ kind: 'mailbox' }, { capabilities: ['CAP_RECEIVE'] });
  const { WebSocket } = globalThis;
  try {
    Reflect.deleteProperty(globalThis, 'WebSocket');
    await expect(block.connect()).rejects.toMatchObject({ code: 'unsupported' });
  } finally {
    Object.assign(globalThis, { WebSocket });
  }
});

test('programs elsewhere can be checked with its types, by rules of their own', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-program-'));
  try {
    await mkdir(join(folder, 'node_modules'));
    await symlink(process.cwd(), join(folder, 'node_modules', 'sallyport'));
    await writeFile(join(folder, 'package.json'), '{"type": "module"}');
    await writeFile(join(folder, 'program.ts'), PROGRAM);
    const [, printed = ''] =
      /```ts\n([\s\S]*?)```/.exec(await readFile('docs/blocks.md', 'utf8')) ?? [];
    expect(printed).toContain('sallyport/client');
    await writeFile(join(folder, 'page.ts'), `declare const token: string;\n${printed}`);
    const compiler = join(process.cwd(), 'node_modules/typescript/bin/tsc');
    const rules = ['--strict', '--noEmit', '--module', 'nodenext', '--lib', 'es2022,dom'];
    const args = [compiler, ...rules, '--types', '', 'program.ts', 'page.ts'];
    const checked = await promisify(execFile)(process.execPath, args, { cwd: folder }).catch(
      ({ stdout }) => ({ stdout }),
    );
    expect(checked.stdout).toBe('');
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('a refusal is an error with its code', async () => {
  const gone = sallyport.block(`blk_${'0'.repeat(44)}`);
  await expect(gone.send(1)).rejects.toMatchObject({
    name: 'SallyportError',
    status: 404,
    code: 'noproc',
  });
});

test('a block lives on with less, within its budget, and as something else', async () => {
  const capabilities = ['CAP_SEND', 'CAP_RECEIVE', 'CAP_SPAWN', 'CAP_INFER'];
  const budget = { messages: 10, children: 1 };
  const parent = await sallyport.spawn({ kind: 'mailbox' }, { capabilities, budget });
  const child = await parent.spawn({ kind: 'mailbox' }, { capabilities, budget: { messages: 4 } });
  expect((await parent.describe()).budget).toEqual({ messages: 6, children: 0 });
  expect(await parent.narrow(['CAP_SEND', 'CAP_INFER'])).toEqual(['block:send', 'provider:*']);
  expect((await child.describe()).capabilities).toEqual(['block:send', 'provider:*']);
  await expect(child.narrow(['CAP_RECEIVE'])).rejects.toMatchObject({ code: 'denied' });
  expect(await child.upgrade({ kind: 'agent', model: 'embedded/script' })).toEqual({ version: 2 });
  expect((await child.describe()).behavior).toBe('agent');
});
