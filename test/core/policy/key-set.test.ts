import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  hasKey,
  MAX_KEY_ID_CHARACTERS,
  MAX_KEYS,
  readKeySet,
} from '../../../src/core/policy/key-set.ts';
import type { JsonObject, JsonValue } from '../../../src/core/primitives/json.ts';

const rsa = (modulusLength: number) =>
  generateKeyPairSync('rsa', { modulusLength }).publicKey.export({ format: 'jwk' }) as JsonObject;
const ec = (namedCurve: string) =>
  generateKeyPairSync('ec', { namedCurve }).publicKey.export({ format: 'jwk' }) as JsonObject;

const RSA: JsonObject = { ...rsa(2_048), kid: 'a', alg: 'RS256', use: 'sig' };
const read = (...keys: JsonValue[]) => readKeySet({ keys });

describe('readKeySet()', () => {
  test('keeps the public members of keys for signatures', () => {
    const ed = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }) as JsonObject;
    expect(
      read({ ...RSA, d: 'secret', x5c: ['x'] }, ec('P-256'), ec('P-384'), ec('P-521'), ed),
    ).toEqual([
      { kty: 'RSA', kid: 'a', alg: 'RS256', n: RSA.n, e: RSA.e },
      ...[expect.anything(), expect.anything(), expect.anything(), ed],
    ]);
    const longest = { ...RSA, n: 'A'.repeat(1_366), e: 'A'.repeat(8), key_ops: ['sign', 'verify'] };
    expect(read(longest, { ...RSA, n: 'A'.repeat(342), key_ops: ['verify'] })).toHaveLength(2);
    expect(hasKey(read(RSA) ?? [], 'a')).toBe(true);
    expect(hasKey(read(RSA) ?? [], 'b')).toBe(false);
  });

  test.each<[string, JsonValue]>([
    ['for encryption', { ...RSA, use: 'enc' }],
    ['for signing alone', { ...RSA, key_ops: ['sign'] }],
    ['a shared secret', { kty: 'oct', k: 'AA', kid: 'a' }],
    ['of an odd curve', ec('secp256k1')],
    ['without its modulus', { kty: 'RSA', e: 'AQAB' }],
    ['with a modulus that is no text', { ...RSA, n: 7 }],
    ['with a modulus in other digits', { ...RSA, n: `${RSA.n}=`.replace(/./, '+') }],
    ['with a giant exponent', { ...RSA, e: 'A'.repeat(9) }],
    ['with a giant modulus', { ...RSA, n: 'A'.repeat(1_367) }],
    ['with a modulus one digit short', { ...RSA, n: 'A'.repeat(341) }],
    ['with no exponent', { ...RSA, e: '' }],
    ['with half a point', { ...ec('P-256'), y: 'A'.repeat(89) }],
    ['with words before its point', { ...ec('P-256'), x: `x ${ec('P-256').x}` }],
    ['too small to prove anything', { ...rsa(1_024), kid: 'a' }],
    ['whose id is no text', { ...RSA, kid: 7 }],
    ['whose id is empty', { ...RSA, kid: '' }],
    ['whose id is too long', { ...RSA, kid: 'k'.repeat(MAX_KEY_ID_CHARACTERS + 1) }],
    ['that is no object', 'RSA'],
  ])('drops a key %s', (_, key) => {
    expect(read(key, RSA)).toHaveLength(1);
  });

  test('keeps an id of the longest kind, and a key without one', () => {
    const { kid: _, ...nameless } = RSA;
    expect(read({ ...RSA, kid: 'k'.repeat(MAX_KEY_ID_CHARACTERS) }, nameless)).toHaveLength(2);
  });

  test('refuses a set with too many keys, and what is no set', () => {
    expect(read(...Array(MAX_KEYS).fill(RSA))).toHaveLength(MAX_KEYS);
    expect(read(...Array(MAX_KEYS + 1).fill(RSA))).toBeUndefined();
    for (const none of [null, [], 'keys', { keys: {} }, {}])
      expect(readKeySet(none)).toBeUndefined();
  });
});
