/**
 * What blocks and turns cost on the platform: how many requests to Durable Objects, alarms, and rows read and
 * written one operation takes, by HTTP, with everything that follows from it. `alone`: nothing else
 * happens, so nothing is shared. `busy`: one after the other, so records and alarms are. Prints one
 * JSON line; `docs/blocks-cost.md` explains it.
 *
 *   npx node bench/block-cost.ts
 */

import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { installExamples } from '../scripts/install-examples.mjs';
import { BLOCK_CLASSES } from '../scripts/worker-bindings.mjs';
import {
  beginReply,
  finishReply,
  startProvider,
  streamReply,
  writeDelta,
} from '../test/support/provider.ts';
import { startWorkerd } from './workerd.ts';
import { liftBounds } from './workspace.ts';

const ALONE = 2;
const BUSY = 50;
/** All that an operation leads to is over by then: alarms that look after what is owed ring after 5 s. */
const SETTLE_MS = 8_000;

/** US dollars per million, beyond what the paid plan includes. */
const PRICES = { requests: 0.15, rowsRead: 0.001, rowsWritten: 1 } as const;

type Counts = Record<'requests' | 'alarms' | 'rowsRead' | 'rowsWritten', number>;

const token = `sproot_${randomBytes(32).toString('base64url')}`;
const provider = await startProvider();
const worker = await startWorkerd({
  entry: 'bench/floor/block-cost.ts',
  blocks: BLOCK_CLASSES,
  loader: true,
  reachesLocal: true,
  secrets: {
    OPENAI_COMPATIBLE_BASE_URL: provider.baseUrl,
    OPENAI_COMPATIBLE_API_KEY: 'bench',
    SALLYPORT_MASTER_KEY: randomBytes(32).toString('base64url'),
    SALLYPORT_ROOT_TOKEN: token,
  },
});

