import { createHash, createPublicKey, verify } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { NODE_PLATFORM } from '../../src/cli/plugin/review-platform.ts';
import { judgeSignature } from '../../src/core/manifest/judge-signature.ts';
import { manifestSha256, parseSignature } from '../../src/core/manifest/plugin-signature.ts';
import { isPublicKey } from '../../src/core/policy/plugin-policy.ts';
import { reviewPlugin } from '../../src/plugin-review/review-plugin.ts';
import { runCommand, temporaryFolder } from './support/run-command.ts';

const MANIFEST = {
  name: 'signed',
  version: '1.0.0',
  kind: 'tool',
  tier: 'wasm',
  license: 'Apache-2.0',
  capabilities: [],
};
const MODULE = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);

const sha256Hex = (content: string | Uint8Array) =>
  createHash('sha256').update(content).digest('hex');

/** A folder with a plugin and a key, and the key's public half. */
async function prepared() {
  const folder = temporaryFolder();
  const key = join(folder, 'ada.key');
  writeFileSync(join(folder, 'plugin.json'), JSON.stringify(MANIFEST, null, 2));
  writeFileSync(join(folder, 'plugin.wasm'), MODULE);
  const made = await runCommand('plugin', 'keygen', key, '--json');
  return { folder, key, trusted: JSON.parse(made.out) };
}

function judge(text: string, trusted: { keyId: string; publicKey: string }, module = MODULE) {
  const signature = parseSignature(text);
  if (!signature.ok) throw new Error(signature.error);
  return judgeSignature({
    signature: signature.value,
    hashes: {
      manifestSha256: manifestSha256(MANIFEST, sha256Hex),
      codeSha256: sha256Hex(module),
    },
    policy: { trustedKeys: [trusted], requireSignature: true },
    verify: (publicKey, message, bytes) => {
      const x = Buffer.from(publicKey).toString('base64url');
      const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
      return verify(null, message, key, bytes);
    },
  });
}

describe('plugin keygen', () => {
  test('makes a key that only its owner reads, and shows its public half alone', async () => {
    const { key, trusted } = await prepared();
    expect(statSync(key).mode & 0o777).toBe(0o600);
    const kept = JSON.parse(readFileSync(key, 'utf8'));
    expect(trusted).toEqual({ keyId: 'ada', publicKey: kept.publicKey });
    expect(isPublicKey(trusted.publicKey)).toBe(true);
    const shown = await runCommand('plugin', 'keygen', join(temporaryFolder(), 'x'));
    expect(shown.out).not.toContain(kept.privateKey);
    expect(shown.out).toContain('"publicKey"');
  });

  test('makes another key each time, and never in the place of one', async () => {
    const { key } = await prepared();
    const before = readFileSync(key, 'utf8');
    const again = await runCommand('plugin', 'keygen', key);
    expect(again).toMatchObject({ exit: 2, out: '' });
    expect(readFileSync(key, 'utf8')).toBe(before);
    const other = await prepared();
    expect(readFileSync(other.key, 'utf8')).not.toBe(before);
  });

  test('follows no dangling link', async () => {
    const folder = temporaryFolder();
    symlinkSync(join(folder, 'elsewhere'), join(folder, 'key'));
    expect((await runCommand('plugin', 'keygen', join(folder, 'key'))).exit).toBe(2);
    expect(existsSync(join(folder, 'elsewhere'))).toBe(false);
  });

  test.each(['Ada', '-', '', 'a b', 'a'.repeat(65)])('refuses the name %j', async (id) => {
    const file = join(temporaryFolder(), 'key');
    expect((await runCommand('plugin', 'keygen', file, `--id=${id}`)).exit).toBe(2);
    expect(existsSync(file)).toBe(false);
  });
});

