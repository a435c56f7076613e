/** Whoever would read, cut or forge the audit through the routes that export and prove it. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sha256Bytes } from '../core/audit/naive-tree.ts';
import { type Api, callApi } from '../support/api.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { verifyInclusion } from '../support/merkle-proof.ts';

const CANARY = 'canary-of-the-export-41';

let gateway: Gateway;
let api: Api;

beforeAll(async () => {
  gateway = await startGateway();
  api = callApi(gateway);
  for (let call = 0; call < 5; call++) {
    await api.post('/v1/tools/text-stats/call', { arguments: { text: `${CANARY} ${call}` } });
  }
  await api.post(`/v1/tools/${CANARY}/call`, { arguments: {} });
});
afterAll(() => gateway?.dispose());

const ROUTES = [
  ['GET', '/v1/audit/export'],
  ['GET', '/v1/audit/export?format=ocsf'],
  ['GET', '/v1/audit/checkpoints'],
  ['POST', '/v1/audit/checkpoints'],
  ['GET', '/v1/audit/proofs/inclusion?seq=1&size=1'],
  ['GET', '/v1/audit/proofs/consistency?from=1&to=1'],
] as const;

describe.each(ROUTES)('%s %s', (method, path) => {
  const statusWith = async (token: string | undefined) => {
    const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` };
    return (await fetch(gateway.url + path, { method, headers })).status;
  };

  test('is for those who may read the audit', async () => {
    const subject = { kind: 'service', id: 'reader' };
    const tokenFor = async (grant: string) =>
      (await api.post('/v1/tokens', { subject, grants: [grant] })).body.token;
    expect(await statusWith(undefined)).toBe(401);
    expect(await statusWith(await tokenFor('system:config:read'))).toBe(403);
    expect(await statusWith(await tokenFor('system:audit:read'))).toBe(200);
  });
});

test('the public key is all that a stranger gets', async () => {
  const answer = await (await fetch(`${gateway.url}/v1/audit/key`)).json();
  expect(answer).toEqual({ algorithm: 'Ed25519', publicKey: expect.stringMatching(/^[\w-]{43}$/) });
  const other = await (await fetch(`${gateway.url}/v1/audit/key?workspace=default`)).json();
  expect(other.publicKey ?? answer.publicKey).toBe(answer.publicKey);
});

test('an export holds no argument and no name that a stranger made up', async () => {
  for (const format of ['ndjson', 'ocsf']) {
    const response = await fetch(`${gateway.url}/v1/audit/export?format=${format}`, {
      headers: { Authorization: `Bearer ${gateway.token}` },
    });
    const text = await response.text();
    expect(text).toContain('text-stats');
    expect(text).not.toContain(CANARY);
  }
});

test.each([
  '/v1/audit/export?format=csv',
  '/v1/audit/export?workspace=other',
  '/v1/audit/proofs/inclusion',
  '/v1/audit/proofs/inclusion?seq=1',
  '/v1/audit/proofs/inclusion?seq=-1&size=5',
  '/v1/audit/proofs/inclusion?seq=1.5&size=5',
  '/v1/audit/proofs/inclusion?seq=1e400&size=5',
  '/v1/audit/proofs/consistency?from=0&to=5',
  `/v1/audit/checkpoints?limit=${501}`,
])('%s is refused', async (path) => {
  expect((await api.get(path)).status).toBe(422);
});

test('sizes beyond what there is cost nothing and prove nothing', async () => {
  const most = Number.MAX_SAFE_INTEGER;
  expect((await api.get(`/v1/audit/proofs/inclusion?seq=1&size=${most}`)).status).toBe(404);
  expect((await api.get(`/v1/audit/proofs/consistency?from=1&to=${most}`)).status).toBe(404);
});

test('the proof of one record proves no other', async () => {
  const { size } = (await api.post('/v1/audit/checkpoints', {})).body;
  const { body } = await api.get(`/v1/audit/proofs/inclusion?seq=2&size=${size}`);
  const { records } = (await api.get('/v1/audit?limit=3')).body;
  const holds = (seq: number, hash: string) =>
    verifyInclusion(
      {
        ...{ index: seq - 1, size, leaf: Buffer.from(hash, 'hex') },
        ...{ path: body.path.map((step: string) => Buffer.from(step, 'hex')) },
        root: Buffer.from(body.root, 'hex'),
      },
      sha256Bytes,
    );
  expect(holds(2, records[1].hash)).toBe(true);
  expect(holds(2, records[0].hash)).toBe(false);
  expect(holds(1, records[1].hash)).toBe(false);
  expect(holds(3, records[2].hash)).toBe(false);
});

test('a client that goes away in the middle of an export leaves the gateway as it was', async () => {
  const abort = new AbortController();
  const response = await fetch(`${gateway.url}/v1/audit/export`, {
    headers: { Authorization: `Bearer ${gateway.token}` },
    signal: abort.signal,
  });
  await response.body?.getReader().read();
  abort.abort();
  expect((await api.get('/v1/audit/verify')).body.ok).toBe(true);
});
