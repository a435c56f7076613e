/**
 * How a plugin comes in, as its author and its operator live it: reviewed, signed, refused under the
 * wrong key, refused when it grows, and let in once the growth was seen and accepted.
 */

import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sha256Hex } from '../../src/blocks/kit/keys.ts';
import { manifestSha256, toSignedBytes } from '../../src/core/manifest/plugin-signature.ts';
import { type Api, callApi } from '../support/api.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

const BUILD = join(import.meta.dirname, '../../build/plugins');
const A = 'tool:network:http:a.example.org:443';
const B = 'tool:network:http:b.example.org:443';

const module = new Uint8Array(readFileSync(join(BUILD, 'http-fetch/plugin.wasm')));
const example = JSON.parse(readFileSync(join(BUILD, 'http-fetch/plugin.json'), 'utf8'));
const keys = { ops: generateKeyPairSync('ed25519'), thief: generateKeyPairSync('ed25519') };

let gateway: Gateway;
let root: Api;
/** May install, and reach `A`: what the journey's operator holds. */
let operator: Api;

beforeAll(async () => {
  gateway = await startGateway({ examples: false });
  root = callApi(gateway);
  operator = await holderOf(A, B);
});
afterAll(() => gateway?.dispose());

async function holderOf(...grants: readonly string[]): Promise<Api> {
  const { body } = await root.post('/v1/tokens', {
    subject: { kind: 'user', id: 'operator' },
    grants: ['system:plugin:install', 'system:plugin:list', ...grants],
  });
  return callApi(gateway, body.token);
}

const version = (number: string, ...capabilities: readonly string[]) => ({
  ...example,
  version: number,
  capabilities,
});

function signatureOf(manifest: object, key: KeyObject = keys.ops.privateKey): string {
  const hashes = {
    manifestSha256: manifestSha256(JSON.parse(JSON.stringify(manifest)), sha256Hex),
    codeSha256: sha256Hex(module),
  };
  const signature = sign(null, toSignedBytes(hashes), key).toString('base64url');
  return JSON.stringify({ keyId: 'ops', signature, ...hashes });
}

interface Sending {
  readonly signature?: string;
  readonly acceptGrowth?: string;
  readonly path?: string;
  readonly as?: Api;
}

async function send(manifest: object, { as = operator, path = '', ...parts }: Sending = {}) {
  const form = new FormData();
  form.set('manifest', JSON.stringify(manifest, null, 2));
  form.set('module', new Blob([module]), 'plugin.wasm');
  for (const [name, value] of Object.entries(parts)) form.set(name, value);
  const response = await fetch(`${gateway.url}/v1/plugins${path}`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${as.token}` },
    body: form,
  });
  return { status: response.status, body: await response.json() };
}

describe('a plugin comes in', () => {
  test('after a review that installs nothing', async () => {
    const { status, body } = await send(version('1.0.0', A, 'tool:exec'), { path: '/review' });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      verdict: 'acceptable',
      plugin: { name: 'http-fetch', codeSha256: sha256Hex(module) },
      module: { madeWith: ['AssemblyScript'], bytes: module.length },
      capabilities: { needed: [{ family: 'tool:network:http', suggested: [A] }] },
    });
    expect(body.findings).toContainEqual(
      expect.objectContaining({ code: 'capability_unused', pointer: '/capabilities/1' }),
    );
    expect((await operator.get('/v1/plugins')).body.plugins).toEqual([]);
  });

  test('only with a signature, once the workspace requires one', async () => {
    const workspace = (await root.get('/v1/workspaces/default')).body;
    const publicKey = keys.ops.publicKey.export({ format: 'jwk' }).x;
    const plugins = { trustedKeys: [{ keyId: 'ops', publicKey }], requireSignature: true };
    const changed = await root.put('/v1/workspaces/default', {
      policy: { ...workspace.policy, plugins },
    });
    expect(changed.status).toBe(200);

    expect(await send(version('1.0.0', A))).toMatchObject({
      status: 422,
      body: { code: 'signature_refused', reason: 'signature_missing' },
    });
    const stolen = signatureOf(version('1.0.0', A), keys.thief.privateKey);
    expect(await send(version('1.0.0', A), { signature: stolen })).toMatchObject({
      body: { code: 'signature_refused', reason: 'signature_wrong' },
    });
    const other = signatureOf(version('1.0.0', B));
    expect(await send(version('1.0.0', A), { signature: other })).toMatchObject({
      body: { reason: 'signature_other_manifest' },
    });
    const signature = signatureOf(version('1.0.0', A));
    expect(await send(version('1.0.0', A), { signature })).toMatchObject({
      status: 201,
      body: { state: 'running', signedBy: 'ops' },
    });
    expect((await operator.get('/v1/plugins/http-fetch')).body).toMatchObject({ signedBy: 'ops' });
  });

  test('and may do more only when that was seen, held and accepted', async () => {
    const next = version('1.1.0', A, B);
    const signature = signatureOf(next);
    const refused = await send(next, { signature });
    expect(refused).toMatchObject({
      status: 409,
      body: { code: 'growth_refused', growth: { added: [B], removed: [] } },
    });
    const { digest } = refused.body.growth;
    const seen = await send(next, { signature, path: '/review' });
    expect(seen.body).toMatchObject({
      verdict: 'refused',
      capabilities: { growth: { added: [B], digest } },
    });

    const poor = await holderOf(A);
    expect(await send(next, { signature, acceptGrowth: digest, as: poor })).toMatchObject({
      body: { code: 'growth_refused', reason: 'growth_not_held' },
    });
    const wider = version('1.1.1', A, B, 'tool:network:http:c.example.org:443');
    expect(
      await send(wider, { signature: signatureOf(wider), acceptGrowth: digest, as: root }),
    ).toMatchObject({ body: { reason: 'growth_not_accepted' } });

    expect(await send(next, { signature, acceptGrowth: digest })).toMatchObject({
      status: 201,
      body: { version: '1.1.0', growth: { added: [B] } },
    });
  });

  test('and all of it is on the record', async () => {
    const read = async () => (await root.get('/v1/audit?limit=500')).body.records;
    // An event follows its commit a moment later.
    await expect
      .poll(async () => (await read()).at(-1).event)
      .toMatchObject({ action: 'plugin-installed', pluginVersion: '1.1.0' });
    const events = (await read()).map(({ event }: { event: object }) => event);
    const reasons = events
      .filter(({ action }: { action: string }) => action === 'plugin-refused')
      .map(({ reason }: { reason: string }) => reason);
    expect(reasons).toEqual([
      ...['signature_missing', 'signature_wrong', 'signature_other_manifest'],
      ...['growth_not_accepted', 'growth_not_held', 'growth_not_accepted'],
    ]);
    expect(events).toContainEqual(
      expect.objectContaining({
        action: 'plugin-installed',
        pluginVersion: '1.1.0',
        signedBy: 'ops',
        growth: { count: 1, families: ['tool:network:http'] },
      }),
    );
    expect(JSON.stringify(events)).not.toContain('b.example.org');
    expect((await root.get('/v1/audit/verify')).body).toMatchObject({ ok: true });
  });
});