async function ask(method: string, path: string, body?: object, as?: string) {
  const response = await fetch(worker.url + path, {
    method,
    headers: {
      Authorization: `Bearer ${token}`,
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
      ...(as !== undefined && { 'Sallyport-Block': as }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${path} answered ${response.status}`);
  return response.status === 204 ? undefined : await response.json();
}

const CAPABILITIES = ['CAP_SEND', 'CAP_RECEIVE', 'CAP_LINK', 'CAP_SPAWN', 'CAP_SUPERVISE'];

async function spawn(behavior: object = { kind: 'mailbox' }, more: object = {}): Promise<string> {
  return (await ask('POST', '/v1/blocks', { behavior, capabilities: CAPABILITIES, ...more })).id;
}

async function receiveOne(id: string): Promise<string> {
  const { messages } = await ask('POST', `/v1/blocks/${id}/receive`, { timeoutMs: 5_000 });
  return messages[0].lease;
}

const [a, b, taker, parent] = [await spawn(), await spawn(), await spawn(), await spawn()];
const children = [{ name: 'worker', behavior: { kind: 'mailbox' } }];
const supervisor = await spawn({ kind: 'supervisor', intensity: 100, periodMs: 1_000, children });

const send = (to: string, from?: string) =>
  ask('POST', `/v1/blocks/${to}/messages`, { body: { text: 'a message', number: 42 } }, from);

async function call(): Promise<void> {
  const called = ask('POST', `/v1/blocks/${taker}/call`, { body: 'how' });
  const lease = await receiveOne(taker);
  await ask('POST', `/v1/blocks/${taker}/reply`, { lease, body: 'so' });
  await called;
}

async function restart(): Promise<void> {
  const { children: living } = await ask('GET', `/v1/blocks/${supervisor}/tree`);
  await ask('POST', `/v1/blocks/${living[0].id}/exit`, { reason: { crash: 'bench' } });
  await sleep(100);
}

const TEXT = 'the quick brown fox jumps over the lazy dog';
const PLANNER = 'embedded/planner';
const VENDOR = 'compatible/stand-in';

/** Asks for one call of a tool, and then writes for two seconds. */
provider.answer = async ({ messages }, response) => {
  if (messages.at(-1)?.role !== 'tool') {
    const called = { name: 'text-stats', arguments: JSON.stringify({ text: TEXT }) };
    const toolCalls = [{ index: 0, id: 'call', type: 'function', function: called }];
    return streamReply(response, [{ role: 'assistant', tool_calls: toolCalls }], {
      finish: 'tool_calls',
    });
  }
  beginReply(response, [{ role: 'assistant', content: 'It has ' }]);
  for (let word = 0; word < 20; word++) {
    await sleep(100);
    writeDelta(response, { content: 'nine words ' });
  }
  finishReply(response);
};

await installExamples(worker.url, token);
const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
await liftBounds({ ...worker, rootToken: token, headers });

async function openSession(): Promise<string> {
  return (await ask('POST', '/v1/sessions', {})).id;
}

async function runTurn(session: string, model: string): Promise<void> {
  const input = `Count the words in: ${TEXT}`;
  const turn = await ask('POST', `/v1/sessions/${session}/turns`, { input, model });
  if (turn.status !== 'finished') throw new Error(`The turn ended as ${turn.status}`);
  if (turn.toolCalls.length !== 1) throw new Error('The turn called no tool');
}

const session = await openSession();

interface Operation {
  readonly run: () => Promise<unknown>;
  /** Before it, and not counted. */
  readonly prepare?: () => Promise<unknown>;
}

const OPERATIONS: Readonly<Record<string, Operation>> = {
  messageFromOutside: { run: () => send(a) },
  messageBetweenBlocks: { run: () => send(b, a) },
  receiveAndAcknowledge: {
    prepare: () => send(taker),
    run: async () => {
      const leases = [await receiveOne(taker)];
      await ask('POST', `/v1/blocks/${taker}/ack`, { leases });
    },
  },
  call: { run: call },
  spawn: { run: () => spawn() },
  spawnChild: { run: () => spawn({ kind: 'mailbox' }, { parent, link: true }) },
  supervisedRestart: { run: restart },
  turn: { run: () => runTurn(session, PLANNER) },
  turnOfVendor: { run: () => runTurn(session, VENDOR) },
  firstTurn: { run: async () => runTurn(await openSession(), PLANNER) },
};

/** Of all classes together, since it was last asked. */
async function takeCounts(): Promise<Counts> {
  const response = await fetch(`${worker.url}/counts`, { method: 'POST' });
  const byClass = Object.values((await response.json()) as Record<string, Counts>);
  const sum = (name: keyof Counts) => byClass.reduce((total, counts) => total + counts[name], 0);
  return {
    requests: sum('requests'),
    alarms: sum('alarms'),
    rowsRead: sum('rowsRead'),
    rowsWritten: sum('rowsWritten'),
  };
}

async function measure({ run, prepare }: Operation, times: number, pauseMs: number) {
  for (let time = 0; time < times; time++) await prepare?.();
  await sleep(SETTLE_MS);
  await takeCounts();
  for (let time = 0; time < times; time++) {
    await run();
    if (pauseMs > 0) await sleep(pauseMs);
  }
  await sleep(SETTLE_MS);
  const counts = await takeCounts();
  const each = (name: keyof Counts) => Math.round((counts[name] / times) * 100) / 100;
  const [requests, alarms] = [each('requests'), each('alarms')];
  const [rowsRead, rowsWritten] = [each('rowsRead'), each('rowsWritten')];
  const dollars =
    (requests + alarms) * PRICES.requests +
    rowsRead * PRICES.rowsRead +
    rowsWritten * PRICES.rowsWritten;
  const dollarsPerMillion = Math.round(dollars * 100) / 100;
  return { requests, alarms, rowsRead, rowsWritten, dollarsPerMillion };
}

const operations: Record<string, object> = {};
for (const [name, operation] of Object.entries(OPERATIONS)) {
  // Once, so that tables are made and everybody is known.
  await operation.prepare?.();
  await operation.run();
  operations[name] = {
    alone: await measure(operation, ALONE, SETTLE_MS),
    busy: await measure(operation, BUSY, 0),
  };
}
await worker.stop();
provider.dispose();
console.log(JSON.stringify({ bench: 'block-cost', prices: PRICES, operations }));
