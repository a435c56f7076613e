import { createHash, createPrivateKey, sign } from 'node:crypto';
import { describe, expect, test, vi } from 'vitest';
import { verifyEd25519 } from '../../../src/blocks/kit/signatures.ts';
import {
  judgeSignature,
  type SignatureQuestion,
} from '../../../src/core/manifest/judge-signature.ts';
import {
  MAX_SIGNATURE_BYTES,
  manifestSha256,
  type PluginSignature,
  parseSignature,
  toSignedBytes,
} from '../../../src/core/manifest/plugin-signature.ts';

const sha256Hex = (text: string) => createHash('sha256').update(text).digest('hex');

/** Test vector, as documented in `docs/plugins/review.md`; the seed is that of RFC 8032, test 1. */
const VECTOR = {
  seed: '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
  publicKey: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
  manifest: { version: '1.0.0', name: 'text-stats', license: 'Apache-2.0', capabilities: [] },
  canonical: '{"capabilities":[],"license":"Apache-2.0","name":"text-stats","version":"1.0.0"}',
  code: Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00),
  manifestSha256: '8e13f51f63e533f66c197c8681d6095f94e0e3d5b3aef92356ac6b92cd701e0d',
  codeSha256: '93a44bbb96c751218e4c00d479e4c14358122a389acca16205b1e4d0dc5f9476',
  signature:
    '3FgV-WiLHD8ykOxsWgw4PG1ADKfo92pdK1oN17eZmHadMtEnasgAE5ZYRkcC85XyZIMkSQLjs0FUGw1ct3evAg',
};

const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const keyOf = (seed: string) =>
  createPrivateKey({
    key: Buffer.concat([PKCS8, Buffer.from(seed, 'hex')]),
    format: 'der',
    type: 'pkcs8',
  });
const signed = (bytes: Uint8Array, seed = VECTOR.seed) =>
  sign(null, bytes, keyOf(seed)).toString('base64url');

const hashes = {
  manifestSha256: manifestSha256(VECTOR.manifest, sha256Hex),
  codeSha256: createHash('sha256').update(VECTOR.code).digest('hex'),
};
const signature: PluginSignature = { keyId: 'ops', signature: signed(toSignedBytes(hashes)) };
const trusted = { keyId: 'ops', publicKey: VECTOR.publicKey };

const judge = (changes: Partial<SignatureQuestion> = {}) =>
  judgeSignature({
    signature,
    hashes,
    policy: { trustedKeys: [trusted], requireSignature: true },
    verify: verifyEd25519,
    ...changes,
  });
const refusal = (error: string) => ({ ok: false, error });

describe('what is signed', () => {
  test('is a line of its own kind and the two hashes', () => {
    expect(Buffer.from(toSignedBytes(hashes)).toString('latin1')).toBe(
      `sallyport-plugin-v1\n${hashes.manifestSha256}\n${hashes.codeSha256}\n`,
    );
    expect(toSignedBytes(hashes)).toHaveLength(150);
  });

  test('is what the documented vector says', () => {
    expect({ ...hashes, signature: signature.signature }).toEqual({
      manifestSha256: VECTOR.manifestSha256,
      codeSha256: VECTOR.codeSha256,
      signature: VECTOR.signature,
    });
    expect(sha256Hex(VECTOR.canonical)).toBe(VECTOR.manifestSha256);
  });

  test('is the manifest as a value, however it is written', () => {
    const { version, name, ...rest } = VECTOR.manifest;
    expect(manifestSha256({ ...rest, name, version }, sha256Hex)).toBe(hashes.manifestSha256);
    expect(manifestSha256({ ...VECTOR.manifest, name: 'other' }, sha256Hex)).not.toBe(
      hashes.manifestSha256,
    );
  });
});

