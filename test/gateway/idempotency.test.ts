import { env } from 'cloudflare:test';
import { expect, test } from 'vitest';
import { randomHex } from '../../src/blocks/kit/keys.ts';
import { handleOnce } from '../../src/gateway/idempotency.ts';
import { Refusal } from '../../src/gateway/refusal.ts';
import type { Route, RouteRequest } from '../../src/gateway/route.ts';
import { foundWorkspace } from '../blocks/workspace/workspace-fixture.ts';

/** A request with a key of its own, and how often its route was run. */
async function requestWithKey(thrown: unknown) {
  const { id: workspace } = await foundWorkspace();
  const runs: string[] = [];
  const route = {
    ...{ operation: 'make', idempotency: 'replay' },
    handle: async () => {
      runs.push('run');
      throw thrown;
    },
  } as unknown as Route;
  const principal = { kind: 'user', id: 'ann', workspace };
  const request = {
    ...{ env, caller: { principal } },
    idempotency: { key: randomHex(8), bodyHash: 'hash' },
  } as unknown as RouteRequest<unknown, unknown>;
  return { runs, ask: () => handleOnce(route, request) };
}

test('what may have been done before an object was overloaded is not done again by its key', async () => {
  const overloaded = Object.assign(new Error('Durable Object is overloaded.'), {
    overloaded: true,
  });
  const { runs, ask } = await requestWithKey(overloaded);
  await expect(ask()).rejects.toBe(overloaded);
  await expect(ask()).rejects.toMatchObject({ code: 'idempotency_in_progress' });
  expect(runs).toHaveLength(1);
});

test('what was refused is asked again by its key', async () => {
  const { runs, ask } = await requestWithKey(new Refusal('audit_unavailable', {}));
  await expect(ask()).rejects.toMatchObject({ code: 'audit_unavailable' });
  await expect(ask()).rejects.toMatchObject({ code: 'audit_unavailable' });
  expect(runs).toHaveLength(2);
});
