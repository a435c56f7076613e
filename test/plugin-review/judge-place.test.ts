import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { parseManifest } from '../../src/core/manifest/manifest.ts';
import { manifestSha256, toSignedBytes } from '../../src/core/manifest/plugin-signature.ts';
import { toRegisteredPlugin } from '../../src/core/manifest/to-registered-plugin.ts';
import { DEFAULT_PLUGIN_POLICY, type PluginPolicy } from '../../src/core/policy/plugin-policy.ts';
import { DEFAULT_POLICY } from '../../src/core/policy/policy.ts';
import { ROOT_GRANTS } from '../../src/core/policy/token-facts.ts';
import type { Surroundings, WorkspaceFacts } from '../../src/plugin-review/submission.ts';
import { grants, NOW, patterns, plugin, tool } from '../core/policy/authority-builder.ts';
import {
  findingsOf,
  type Given,
  importing,
  manifestOf,
  moduleOf,
  PLATFORM,
  review,
} from './support/upload.ts';

const CODE = moduleOf(importing('http_request'));
const A = 'tool:network:http:a.example.org:443';
const B = 'tool:network:http:b.example.org:443';

function installed(changes: object, signedBy?: string): WorkspaceFacts['current'] {
  const manifest = manifestOf(changes);
  const parsed = parseManifest(manifest);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  const codeHash = PLATFORM.sha256Hex(CODE);
  const registered = toRegisteredPlugin({ manifest: parsed.value, codeHash, tierFloor: 'wasm' });
  return { plugin: { ...registered, ...(signedBy !== undefined && { signedBy }) }, manifest };
}

const workspace = (facts: Partial<WorkspaceFacts> = {}): Surroundings => ({
  trust: DEFAULT_PLUGIN_POLICY,
  workspace: {
    policy: DEFAULT_POLICY,
    others: [],
    installer: { grants: ROOT_GRANTS, now: NOW },
    ...facts,
  },
});
const given = (changes: Given): Given => ({
  code: CODE,
  manifest: { capabilities: [A] },
  ...changes,
});

describe('the place of a plugin', () => {
  test('has nothing to say of one that is new', () => {
    expect(findingsOf(given({ surroundings: workspace() }))).toEqual([]);
  });

  test('has one version of each, and only higher ones after it', () => {
    const current = installed({ capabilities: [A] });
    expect(findingsOf(given({ surroundings: workspace({ ...(current && { current }) }) }))).toEqual(
      [],
    );
    const older = installed({ capabilities: [A], version: '1.0.1' });
    expect(
      findingsOf(given({ surroundings: workspace({ ...(older && { current: older }) }) })),
    ).toEqual(['refuse version_not_higher /version']);
  });

  test('has one tool of each name', () => {
    const others = [plugin({ name: 'other', tools: [tool('run')] })];
    expect(findingsOf(given({ surroundings: workspace({ others }) }))).toEqual([
      'refuse tool_name_taken /tools/0/name',
    ]);
  });

  test('may allow less than the plugin asks for', () => {
    const policy = { ...DEFAULT_POLICY, deny: patterns('tool:network:http:*:443') };
    expect(findingsOf(given({ surroundings: workspace({ policy }) }))).toEqual([
      'warn capability_not_allowed /capabilities',
    ]);
    const narrow = { ...DEFAULT_POLICY, allow: patterns('tool:call:*') };
    expect(findingsOf(given({ surroundings: workspace({ policy: narrow }) }))).toEqual([
      'warn capability_not_allowed /capabilities',
    ]);
  });
});

describe('an upgrade that grows', () => {
  const current = installed({ capabilities: [A] });
  const next = { version: '1.1.0', capabilities: [A, B] };
  const upgrade = (facts: Partial<WorkspaceFacts> = {}, acceptedGrowth?: string) =>
    given({
      manifest: next,
      surroundings: workspace({ ...(current && { current }), ...facts }),
      ...(acceptedGrowth !== undefined && { acceptedGrowth }),
    });

  test('is refused with a diff, until its digest is handed in', () => {
    const { review: seen, accepted } = review(upgrade());
    const growth = seen.capabilities?.growth;
    expect(seen.verdict).toBe('refused');
    expect(growth).toMatchObject({ added: [B], widened: [], removed: [] });
    expect(accepted).toBeDefined(); // the workspace has the last word
    expect(findingsOf(upgrade())).toEqual(['refuse growth_not_accepted /capabilities']);
    expect(findingsOf(upgrade({}, growth?.digest))).toEqual(['warn growth_accepted /capabilities']);
    expect(findingsOf(upgrade({}, '0'.repeat(64)))).toEqual([
      'refuse growth_not_accepted /capabilities',
    ]);
  });

  test('wants an installer who holds what is new', () => {
    const digest = review(upgrade()).review.capabilities?.growth?.digest;
    const installer = { grants: grants(A), now: NOW };
    expect(findingsOf(upgrade({ installer }, digest))).toEqual([
      'refuse growth_not_held /capabilities',
    ]);
    const holder = { grants: grants(B), now: NOW };
    expect(findingsOf(upgrade({ installer: holder }, digest))).toEqual([
      'warn growth_accepted /capabilities',
    ]);
  });
});

