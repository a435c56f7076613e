/**
 * Signed webhooks of 200 senders, each with a session of its own, against a bare POST that inserts one
 * row through a Durable Object, both on raw workerd in the same run. Prints one JSON line.
 *
 * What is not taken is told 429 or 503; of what was told 200, every update must be there afterwards.
 *
 *   npx node bench/webhooks.ts [seconds a phase]
 */

import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { digits, roundLoad } from './figures.ts';
import { type Call, runLoad, send } from './load.ts';
import { startWorkerd } from './workerd.ts';
import { startBenchGateway } from './workspace.ts';

const durationMs = Number(process.argv[2] ?? 6) * 1_000;
const CONNECTIONS = 32;
const SENDERS = 200;
const SECRET = randomBytes(32);
const INPUT = 'Count the words in: the quick brown fox jumps over the lazy dog';

const floor = await startWorkerd({ entry: 'bench/floor/insert.ts', blocks: { ROWS: 'Rows' } });
const gateway = await startBenchGateway();
const { headers } = gateway;
const statuses: Record<number, number> = {};
await createChannel();

const measureFloor = (ms: number) =>
  runLoad({
    ...{ port: floor.port, connections: CONNECTIONS, durationMs: ms },
    next: () => ({ method: 'POST', path: '/', body: toBody(0) }),
  });
const measureWebhooks = (ms: number) =>
  runLoad({
    ...{ port: gateway.port, connections: CONNECTIONS, durationMs: ms, next: nextWebhook },
    isGood: (status) => {
      statuses[status] = (statuses[status] ?? 0) + 1;
      return status === 200;
    },
  });

await measureFloor(2_000);
await beginSessions();
const bare = await measureFloor(durationMs);
const webhooks = await measureWebhooks(durationMs);
const accepted = statuses[200] ?? 0;
const before = await countUpdates();
const settled = await untilSettled();
await floor.stop();
await gateway.stop();

console.log(
  JSON.stringify({
    ...{ bench: 'webhooks', connections: CONNECTIONS, senders: SENDERS },
    ...{ bare: roundLoad(bare), webhooks: roundLoad(webhooks), statuses },
    share: digits(webhooks.perSecond / bare.perSecond),
    ...{ accepted, settled, lost: accepted - settled },
    settledMeanwhile: before.answered + before.refused - SENDERS,
    targets: { share: 0.5, lost: 0 },
  }),
);

function toBody(sender: number): string {
  return JSON.stringify({ sender: `sender-${sender}`, chat: `chat-${sender}`, text: INPUT });
}

function nextWebhook(): Call {
  return toWebhook(Math.floor(Math.random() * SENDERS));
}

/** Each sender's session exists before anything is measured. */
async function beginSessions(): Promise<void> {
  for (let sender = 0; sender < SENDERS; sender++) {
    const { status } = await send(undefined, gateway.port, toWebhook(sender));
    statuses[status] = (statuses[status] ?? 0) + 1;
  }
  await untilSettled();
}

function toWebhook(sender: number): Call {
  const body = toBody(sender);
  const id = `msg_${randomUUID()}`;
  const at = String(Math.floor(Date.now() / 1_000));
  const mac = createHmac('sha256', SECRET).update(`${id}.${at}.${body}`).digest('base64');
  return {
    ...{ method: 'POST', path: '/v1/webhooks/default/load', body },
    headers: {
      'Content-Type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': at,
      'webhook-signature': `v1,${mac}`,
    },
  };
}

/** Replies go nowhere: what is measured is what comes in. */
async function createChannel(): Promise<void> {
  const channel = {
    ...{ name: 'load', platform: 'webhook', access: { mode: 'open' } },
    credentials: { secret: `whsec_${SECRET.toString('base64')}` },
    capabilities: ['provider:llm:call:embedded/*'],
    senderRate: { calls: 10_000, periodMs: 1_000 },
    senderBudget: { tokens: 1_000_000_000, costMicroUsd: 1_000_000_000_000 },
    apiBase: 'http://127.0.0.1:9/',
  };
  const call = { method: 'POST', path: '/v1/channels', headers, body: JSON.stringify(channel) };
  const created = await send(undefined, gateway.port, call);
  if (created.status !== 201) throw new Error(`Cannot create the channel: ${created.text}`);
}

/** Updates that have had their turns, or were refused one on the record. */
async function untilSettled(): Promise<number> {
  for (;;) {
    const { waiting, answered, refused } = await countUpdates();
    if (waiting === 0) return answered + refused;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
}

async function countUpdates(): Promise<Record<'waiting' | 'answered' | 'refused', number>> {
  const path = '/v1/channels/load';
  const { text } = await send(undefined, gateway.port, { method: 'GET', path, headers });
  return JSON.parse(text).counts;
}
