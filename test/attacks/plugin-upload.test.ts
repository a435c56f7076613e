/** Uploads that lie, flood or never end: refused with a reason, or bounded when they run. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Api, callApi } from '../support/api.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

const BUILD = join(import.meta.dirname, '../../build');
const MAX_UPLOAD_BYTES = 10_485_760;

let gateway: Gateway;
let api: Api;

beforeAll(async () => {
  gateway = await startGateway();
  api = callApi(gateway);
});
afterAll(() => gateway?.dispose());

const uploads = JSON.parse(readFileSync(join(BUILD, 'fixtures/uploads.txt'), 'utf8'));
const hostile = new Uint8Array(Buffer.from(uploads.hostile, 'base64'));

/** One tool for an export of the hostile module. */
const manifestOf = (entry: string, changes: object = {}) => ({
  name: `hostile-${entry.replaceAll('_', '-')}`,
  version: '1.0.0',
  kind: 'tool',
  tier: 'wasm',
  license: 'MIT',
  capabilities: [],
  tools: [
    {
      name: `hostile-${entry.replaceAll('_', '-')}`,
      description: 'Does something bad.',
      inputSchema: { type: 'object', properties: {} },
      entry,
    },
  ],
  ...changes,
});

type Part = string | Uint8Array;

async function upload(parts: Record<string, Part>, path = '', token = gateway.token) {
  return send(Object.entries(parts), path, token);
}