describe('judgeSignature()', () => {
  test('names the key whose signature holds', () => {
    expect(judge()).toEqual({ ok: true, value: 'ops' });
    expect(judge({ signature: { ...signature, ...hashes } })).toEqual({ ok: true, value: 'ops' });
  });

  test('asks for a signature where policy does, and nowhere else', () => {
    const policy = { trustedKeys: [trusted], requireSignature: false };
    expect(judge({ signature: undefined })).toEqual(refusal('signature_missing'));
    expect(judge({ signature: undefined, policy })).toEqual({ ok: true, value: undefined });
  });

  test('never passes a bad signature over, also where none is needed', () => {
    const policy = { trustedKeys: [trusted], requireSignature: false };
    const wrong = { ...signature, signature: signed(Buffer.from('something else')) };
    expect(judge({ signature: wrong, policy })).toEqual(refusal('signature_wrong'));
    expect(judge({ policy: { ...policy, trustedKeys: [] } })).toEqual(
      refusal('signature_key_unknown'),
    );
  });

  test('refuses a key that is unknown, and one that was revoked', () => {
    expect(judge({ signature: { ...signature, keyId: 'dev' } })).toEqual(
      refusal('signature_key_unknown'),
    );
    const trustedKeys = [{ ...trusted, revoked: true }];
    expect(judge({ policy: { trustedKeys, requireSignature: true } })).toEqual(
      refusal('signature_key_revoked'),
    );
  });

  test('refuses the signature of another key under this key’s name', () => {
    const other = signed(toSignedBytes(hashes), '00'.repeat(32));
    expect(judge({ signature: { keyId: 'ops', signature: other } })).toEqual(
      refusal('signature_wrong'),
    );
  });

  test('refuses a signature for other code, another manifest or another name', () => {
    const otherHashes = [
      { ...hashes, codeSha256: sha256Hex('other code') },
      {
        ...hashes,
        manifestSha256: manifestSha256({ ...VECTOR.manifest, version: '2.0.0' }, sha256Hex),
      },
      {
        ...hashes,
        manifestSha256: manifestSha256({ ...VECTOR.manifest, name: 'else' }, sha256Hex),
      },
      { manifestSha256: hashes.codeSha256, codeSha256: hashes.manifestSha256 },
    ];
    for (const other of otherHashes) {
      const bytes = signed(toSignedBytes(other));
      expect(judge({ signature: { keyId: 'ops', signature: bytes } })).toEqual(
        refusal('signature_wrong'),
      );
    }
  });

  test('says which of the two differs when the signer has said what it is for', () => {
    const otherCode = { ...hashes, codeSha256: sha256Hex('other code') };
    const otherManifest = { ...hashes, manifestSha256: sha256Hex('{}') };
    const forged = (stated: typeof hashes) => ({
      keyId: 'ops',
      signature: signed(toSignedBytes(stated)),
      ...stated,
    });
    expect(judge({ signature: forged(otherCode) })).toEqual(refusal('signature_other_code'));
    expect(judge({ signature: forged(otherManifest) })).toEqual(
      refusal('signature_other_manifest'),
    );
  });

  test('takes no word for it: what the signature says it is for is not what is verified', () => {
    const lying = {
      keyId: 'ops',
      signature: signed(toSignedBytes({ ...hashes, codeSha256: sha256Hex('x') })),
      ...hashes,
    };
    expect(judge({ signature: lying })).toEqual(refusal('signature_wrong'));
  });

  test('does not ask about the text of another use of the key', () => {
    const texts = [
      `${hashes.manifestSha256}\n${hashes.codeSha256}\n`,
      `sallyport-plugin-v2\n${hashes.manifestSha256}\n${hashes.codeSha256}\n`,
      `sallyport-plugin-v1\n${hashes.manifestSha256}\n${hashes.codeSha256}`,
    ];
    for (const text of texts) {
      const other = { keyId: 'ops', signature: signed(Buffer.from(text)) };
      expect(judge({ signature: other })).toEqual(refusal('signature_wrong'));
    }
  });

  test('verifies nothing before the key is known to be trusted', () => {
    const verify = vi.fn(() => true);
    judge({ signature: { ...signature, keyId: 'dev' }, verify });
    expect(verify).not.toHaveBeenCalled();
  });
});

describe('parseSignature()', () => {
  const parse = (value: unknown) => parseSignature(JSON.stringify(value));

  test('reads the two members, and what it is for', () => {
    expect(parse(signature)).toEqual({ ok: true, value: signature });
    expect(parse({ ...signature, ...hashes })).toEqual({
      ok: true,
      value: { ...signature, ...hashes },
    });
  });

  test.each([
    ['nothing', ''],
    ['no JSON', '{'],
    ['a list', '[]'],
    ['a bare signature', JSON.stringify(signature.signature)],
    ['a member too many', JSON.stringify({ ...signature, publicKey: VECTOR.publicKey })],
    ['a key given twice', `{"keyId":"dev",${JSON.stringify(signature).slice(1)}`],
    ['no key', JSON.stringify({ signature: signature.signature })],
    [
      '63 bytes',
      JSON.stringify({ ...signature, signature: Buffer.alloc(63).toString('base64url') }),
    ],
    [
      '65 bytes',
      JSON.stringify({ ...signature, signature: Buffer.alloc(65).toString('base64url') }),
    ],
    ['padding', JSON.stringify({ ...signature, signature: `${signature.signature}==` })],
    ['a hash in capitals', JSON.stringify({ ...signature, codeSha256: 'A'.repeat(64) })],
    ['a key id in capitals', JSON.stringify({ ...signature, keyId: 'Ops' })],
  ])('refuses %s', (_, text) => {
    expect(parseSignature(text)).toEqual(refusal('signature_malformed'));
  });

  test('bounds the length', () => {
    const text = JSON.stringify(signature);
    expect(parseSignature(text.padEnd(MAX_SIGNATURE_BYTES)).ok).toBe(true);
    expect(parseSignature(text.padEnd(MAX_SIGNATURE_BYTES + 1)).ok).toBe(false);
  });
});
