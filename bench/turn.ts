/**
 * One turn with one Wasm tool call and the embedded model, against an empty Worker → Durable
 * Object request, both on raw workerd in the same run. Prints one JSON line.
 *
 *   npx node bench/turn.ts [seconds a phase]
 */

import { installExamples } from '../scripts/install-examples.mjs';
import { digits, roundLoad } from './figures.ts';
import { type Call, runLoad, send } from './load.ts';
import { type RunningWorker, startWorkerd } from './workerd.ts';
import { liftBounds, startBenchGateway } from './workspace.ts';

const durationMs = Number(process.argv[2] ?? 8) * 1_000;
const WARM_UP_MS = 6_000;
/** A conversation grows with each turn; a fresh one now and then keeps its length typical. */
const TURNS_PER_SESSION = 20;
/** Made before anything is measured: beginning a conversation is no part of a turn. */
const SESSIONS = 400;
const INPUT = 'Count the words in: the quick brown fox jumps over the lazy dog';

const floor = await startWorkerd({ entry: 'bench/floor/worker.ts', blocks: { EMPTY: 'Empty' } });
const gateway = await startBenchGateway();
const { headers } = gateway;
await installExamples(gateway.url, gateway.rootToken);
await liftBounds(gateway);
const sessions = await createSessions();

const measureFloor = (connections: number, ms = durationMs) =>
  runLoad({
    port: floor.port,
    connections,
    durationMs: ms,
    next: () => ({ method: 'GET', path: '/' }),
  });
const measureTurns = (connections: number, ms = durationMs) =>
  runLoad({ port: gateway.port, connections, durationMs: ms, next: nextTurn() });

await measureFloor(8, WARM_UP_MS);
await measureTurns(8, WARM_UP_MS);
const floor1 = await measureFloor(1);
const turn1 = await measureTurns(1);
const floor32 = await measureFloor(32);
const turn32 = await measureTurns(32);
await stopAll([floor, gateway]);

console.log(
  JSON.stringify({
    bench: 'turn',
    floor: { at1: roundLoad(floor1), at32: roundLoad(floor32) },
    turn: { at1: roundLoad(turn1), at32: roundLoad(turn32) },
    latencyRatio: digits(turn1.p50Ms / floor1.p50Ms),
    throughputRatio: digits(floor32.perSecond / turn32.perSecond),
    targets: { latencyRatio: 15, throughputRatio: 15 },
  }),
);

/** Each connection keeps to one conversation at a time, as a client would. */
function nextTurn(): (connection: number) => Call {
  const current = new Map<number, { readonly id: string; turns: number }>();
  return (connection) => {
    let session = current.get(connection);
    if (session === undefined || session.turns >= TURNS_PER_SESSION) {
      const id = sessions.pop();
      if (id === undefined) throw new Error('no conversation is left; raise SESSIONS');
      session = { id, turns: 0 };
      current.set(connection, session);
    }
    session.turns += 1;
    return {
      method: 'POST',
      path: `/v1/sessions/${session.id}/turns`,
      headers,
      body: JSON.stringify({ input: INPUT }),
    };
  };
}

async function createSessions(): Promise<string[]> {
  const create = { method: 'POST', path: '/v1/sessions', headers, body: '{}' };
  const ids: string[] = [];
  while (ids.length < SESSIONS) {
    ids.push(JSON.parse((await send(undefined, gateway.port, create)).text).id);
  }
  return ids;
}

async function stopAll(workers: readonly RunningWorker[]): Promise<void> {
  for (const worker of workers) await worker.stop();
}