/** A name may come more than once. */
async function send(parts: readonly (readonly [string, Part])[], path = '', token = gateway.token) {
  const form = new FormData();
  for (const [name, value] of parts) {
    if (typeof value === 'string') form.append(name, value);
    else form.append(name, new Blob([new Uint8Array(value)]), name);
  }
  const response = await fetch(`${gateway.url}/v1/plugins${path}`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}` },
    body: form,
  });
  return { status: response.status, body: await response.json() };
}

describe('an upload', () => {
  const manifest = () => JSON.stringify(manifestOf('loop'));

  test.each([
    ['without a manifest', () => ({ module: hostile }), 422, 'invalid_body'],
    ['without a module', () => ({ manifest: manifest() }), 422, 'invalid_body'],
    [
      'with another part',
      () => ({ manifest: manifest(), module: hostile, x: '1' }),
      422,
      'invalid_body',
    ],
    [
      'with a module that is text',
      () => ({ manifest: manifest(), module: 'wasm' }),
      422,
      'invalid_body',
    ],
    [
      'with a module that is no Wasm',
      () => ({ manifest: manifest(), module: new Uint8Array(64) }),
      422,
      'wasm_rejected',
    ],
    [
      'with a truncated module',
      () => ({ manifest: manifest(), module: hostile.subarray(0, 200) }),
      422,
      'wasm_rejected',
    ],
    [
      'with a manifest that is no JSON',
      () => ({ manifest: '{', module: hostile }),
      400,
      'malformed_json',
    ],
    [
      'for an export that is not there',
      () => ({ manifest: JSON.stringify(manifestOf('nowhere')), module: hostile }),
      422,
      'wasm_rejected',
    ],
    [
      'that asks to issue tokens',
      () => ({
        manifest: JSON.stringify(manifestOf('loop', { capabilities: ['system:token:issue'] })),
        module: hostile,
      }),
      422,
      'invalid_body',
    ],
    [
      'with a module for a tier that runs none',
      () => ({
        manifest: JSON.stringify(
          manifestOf('loop', { tier: 'process', process: { command: ['/bin/true'] } }),
        ),
        module: hostile,
      }),
      422,
      'invalid_body',
    ],
  ])('%s is refused', async (_, parts, status, code) => {
    const answer = await upload(parts());
    expect([answer.status, answer.body.code]).toEqual([status, code]);
  });

  test('reports all that is wrong with a manifest at once', async () => {
    const bad = { ...manifestOf('loop'), name: 'No', version: '1', surprise: true };
    const { body } = await upload({ manifest: JSON.stringify(bad), module: hostile });
    expect(body.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(
      expect.arrayContaining(['/name', '/version', '/surprise']),
    );
  });

  test('beyond 10 MiB is refused, and the client hears of it', async () => {
    const { status, body } = await upload({
      manifest: manifest(),
      module: new Uint8Array(MAX_UPLOAD_BYTES),
    });
    expect([status, body.code]).toEqual([413, 'payload_too_large']);
  });

  test('cannot take the name of another plugin’s tool', async () => {
    const thief = manifestOf('loop', { name: 'thief' });
    const stolen = { ...thief, tools: [{ ...thief.tools[0], name: 'text-stats' }] };
    const { status } = await upload({ manifest: JSON.stringify(stolen), module: hostile });
    expect(status).toBe(409);
  });
});

describe('what comes with an upload', () => {
  const manifest = () => JSON.stringify(manifestOf('loop'));
  const whole = (parts: Record<string, Part>) =>
    upload({ manifest: manifest(), module: hostile, ...parts });
  const signature = (padding: number) =>
    JSON.stringify({ keyId: 'ops', signature: 'A'.repeat(86) }).padEnd(padding);

  test.each<[string, Record<string, Part>, number, string, string]>([
    [
      'a signature that is no JSON',
      { signature: 'x' },
      422,
      'signature_refused',
      'signature_malformed',
    ],
    ['an empty signature', { signature: '' }, 422, 'signature_refused', 'signature_malformed'],
    [
      'a signature of 1,024 bytes',
      { signature: signature(1_024) },
      422,
      'signature_refused',
      'signature_key_unknown',
    ],
    [
      'a signature of 1,025 bytes',
      { signature: signature(1_025) },
      422,
      'signature_refused',
      'signature_malformed',
    ],
    [
      'a signature of a megabyte',
      { signature: new Uint8Array(1_048_576).fill(0x20) },
      422,
      'signature_refused',
      'signature_malformed',
    ],
    [
      'a signature with a key of its own',
      { signature: JSON.stringify({ keyId: 'ops', signature: 'A'.repeat(86), publicKey: 'x' }) },
      422,
      'signature_refused',
      'signature_malformed',
    ],
  ])('%s is refused', async (_, parts, status, code, reason) => {
    const { status: seen, body } = await whole(parts);
    expect([seen, body.code, body.reason]).toEqual([status, code, reason]);
  });

  test.each([
    ['63 digits', 'a'.repeat(63)],
    ['65 digits', 'a'.repeat(65)],
    ['capitals', 'A'.repeat(64)],
    ['a star', '*'],
    ['a list', '["tool:*"]'],
    ['nothing', ''],
  ])('an acceptance of %s is refused', async (_, acceptGrowth) => {
    const { status, body } = await whole({ acceptGrowth });
    expect([status, body.code, body.errors[0].pointer]).toEqual([
      ...[422, 'invalid_body', '/acceptGrowth'],
    ]);
  });

  test('is read once: a part that comes twice is refused', async () => {
    for (const name of ['manifest', 'module', 'signature', 'acceptGrowth']) {
      const twice: [string, Part][] = [
        ...[['manifest', manifest()] as [string, Part], ['module', hostile] as [string, Part]],
        ...(name === 'manifest' || name === 'module' ? [] : [[name, '{}'] as [string, Part]]),
        [name, '{}'],
      ];
      expect([name, (await send(twice)).status]).toEqual([name, 422]);
    }
  });

  test('is UTF-8: no byte of a manifest is replaced before it is judged', async () => {
    const bytes = Buffer.from(manifest());
    bytes[bytes.indexOf('Does')] = 0xff;
    const { status, body } = await upload({ manifest: bytes, module: hostile });
    expect([status, body.code]).toEqual([400, 'malformed_json']);
  });

  test('has no parameter: a misspelt wish not to install installs nothing', async () => {
    for (const query of ['?dryRun=true', '?dry_run=1', '?review']) {
      const { status } = await upload({ manifest: manifest(), module: hostile }, query);
      expect([query, status]).toEqual([query, 422]);
    }
    expect((await api.get('/v1/plugins/hostile-loop')).status).toBe(404);
  });

  test('of 256 KiB of manifest is read, and of one byte more is not', async () => {
    const least = manifest().length;
    for (const [length, code] of [
      [262_144, 'wasm_rejected'],
      [262_145, 'malformed_json'],
    ] as const) {
      const text = manifest() + ' '.repeat(length - least);
      const { body } = await upload({ manifest: text, module: new Uint8Array(64) });
      expect([length, body.code]).toEqual([length, code]);
    }
  });

  test('with 8 MiB of module is read, and with one byte more is not', async () => {
    for (const [length, reason] of [
      [8_388_608, 'module_invalid'],
      [8_388_609, 'module_too_large'],
    ] as const) {
      const { body } = await upload({ manifest: manifest(), module: new Uint8Array(length) });
      expect([length, body.code, body.reason]).toEqual([length, 'wasm_rejected', reason]);
    }
  });
});

describe('a review', () => {
  test('needs the same right as an install, and installs nothing', async () => {
    const parts = { manifest: JSON.stringify(manifestOf('loop')), module: hostile };
    const { body } = await api.post('/v1/tokens', {
      subject: { kind: 'service', id: 'reader' },
      grants: ['system:plugin:list'],
    });
    expect((await upload(parts, '/review', body.token)).status).toBe(403);
    const review = await upload(parts, '/review');
    expect([review.status, review.body.verdict]).toEqual([200, 'acceptable']);
    expect((await api.get('/v1/plugins/hostile-loop')).status).toBe(404);
  });

  test('answers all that is wrong at once, for code as for the workspace', async () => {
    const stolen = {
      ...manifestOf('nowhere', { license: 'Homemade-1.0' }),
      tools: [{ ...manifestOf('nowhere').tools[0], name: 'text-stats' }],
    };
    const { status, body } = await upload(
      { manifest: JSON.stringify(stolen), module: hostile },
      '/review',
    );
    expect([status, body.verdict]).toEqual([200, 'refused']);
    expect(body.findings.map(({ code }: { code: string }) => code)).toEqual([
      ...['licence_unknown', 'entry_missing', 'tool_name_taken'],
    ]);
  });
});

describe('a credential in an upload', () => {
  const secret = `ghp_${'0aB1cD2eF3'.repeat(4).slice(0, 36)}`;
  const custom = Buffer.concat([Buffer.from('\u0004note'), Buffer.from(secret)]);
  const bundled = Buffer.concat([hostile, Buffer.of(0, custom.length), custom]);

  test('is refused by kind and place, and repeated nowhere', async () => {
    const answers = [
      await upload({ manifest: JSON.stringify(manifestOf('loop')), module: bundled }),
      await upload({
        manifest: JSON.stringify(manifestOf('loop', { description: secret })),
        module: hostile,
      }),
    ];
    expect(answers.map(({ body }) => [body.code, body.reason])).toEqual([
      ['wasm_rejected', 'secret_in_code'],
      ['invalid_body', 'secret_in_manifest'],
    ]);
    const record = async () => (await api.get('/v1/audit?limit=500')).body;
    // An event follows its commit a moment later.
    await expect
      .poll(async () => JSON.stringify(await record()))
      .toMatch(/"reason":"secret_in_code".*"reason":"secret_in_manifest"/s);
    const shown = JSON.stringify([answers, await record()]) + gateway.log();
    expect(shown).not.toContain(secret.slice(0, 16));
  });

  test('goes through only where an operator has said so', async () => {
    const { body } = await api.get('/v1/workspaces/default');
    const set = (bundledSecrets: string) =>
      api.put('/v1/workspaces/default', {
        policy: { ...body.policy, plugins: { bundledSecrets } },
      });
    expect((await set('ignore')).status).toBe(422);
    expect((await set('warn')).status).toBe(200);
    const parts = { manifest: JSON.stringify(manifestOf('loop')), module: bundled };
    const review = await upload(parts, '/review');
    expect(review.body.findings).toMatchObject([{ severity: 'warn', code: 'secret_in_code' }]);
    expect((await set('refuse')).status).toBe(200);
    expect((await upload(parts)).status).toBe(422);
  });
});

describe('a policy about plugins', () => {
  const set = async (plugins: object) => {
    const { body } = await api.get('/v1/workspaces/default');
    return api.put('/v1/workspaces/default', { policy: { ...body.policy, plugins } });
  };

  test.each([
    ['a key of small order', [{ keyId: 'ops', publicKey: Buffer.alloc(32).toString('base64url') }]],
    ['a key that is too short', [{ keyId: 'ops', publicKey: 'AAAA' }]],
    [
      'a private key beside it',
      [{ keyId: 'ops', publicKey: Buffer.alloc(32, 7).toString('base64url'), seed: 'x' }],
    ],
    [
      'one name for two',
      [8, 9].map((byte) => ({
        keyId: 'ops',
        publicKey: Buffer.alloc(32, byte).toString('base64url'),
      })),
    ],
    [
      'two names for one',
      ['a', 'b'].map((keyId) => ({ keyId, publicKey: Buffer.alloc(32, 9).toString('base64url') })),
    ],
  ])('trusts no %s', async (_, trustedKeys) => {
    expect((await set({ trustedKeys })).status).toBe(422);
  });
});

describe('a plugin that never ends', () => {
  test('is ended by its fuel, and others are answered meanwhile', async () => {
    const installed = await upload({
      manifest: JSON.stringify(manifestOf('loop')),
      module: hostile,
    });
    expect(installed.status).toBe(201);
    const loops = Promise.all(
      Array.from({ length: 8 }, () => api.post('/v1/tools/hostile-loop/call', { arguments: {} })),
    );
    const honest = await Promise.all(
      Array.from({ length: 5 }, () => fetch(`${gateway.url}/health`).then(({ ok }) => ok)),
    );
    expect(honest).toEqual([true, true, true, true, true]);
    for (const { status, body } of await loops) {
      expect([status, body.check, body.reason]).toEqual([403, 'dispatch', 'fuel']);
    }
  });

  test('is stopped for everybody at the next call', async () => {
    expect((await api.post('/v1/plugins/hostile-loop/stop')).body.state).toBe('stopped');
    const { body } = await api.post('/v1/tools/hostile-loop/call', { arguments: {} });
    expect(body).toMatchObject({ check: 'registry' });
    expect((await api.delete('/v1/plugins/hostile-loop')).status).toBe(204);
    expect((await api.get('/v1/plugins/hostile-loop')).status).toBe(404);
  });
});
