/** Objects of fresh workspaces that seal what they store, with the real vault and the test's keys. */

import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { BlockBindings } from '../../../src/blocks/kit/bindings.ts';
import { randomHex } from '../../../src/blocks/kit/keys.ts';
import { Sealing } from '../../../src/blocks/kit/sealing.ts';
import { Tables } from '../../../src/blocks/kit/tables.ts';

export const bindings = env as unknown as BlockBindings;
const { BLOCKS } = env as unknown as { BLOCKS: DurableObjectNamespace };

type Keys = Pick<BlockBindings, 'SALLYPORT_MASTER_KEY' | 'SALLYPORT_PREVIOUS_MASTER_KEY'>;

/** The sealing as it is in another life of the object. */
export type Wake = (keys?: Keys) => Sealing;

export const freshWorkspace = (): string => `sealed-${randomHex(6)}`;
export const vaultOf = (workspace: string) => bindings.VAULTS.getByName(workspace);

export async function inObject<T>(
  workspace: string,
  use: (wake: Wake, state: DurableObjectState) => T | Promise<T>,
): Promise<T> {
  const stub = BLOCKS.getByName(`${workspace}/${randomHex(4)}`);
  const { VAULTS, WORKSPACES, SALLYPORT_MASTER_KEY } = bindings;
  const wakeIn =
    (ctx: DurableObjectState): Wake =>
    (keys = { SALLYPORT_MASTER_KEY }) => {
      const tables = new Tables(ctx.storage.sql);
      return new Sealing({ env: { VAULTS, WORKSPACES, ...keys }, ctx, tables, kind: 'block' });
    };
  return await runInDurableObject(stub, (_, state) => use(wakeIn(state), state));
}

/** Once it goes by that policy; by one that seals unless stated. */
export async function follows(
  sealing: Sealing,
  policy: Parameters<Sealing['follow']>[0] = { atRest: 'content' },
): Promise<Sealing> {
  await sealing.follow(policy);
  return sealing;
}

/** Every value of every row, as text. */
export function readRows({ storage }: DurableObjectState): string {
  const tables = storage.sql
    .exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'")
    .toArray()
    .filter(({ name }) => !name.startsWith('_cf_') && !name.startsWith('sqlite_'));
  return tables
    .flatMap(({ name }) => storage.sql.exec(`SELECT * FROM ${name}`).toArray())
    .flatMap((row) => Object.values(row))
    .map((value) =>
      value instanceof ArrayBuffer ? Buffer.from(value).toString('latin1') : String(value),
    )
    .join('\n');
}