describe('an upgrade that asks for more trust', () => {
  const before = installed({ capabilities: [A] });
  const [run] = manifestOf({}).tools as readonly object[];
  const vouching = { ...run, outputSchema: { 'x-sallyport-integrity': 'trusted' } };
  const upgrade = (acceptedGrowth?: string) =>
    given({
      manifest: { version: '1.1.0', capabilities: [A], tools: [vouching] },
      surroundings: workspace({
        ...(before && { current: before }),
        installer: { grants: [], now: NOW },
      }),
      ...(acceptedGrowth !== undefined && { acceptedGrowth }),
    });

  test('is refused until its digest is handed in, and needs no further grant', () => {
    const { growth } = review(upgrade()).review.capabilities ?? {};
    expect(growth?.loosened).toEqual([{ tool: 'run', what: 'vouches-for-more', pointer: '' }]);
    expect(findingsOf(upgrade())).toEqual(['refuse growth_not_accepted /capabilities']);
    expect(findingsOf(upgrade(growth?.digest))).toEqual(['warn growth_accepted /capabilities']);
  });
});

describe('a signature', () => {
  const seed = Buffer.alloc(32, 7);
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  const key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey(key).export({ format: 'jwk' }).x ?? '';
  const sha = (text: string) => PLATFORM.sha256Hex(text);

  function signatureOf(
    changes: object = { capabilities: [A] },
    code = CODE,
    keyId = 'ops',
  ): string {
    const hashes = {
      manifestSha256: manifestSha256(manifestOf(changes), sha),
      codeSha256: PLATFORM.sha256Hex(code),
    };
    const signature = sign(null, toSignedBytes(hashes), key).toString('base64url');
    return JSON.stringify({ keyId, signature });
  }

  const trusting = (facts: Partial<PluginPolicy> = {}): Surroundings => ({
    trust: { ...DEFAULT_PLUGIN_POLICY, trustedKeys: [{ keyId: 'ops', publicKey }], ...facts },
  });

  test('of a trusted key is named', () => {
    const signed = given({ signature: signatureOf(), surroundings: trusting() });
    expect(review(signed).review).toMatchObject({ verdict: 'acceptable', signedBy: 'ops' });
    expect(review(signed).accepted?.signature?.keyId).toBe('ops');
  });

  test.each<[string, Given, string]>([
    [
      'missing where one is required',
      { surroundings: trusting({ requireSignature: true }) },
      'signature_missing',
    ],
    [
      'by a key that nobody trusts',
      { signature: signatureOf(undefined, CODE, 'dev'), surroundings: trusting() },
      'signature_key_unknown',
    ],
    [
      'by a key that was revoked',
      {
        signature: signatureOf(),
        surroundings: trusting({ trustedKeys: [{ keyId: 'ops', publicKey, revoked: true }] }),
      },
      'signature_key_revoked',
    ],
    [
      'for other code',
      { signature: signatureOf(undefined, moduleOf()), surroundings: trusting() },
      'signature_wrong',
    ],
    [
      'for another manifest',
      { signature: signatureOf({ version: '2.0.0', capabilities: [A] }), surroundings: trusting() },
      'signature_wrong',
    ],
    [
      'for another name',
      { signature: signatureOf({ name: 'other', capabilities: [A] }), surroundings: trusting() },
      'signature_wrong',
    ],
    [
      'no signature at all',
      { signature: 'signed, the author', surroundings: trusting() },
      'signature_malformed',
    ],
  ])('%s is refused', (_, changes, code) => {
    expect(findingsOf(given(changes))).toEqual([`refuse ${code} /signature`]);
  });

  test('that cannot be read is never taken for none', () => {
    for (const surroundings of [trusting(), {}]) {
      const { accepted } = review(given({ signature: '{}', surroundings }));
      expect(accepted).toBeUndefined();
    }
  });

  test('is not judged where no key is known', () => {
    const unchecked = given({ signature: signatureOf() });
    expect(findingsOf(unchecked)).toEqual(['warn signature_unchecked /signature']);
    expect(review(unchecked).review.signedBy).toBeUndefined();
  });

  test('by somebody else than before, or by nobody any more, is warned of', () => {
    const current = installed({ capabilities: [A], version: '0.9.0' }, 'ops');
    const facts = {
      ...trusting(),
      workspace: workspace({ ...(current && { current }) }).workspace!,
    };
    expect(findingsOf(given({ surroundings: facts }))).toEqual(['warn signer_changed /signature']);
    expect(findingsOf(given({ surroundings: facts, signature: signatureOf() }))).toEqual([]);
    const twin = installed({ capabilities: [A], version: '0.9.0' }, 'old');
    const others = { ...facts, workspace: { ...facts.workspace, ...(twin && { current: twin }) } };
    expect(findingsOf(given({ surroundings: others, signature: signatureOf() }))).toEqual([
      'warn signer_changed /signature',
    ]);
  });
});
