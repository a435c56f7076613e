import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { sha256Hex } from '../../../src/blocks/kit/keys.ts';
import type { InstallPlugin } from '../../../src/blocks/workspace/workspace-api.ts';
import {
  manifestSha256,
  type PluginSignature,
  toSignedBytes,
} from '../../../src/core/manifest/plugin-signature.ts';
import {
  DEFAULT_PLUGIN_POLICY,
  type PluginPolicy,
} from '../../../src/core/policy/plugin-policy.ts';
import { DEFAULT_POLICY } from '../../../src/core/policy/policy.ts';
import { type Fixture, foundWorkspace, issue, recorded, upload } from './workspace-fixture.ts';

const A = 'tool:network:http:a.example:443';
const SECRET_HOST = 'tool:network:http:private-name.example:443';
const first = () => upload({ capabilities: [A] });
const grown = (changes: object = {}) =>
  upload({ version: '1.1.0', capabilities: [A, SECRET_HOST], ...changes });

async function digestOf({ block, root }: Fixture, request: InstallPlugin): Promise<string> {
  const refused = await block.installPlugin(root, request);
  return refused.ok ? '' : (refused.error.growth?.digest ?? '');
}

describe('an upgrade that grows', () => {
  test('is refused with the diff, and goes on the record by families alone', async () => {
    const fixture = await foundWorkspace();
    const { block, root } = fixture;
    await block.installPlugin(root, first());
    expect(await block.installPlugin(root, grown())).toMatchObject({
      error: {
        code: 'growth_refused',
        reason: 'growth_not_accepted',
        errors: [{ pointer: '/capabilities' }],
        growth: { added: [SECRET_HOST], digest: expect.stringMatching(/^[0-9a-f]{64}$/) },
      },
    });
    expect(await block.plugin('stats')).toMatchObject({ version: '1.0.0', state: 'running' });
    const events = await recorded(fixture);
    expect(events.at(-1)).toMatchObject({
      action: 'plugin-refused',
      decision: 'denied',
      reason: 'growth_not_accepted',
      pluginVersion: '1.1.0',
      growth: { count: 1, families: ['tool:network:http'] },
    });
    expect(JSON.stringify(events)).not.toContain('private-name');
  });

  test('is installed with its digest, and with no other', async () => {
    const fixture = await foundWorkspace();
    const { block, root } = fixture;
    await block.installPlugin(root, first());
    const acceptedGrowth = await digestOf(fixture, grown());
    const other = await digestOf(fixture, grown({ version: '1.2.0' }));
    expect(await block.installPlugin(root, { ...grown(), acceptedGrowth: other })).toMatchObject({
      error: { reason: 'growth_not_accepted' },
    });
    expect(await block.installPlugin(root, { ...grown(), acceptedGrowth })).toMatchObject({
      ok: true,
      value: { version: '1.1.0', state: 'running', growth: { added: [SECRET_HOST] } },
    });
    expect((await recorded(fixture)).at(-1)).toMatchObject({
      action: 'plugin-installed',
      growth: { count: 1, families: ['tool:network:http'] },
    });
  });

  test('needs an installer whose live grants cover what is new', async () => {
    const fixture = await foundWorkspace();
    const { block, root } = fixture;
    await block.installPlugin(root, first());
    const request = { ...grown(), acceptedGrowth: await digestOf(fixture, grown()) };
    const poor = await issue(fixture, root, { grants: ['system:plugin:install', A] });
    expect(await block.installPlugin(poor, request)).toMatchObject({
      error: { code: 'growth_refused', reason: 'growth_not_held' },
    });
    const rich = await issue(fixture, root, { grants: ['system:plugin:install', SECRET_HOST] });
    expect(await block.installPlugin(rich, request)).toMatchObject({ ok: true });
  });

  test('is not accepted by who has lost his token', async () => {
    const fixture = await foundWorkspace();
    const { block, root } = fixture;
    await block.installPlugin(root, first());
    const request = { ...grown(), acceptedGrowth: await digestOf(fixture, grown()) };
    const holder = await issue(fixture, root, { grants: ['*'] });
    await block.revokeToken(root, holder.token.id);
    expect(await block.installPlugin(holder, request)).toMatchObject({
      error: { reason: 'growth_not_held' },
    });
  });
});

