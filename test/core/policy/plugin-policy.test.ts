import { describe, expect, test } from 'vitest';
import { readShape } from '../../../src/core/errors/pointer-errors.ts';
import {
  DEFAULT_PLUGIN_POLICY,
  isPublicKey,
  MAX_TRUSTED_KEYS,
  pluginPolicySchema,
} from '../../../src/core/policy/plugin-policy.ts';

const read = (policy: object) => readShape(pluginPolicySchema, policy);
const errorsOf = (policy: object) => {
  const result = read(policy);
  return result.ok ? [] : result.error.map(({ pointer }) => pointer);
};
const keyOf = (hex: string) => Buffer.from(hex, 'hex').toString('base64url');
const publicKeyOf = (index: number) => keyOf(index.toString(16).padStart(2, '0').repeat(32));
const key = (index: number, facts: object = {}) => ({
  keyId: `key-${index}`,
  publicKey: publicKeyOf(index + 2),
  ...facts,
});

describe('pluginPolicySchema', () => {
  test('trusts nobody and asks for nothing unless it says so, and refuses secrets', () => {
    expect(read({})).toEqual({ ok: true, value: DEFAULT_PLUGIN_POLICY });
    expect(DEFAULT_PLUGIN_POLICY).toEqual({
      trustedKeys: [],
      requireSignature: false,
      bundledSecrets: 'refuse',
    });
  });

  test('reads what it has read again as the same', () => {
    const policy = { trustedKeys: [key(0), key(1, { revoked: true })], requireSignature: true };
    const once = read(policy);
    expect(once).toMatchObject({ ok: true, value: policy });
    expect(once.ok && read(once.value)).toEqual(once);
  });

  test.each([
    ['an id with a capital', key(0, { keyId: 'Key' })],
    ['an empty id', key(0, { keyId: '' })],
    ['an id of 65 characters', key(0, { keyId: 'k'.repeat(65) })],
    ['a key of 31 bytes', key(0, { publicKey: keyOf('07'.repeat(31)) })],
    ['a key in hex', key(0, { publicKey: '07'.repeat(32) })],
    ['a secret beside it', key(0, { privateKey: 'x' })],
    ['a revocation that is no boolean', key(0, { revoked: 'yes' })],
  ])('refuses %s', (_, bad) => {
    expect(errorsOf({ trustedKeys: [bad] })).toHaveLength(1);
  });

  test('refuses one id for two keys, and one key under two ids', () => {
    expect(errorsOf({ trustedKeys: [key(0), key(1, { keyId: 'key-0' })] })).toEqual([
      '/trustedKeys/1/keyId',
    ]);
    const twin = key(1, { publicKey: key(0).publicKey });
    expect(errorsOf({ trustedKeys: [key(0, { revoked: true }), twin] })).toEqual([
      '/trustedKeys/1/publicKey',
    ]);
  });

  test('bounds the number of keys', () => {
    const keys = Array.from({ length: MAX_TRUSTED_KEYS + 1 }, (_, index) => key(index));
    expect(errorsOf({ trustedKeys: keys.slice(1) })).toEqual([]);
    expect(errorsOf({ trustedKeys: keys })).toEqual(['/trustedKeys']);
  });
});

describe('isPublicKey()', () => {
  test('refuses points of small order, under which a signature can hold for any text', () => {
    const smallOrder = [
      '00'.repeat(32),
      `01${'00'.repeat(31)}`,
      '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
      'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
      `ec${'ff'.repeat(30)}7f`,
      `ed${'ff'.repeat(30)}7f`,
      `ee${'ff'.repeat(30)}7f`,
    ];
    const withSign = smallOrder.map(
      (hex) => hex.slice(0, 62) + (Number.parseInt(hex.slice(62), 16) | 0x80).toString(16),
    );
    expect([...smallOrder, ...withSign].map(keyOf).filter(isPublicKey)).toEqual([]);
    expect(isPublicKey(keyOf(`02${'00'.repeat(31)}`))).toBe(true);
  });
});
