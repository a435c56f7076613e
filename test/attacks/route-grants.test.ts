/**
 * Routes times grants: every route, with every capability of the catalogue missing in turn.
 *
 * The routes are those of the description that the gateway gives of itself, which is made from the
 * same list that is mounted; so a new route is tested by being there.
 */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { attenuate } from '../../src/client/attenuate.ts';
import { FAMILIES } from '../../src/core/capabilities/catalogue.ts';
import { type Api, callApi } from '../support/api.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly access: string;
}

const NAMES = FAMILIES.map(({ name }) => name);

const REASON = 'principal_grant_missing';

let gateway: Gateway;
let holder: Api;
let guarded: readonly Operation[];

beforeAll(async () => {
  gateway = await startGateway({ examples: false });
  const root = callApi(gateway);
  const subject = { kind: 'service', id: 'holder' };
  const { body: issued } = await root.post('/v1/tokens', { subject, grants: NAMES });
  holder = callApi(gateway, issued.token);
  const { body } = await root.get('/openapi.json');
  guarded = Object.entries<Record<string, Record<string, string>>>(body.paths)
    .flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        method: method.toUpperCase(),
        path: path.replaceAll(/\{\w+\}/g, 'x'),
        access: operation['x-sallyport-capability'] ?? 'public',
      })),
    )
    .filter(({ access }) => access !== 'public' && access !== 'any-principal');
});
afterAll(() => gateway?.dispose());

/** The whole answer, in whichever shape the route writes its errors, if it does not let the caller in. */
async function refusalOf(token: string, { method, path }: Operation): Promise<string> {
  const headers = { Authorization: `Bearer ${token}` };
  const response = await fetch(gateway.url + path, { method, headers });
  const text = await response.text();
  return response.status === 403 ? text : '';
}

const tokenWith = (patterns: readonly string[]) =>
  attenuate(holder.token, [{ kind: 'grants', patterns }]);

test('every route refuses who holds all capabilities but its own, and names it', async () => {
  const refused: Operation[] = [];
  for (const missing of NAMES) {
    const token = await tokenWith(NAMES.filter((name) => name !== missing));
    for (const operation of guarded.filter(({ access }) => access === missing)) {
      const refusal = await refusalOf(token, operation);
      expect([operation, refusal]).toEqual([operation, expect.stringContaining(missing)]);
      expect([operation, refusal]).toEqual([operation, expect.stringContaining(REASON)]);
      refused.push(operation);
    }
  }
  expect(refused).toHaveLength(guarded.length);
});

test('every route lets in who holds nothing but its own capability', async () => {
  for (const operation of guarded) {
    const refusal = await refusalOf(await tokenWith([operation.access]), operation);
    expect(refusal).not.toContain(operation.access);
  }
});