describe('a signature', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const key = {
    keyId: 'ops',
    publicKey: publicKey
      .export({ format: 'der', type: 'spki' })
      .subarray(-32)
      .toString('base64url'),
  };

  function signatureOf(request: InstallPlugin, by: KeyObject = privateKey): PluginSignature {
    const hashes = {
      manifestSha256: manifestSha256(JSON.parse(request.manifestText), sha256Hex),
      codeSha256: request.plugin.codeHash,
    };
    return { keyId: 'ops', signature: sign(null, toSignedBytes(hashes), by).toString('base64url') };
  }

  async function trusting(facts: Partial<PluginPolicy> = {}): Promise<Fixture> {
    const fixture = await foundWorkspace();
    const plugins = { ...DEFAULT_PLUGIN_POLICY, trustedKeys: [key], ...facts };
    await fixture.block.change(fixture.root, { policy: { ...DEFAULT_POLICY, plugins } });
    return fixture;
  }

  const signed = (request = upload()): InstallPlugin => ({
    ...request,
    signature: signatureOf(request),
  });

  test('is in the registry and on the record by the key that made it', async () => {
    const fixture = await trusting({ requireSignature: true });
    const { block, root } = fixture;
    expect(await block.installPlugin(root, signed())).toMatchObject({ value: { signedBy: 'ops' } });
    expect(await block.listPlugins()).toMatchObject([{ name: 'stats', signedBy: 'ops' }]);
    expect((await recorded(fixture)).at(-1)).toMatchObject({
      action: 'plugin-installed',
      signedBy: 'ops',
    });
  });

  test('is not what the request says of itself', async () => {
    const { block, root } = await trusting();
    const request = upload();
    const boasting = { ...request, plugin: { ...request.plugin, signedBy: 'ops' } };
    expect(await block.installPlugin(root, boasting)).toMatchObject({ ok: true });
    expect((await block.listPlugins())[0]?.signedBy).toBeUndefined();
  });

  test.each<[string, Partial<PluginPolicy>, () => InstallPlugin, string]>([
    ['that is missing', { requireSignature: true }, () => upload(), 'signature_missing'],
    ['of an unknown key', { trustedKeys: [] }, signed, 'signature_key_unknown'],
    [
      'of a revoked key',
      { trustedKeys: [{ ...key, revoked: true }] },
      signed,
      'signature_key_revoked',
    ],
    [
      'of another key under its name',
      {},
      () => ({
        ...upload(),
        signature: signatureOf(upload(), generateKeyPairSync('ed25519').privateKey),
      }),
      'signature_wrong',
    ],
    [
      'for other code',
      {},
      () => ({ ...upload(), signature: signatureOf(upload({}, 'module-2')) }),
      'signature_wrong',
    ],
    [
      'for another manifest',
      {},
      () => ({ ...upload(), signature: signatureOf(upload({ license: 'ISC' })) }),
      'signature_wrong',
    ],
    [
      'for other code by its own word',
      {},
      () => ({ ...upload(), signature: { ...signatureOf(upload()), codeSha256: sha256Hex('x') } }),
      'signature_other_code',
    ],
    [
      'for another manifest by its own word',
      {},
      () => ({
        ...upload(),
        signature: { ...signatureOf(upload()), manifestSha256: sha256Hex('x') },
      }),
      'signature_other_manifest',
    ],
  ])('%s is refused, with its own reason', async (_, policy, request, reason) => {
    const fixture = await trusting(policy);
    const { block, root } = fixture;
    expect(await block.installPlugin(root, request())).toMatchObject({
      error: { code: 'signature_refused', reason, errors: [{ pointer: '/signature' }] },
    });
    expect(await block.listPlugins()).toEqual([]);
    expect((await recorded(fixture)).at(-1)).toMatchObject({ action: 'plugin-refused', reason });
  });

  test('does not let a plugin grow by itself', async () => {
    const { block, root } = await trusting();
    await block.installPlugin(root, signed(first()));
    expect(await block.installPlugin(root, signed(grown()))).toMatchObject({
      error: { reason: 'growth_not_accepted' },
    });
  });

  test('added to what runs already is noted, and does not get lost again', async () => {
    const { block, root } = await trusting();
    await block.installPlugin(root, upload());
    expect(await block.installPlugin(root, signed())).toMatchObject({ value: { signedBy: 'ops' } });
    expect(await block.installPlugin(root, upload())).toMatchObject({ value: { signedBy: 'ops' } });
  });
});

test('an upload that its review refused is on the record, by code', async () => {
  const fixture = await foundWorkspace();
  await fixture.block.recordRefusedUpload(fixture.root, {
    ...{ reason: 'secret_in_code', plugin: 'stats', pluginVersion: '1.0.0', codeHash: 'c0de' },
  });
  expect((await recorded(fixture)).at(-1)).toMatchObject({
    ...{ action: 'plugin-refused', decision: 'denied', actor: 'user:root' },
    ...{ reason: 'secret_in_code', plugin: 'stats', pluginVersion: '1.0.0', codeHash: 'c0de' },
  });
});
