/** Messages that are taken under a name, by who may be lost at any moment and asks again. */

import { evictDurableObject } from 'cloudflare:test';
import { env, exports } from 'cloudflare:workers';
import { expect, test } from 'vitest';
import type { BlockApi } from '../../../src/blocks/user/block-api.ts';
import { parseWorkspaceId } from '../../../src/core/primitives/ids.ts';

const { BLOCKS, SALLYPORT_ROOT_TOKEN } = env as unknown as {
  readonly BLOCKS: DurableObjectNamespace;
  readonly SALLYPORT_ROOT_TOKEN: string;
};
const gateway = (exports as unknown as { readonly default: Fetcher }).default;
const workspace = parseWorkspaceId('default')!;
const ROOT = {
  principal: { kind: 'user', id: 'root', workspace, tokenId: 'root' },
  ...{ requestId: 'r-1', ownsAll: false },
} as const;

async function post(path: string, body: object): Promise<{ readonly id: string }> {
  const answer = await gateway.fetch(`https://gateway.test/v1/blocks${path}`, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${SALLYPORT_ROOT_TOKEN}`,
      'Content-Type': 'application/json',
    },
    body: JSON.stringify(body),
  });
  expect(answer.ok).toBe(true);
  return await answer.json();
}

/** A mailbox in which 1, 2 and 3 wait. */
async function mailbox() {
  const { id } = await post('', { behavior: { kind: 'mailbox' }, capabilities: ['CAP_RECEIVE'] });
  for (const body of [1, 2, 3]) await post(`/${id}/messages`, { body });
  const stub = () => BLOCKS.getByName(`default/${id}`);
  const api = () => stub() as unknown as BlockApi;
  const take = async (name?: string, max = 2) => {
    const query = { timeoutMs: 0, max, leaseMs: 60_000, ...(name && { take: name }) };
    const received = await api().receive(ROOT, query);
    return received.ok ? received.value.map(({ body }) => body) : received.error.code;
  };
  return { api, take, lose: () => evictDurableObject(stub()) };
}

test('the same take is given the same again, also after a crash, and nobody else is', async () => {
  const { take, lose } = await mailbox();
  expect(await take('take-a')).toEqual(['1', '2']);
  await lose();
  expect(await take('take-a', 1)).toEqual(['1', '2']);
  // Later ones of the same sender are held up.
  expect([await take('take-ab'), await take()]).toEqual([[], []]);
});

test('what was processed is gone, however often that is said', async () => {
  const { api, take } = await mailbox();
  await take('take-a');
  await api().endTake('take-ab', 'processed');
  for (const _ of [1, 2]) await api().endTake('take-a', 'processed');
  expect(await take('take-b')).toEqual(['3']);
});

test('what is given back is anybody’s, and then stays with whoever took it', async () => {
  const { api, take } = await mailbox();
  await take('take-a');
  await api().endTake('take-a', 'given-back');
  expect(await take('take-b')).toEqual(['1', '2']);
  await api().endTake('take-a', 'given-back');
  await api().endTake('take-a', 'processed');
  expect(await take('take-b')).toEqual(['1', '2']);
});

test('an object without a block is not written to', async () => {
  const { api } = await mailbox();
  expect((await api().describe())?.state).toBe('running');
  const nobody = BLOCKS.getByName('default/nobody') as unknown as BlockApi;
  for (const end of ['processed', 'given-back'] as const) await nobody.endTake('take-a', end);
  expect(await nobody.describe()).toBeUndefined();
});
