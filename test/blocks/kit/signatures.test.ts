import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { verifyEd25519 } from '../../../src/blocks/kit/signatures.ts';

declare global {
  interface ImportMeta {
    /** Vite's: the files that match, read when the test is bundled; none where there are none. */
    glob<T>(
      pattern: string,
      options: { readonly eager: true; readonly import: 'default' },
    ): Record<string, T>;
  }
}

interface Vectors {
  readonly testGroups: readonly {
    readonly publicKey: { readonly pk: string };
    readonly tests: readonly {
      readonly tcId: number;
      readonly msg: string;
      readonly sig: string;
      readonly result: 'valid' | 'invalid';
    }[];
  }[];
}

/** Wycheproof's, where the public test data is: see `test/support/public-data.ts`. */
const [vectors] = Object.values(
  import.meta.glob<Vectors>('../../../../shared/data/wycheproof-ed25519.json', {
    eager: true,
    import: 'default',
  }),
);
const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'));

describe('verifyEd25519()', () => {
  // RFC 8032, section 7.1, tests 1 to 3.
  test.each([
    [
      'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
      '',
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
    ],
    [
      '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
      '72',
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
    ],
    [
      'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
      'af82',
      '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
    ],
  ])('holds for %s', (key, message, signature) => {
    expect(verifyEd25519(bytes(key), bytes(message), bytes(signature))).toBe(true);
    expect(verifyEd25519(bytes(key), bytes(`${message}00`), bytes(signature))).toBe(false);
    const changed = bytes(signature);
    changed[0] = (changed[0] ?? 0) ^ 1;
    expect(verifyEd25519(bytes(key), bytes(message), changed)).toBe(false);
  });

  test.skipIf(vectors === undefined)('agrees with Wycheproof', () => {
    const wrong = (vectors?.testGroups ?? []).flatMap(({ publicKey, tests }) =>
      tests.filter(({ msg, sig, result }) => {
        const holds = verifyEd25519(bytes(publicKey.pk), bytes(msg), bytes(sig));
        return holds !== (result === 'valid');
      }),
    );
    expect(wrong.map(({ tcId }) => tcId)).toEqual([]);
  });

  test('holds for nothing that is no key or no signature', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const key = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }).subarray(-32));
    const message = bytes('00');
    const signature = new Uint8Array(sign(null, message, privateKey));
    expect(verifyEd25519(key, message, signature)).toBe(true);
    for (const length of [0, 31, 33]) {
      expect(verifyEd25519(new Uint8Array(length), message, signature)).toBe(false);
    }
    for (const length of [0, 63, 65]) {
      expect(verifyEd25519(key, message, new Uint8Array(length))).toBe(false);
    }
    expect(verifyEd25519(new Uint8Array(32).fill(0xff), message, signature)).toBe(false);
  });
});