describe('plugin sign', () => {
  test('makes a signature that a workspace with the key accepts', async () => {
    const { folder, key, trusted } = await prepared();
    const ran = await runCommand('plugin', 'sign', folder, '--key', key);
    expect(ran).toMatchObject({ exit: 0, problems: '' });
    const text = readFileSync(join(folder, 'plugin.sig.json'), 'utf8');
    expect(judge(text, trusted)).toEqual({ ok: true, value: 'ada' });
    expect(judge(text, trusted, new Uint8Array([1]))).toEqual({
      ok: false,
      error: 'signature_other_code',
    });
    const other = await prepared();
    expect(judge(text, other.trusted)).toEqual({ ok: false, error: 'signature_wrong' });
  });

  test('does not depend on how the manifest is laid out', async () => {
    const { folder, key, trusted } = await prepared();
    const reversed = Object.fromEntries(Object.entries(MANIFEST).reverse());
    writeFileSync(join(folder, 'plugin.json'), JSON.stringify(reversed));
    const ran = await runCommand('plugin', 'sign', folder, '--key', key, '--json');
    expect(judge(ran.out, trusted).ok).toBe(true);
  });

  test('signs a module beside its manifest, and one that is elsewhere', async () => {
    const { folder, key, trusted } = await prepared();
    const elsewhere = join(temporaryFolder(), 'm.wasm');
    writeFileSync(elsewhere, MODULE);
    const beside = await runCommand(
      ...['plugin', 'sign', '--module', join(folder, 'plugin.wasm'), '--key', key, '--json'],
    );
    expect(judge(beside.out, trusted).ok).toBe(true);
    const named = await runCommand(
      ...['plugin', 'sign', '--module', elsewhere, '--key', key, '--json'],
      ...['--manifest', join(folder, 'plugin.json')],
    );
    expect(judge(named.out, trusted).ok).toBe(true);
    const alone = await runCommand('plugin', 'sign', '--module', elsewhere, '--key', key);
    expect(alone.exit).toBe(2);
  });

  test('signs a plugin for a machine, of which the manifest alone is uploaded', async () => {
    const { folder, key, trusted } = await prepared();
    const process = { command: ['/bin/true'] };
    const manifestText = JSON.stringify({ ...MANIFEST, tier: 'process', process });
    writeFileSync(join(folder, 'plugin.json'), manifestText);
    const signed = await runCommand('plugin', 'sign', folder, '--key', key, '--json');
    const trust = {
      trustedKeys: [trusted],
      requireSignature: true,
      bundledSecrets: 'refuse',
    } as const;
    const judged = (signatureText: string) =>
      reviewPlugin({ manifestText, signatureText }, NODE_PLATFORM, { trust }).review.verdict;
    expect(judged(signed.out)).toBe('acceptable');
    expect(judged(signed.out.replace('"keyId": "ada"', '"keyId": "bob"'))).toBe('refused');
  });

  test('takes the place of an older signature, and of nothing else', async () => {
    const { folder, key } = await prepared();
    const file = join(folder, 'plugin.sig.json');
    await runCommand('plugin', 'sign', folder, '--key', key);
    expect((await runCommand('plugin', 'sign', folder, '--key', key)).exit).toBe(0);
    writeFileSync(file, 'mine');
    expect((await runCommand('plugin', 'sign', folder, '--key', key)).exit).toBe(2);
    expect(readFileSync(file, 'utf8')).toBe('mine');
  });

  test('uses no key that others can read, no half of a pair, and nothing that is none', async () => {
    const { folder, key } = await prepared();
    const sign = () => runCommand('plugin', 'sign', folder, '--key', key);
    const kept = JSON.parse(readFileSync(key, 'utf8'));
    chmodSync(key, 0o640);
    expect((await sign()).problems).toContain('chmod 600');
    chmodSync(key, 0o600);
    const { publicKey } = JSON.parse(readFileSync((await prepared()).key, 'utf8'));
    for (const wrong of [{ ...kept, publicKey }, { ...kept, more: 1 }, { keyId: 'a' }, []]) {
      writeFileSync(key, JSON.stringify(wrong));
      const ran = await sign();
      expect(ran).toMatchObject({ exit: 2, out: '' });
      expect(ran.problems).not.toContain(kept.privateKey);
    }
    expect(existsSync(join(folder, 'plugin.sig.json'))).toBe(false);
  });
});
