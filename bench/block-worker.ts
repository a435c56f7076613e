/**
 * Blocks and bare Durable Objects in one process of raw workerd, driven by samples: one request does
 * an operation many times over (see `floor/blocks.ts`).
 *
 * @module
 */

import { randomBytes } from 'node:crypto';
import { BLOCK_CLASSES } from '../scripts/worker-bindings.mjs';
import { send } from './load.ts';
import { type RunningWorker, startWorkerd } from './workerd.ts';

export interface Sample {
  readonly op: string;
  /** How often; of parallel operations, how many objects at once. */
  readonly count: number;
  /** Which objects: operations with the same set meet the same ones. */
  readonly set: string;
}

export interface BlockWorker extends RunningWorker {
  /** Milliseconds that one operation of the sample took. */
  readonly measure: (sample: Sample) => Promise<number>;
}

export async function startBlockWorker(): Promise<BlockWorker> {
  const token = `sproot_${randomBytes(32).toString('base64url')}`;
  const worker = await startWorkerd({
    entry: 'bench/floor/blocks.ts',
    blocks: { ...BLOCK_CLASSES, BARE: 'Bare' },
    loader: true,
    secrets: {
      SALLYPORT_MASTER_KEY: randomBytes(32).toString('base64url'),
      SALLYPORT_ROOT_TOKEN: token,
    },
  });
  const ask = async (method: string, path: string, body?: string) => {
    const headers = { Authorization: `Bearer ${token}` };
    const call = { method, path, headers, ...(body !== undefined && { body }) };
    const { status, text } = await send(undefined, worker.port, call);
    if (status !== 200) throw new Error(`${path} ${body ?? ''} answered ${status}: ${text}`);
    return JSON.parse(text);
  };
  // Whoever asks first founds the workspace.
  await ask('GET', '/v1/workspaces/default');
  return {
    ...worker,
    measure: async (sample) => {
      const { ms } = await ask('POST', '/bench', JSON.stringify(sample));
      return ms / sample.count;
    },
  };
}
