/**
 * The client as its users import it, against a started gateway: the supervised ping-pong of the
 * README, and what goes wrong as errors with a code.
 */

import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Sallyport as Client } from '../../src/client/sallyport.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

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

test('a refusal is an error with its code', async () => {
  const gone = sallyport.block(`blk_${'0'.repeat(44)}`);
  await expect(gone.send(1)).rejects.toMatchObject({
    name: 'SallyportError',
    status: 404,
    code: 'noproc',
  });
});
