/**
 * A warm call of an MCP server through the gateway, against the sum of what it cannot do without,
 * in the same run: a WebSocket round trip through workerd with a row on disk there, a row on disk
 * here, and the same call over bare standard streams. Prints one JSON line. `way` is the way of such a
 * call through objects, frames, rows and server without any logic: what is beyond it is ours.
 *
 *   npx node bench/executor-calls.ts [rounds]
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { callApi } from '../test/support/api.ts';
import { startExecutor } from '../test/support/executor.ts';
import { digits, median } from './figures.ts';
import { send } from './load.ts';
import { startWorkerd } from './workerd.ts';
import { liftBounds, startBenchGateway } from './workspace.ts';

const ROUNDS = Number(process.argv[2] ?? 300);
const WARM_UP = 30;
const MESSAGE = 'The quick brown fox jumps over the lazy dog';
const SERVER = 'node_modules/@modelcontextprotocol/server-everything/dist/index.js';

type Step = () => Promise<unknown>;

const closing: (() => unknown)[] = [];
try {
  const steps: Record<string, Step> = {
    socket: await openSocket(),
    row: openRow(),
    stdio: await openServer(),
    way: await openWay(),
    gateway: await openGateway(),
  };
  const medians = await measure(steps);
  const { socket = 0, row = 0, stdio = 0, way = 0, gateway = 0 } = medians;
  console.log(
    JSON.stringify({
      bench: 'executor-calls',
      p50Ms: Object.fromEntries(Object.entries(medians).map(([name, ms]) => [name, digits(ms, 3)])),
      wayRatio: digits(way / (socket + row + stdio), 3),
      warmRatio: digits(gateway / (socket + row + stdio), 3),
      targets: { warmRatio: 2 },
    }),
  );
} finally {
  for (const close of closing.reverse()) await close();
}

/** In turn, so that whatever slows the machine slows all of them. */
async function measure(steps: Record<string, Step>): Promise<Record<string, number>> {
  const times = new Map(Object.keys(steps).map((name) => [name, [] as number[]]));
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    for (const [name, step] of Object.entries(steps)) {
      const startedAt = performance.now();
      await step();
      if (round >= WARM_UP) times.get(name)?.push(performance.now() - startedAt);
    }
  }
  return Object.fromEntries([...times].map(([name, values]) => [name, median(values)]));
}

async function openSocket(): Promise<Step> {
  const worker = await startWorkerd({
    entry: 'bench/floor/executor-calls.ts',
    blocks: { ECHO: 'Echo' },
  });
  closing.push(worker.stop);
  const socket = new WebSocket(worker.url.replace('http', 'ws'));
  await new Promise((resolve) => socket.addEventListener('open', resolve));
  closing.push(() => socket.close());
  return () =>
    new Promise((resolve) => {
      socket.addEventListener('message', resolve, { once: true });
      socket.send(MESSAGE);
    });
}

function openRow(): Step {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-bench-'));
  const db = new DatabaseSync(join(folder, 'rows.sqlite'));
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE rows (text TEXT)');
  const insert = db.prepare('INSERT INTO rows VALUES (?)');
  closing.push(() => {
    db.close();
    rmSync(folder, { recursive: true });
  });
  return async () => insert.run(MESSAGE);
}

async function openServer(): Promise<Step> {
  const client = new Client({ name: 'bench', version: '1' });
  const args = [SERVER, 'stdio'];
  await client.connect(
    new StdioClientTransport({ command: process.execPath, args, stderr: 'ignore' }),
  );
  closing.push(() => client.close());
  return () => client.callTool({ name: 'echo', arguments: { message: MESSAGE } });
}

/** Its executor is this process: it writes a row, calls its server, and answers. */
async function openWay(): Promise<Step> {
  const worker = await startWorkerd({
    entry: 'bench/floor/executor-way.ts',
    blocks: { SESSION: 'Session', NODES: 'Nodes' },
  });
  closing.push(worker.stop);
  const [row, server] = [openRow(), await openServer()];
  const socket = new WebSocket(worker.url.replace('http', 'ws'));
  await new Promise((resolve) => socket.addEventListener('open', resolve));
  closing.push(() => socket.close());
  socket.addEventListener('message', async () => {
    await row();
    await server();
    socket.send(MESSAGE);
  });
  const agent = new Agent({ keepAlive: true });
  closing.push(() => agent.destroy());
  return () => send(agent, worker.port, { method: 'POST', path: '/', body: MESSAGE });
}

async function openGateway(): Promise<Step> {
  const worker = await startBenchGateway();
  closing.push(worker.stop);
  const api = callApi({ url: worker.url, token: worker.rootToken });
  await api.get('/v1/tools'); // founds the workspace
  const executor = await startExecutor(worker, api, { examples: ['mcp-everything'] });
  closing.push(executor.dispose);
  await liftBounds(worker);
  // One connection that stays, as the other parts have: what a client's `fetch` costs is not ours.
  const agent = new Agent({ keepAlive: true });
  closing.push(() => agent.destroy());
  const call = {
    ...{ method: 'POST', path: '/v1/tools/mcp-echo/call' },
    headers: worker.headers,
    body: JSON.stringify({ arguments: { message: MESSAGE } }),
  };
  return async () => {
    const answer = await send(agent, worker.port, call);
    if (answer.status !== 200) throw new Error(answer.text);
  };
}
