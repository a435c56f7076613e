import { describe, expect, test } from 'vitest';
import {
  isSecretName,
  MAX_SECRET_BYTES,
  MAX_SECRET_HOSTS,
  secretSchema,
} from '../../../src/core/vault/secret.ts';
import {
  findSecretReferences,
  readSecretReference,
} from '../../../src/core/vault/secret-reference.ts';

describe('isSecretName()', () => {
  test.each(['a', 'weather-key', 'a1-', `a${'b'.repeat(63)}`])('takes "%s"', (name) => {
    expect(isSecretName(name)).toBe(true);
  });

  test.each(['', 'A', '1a', '-a', 'a_b', 'a b', 'a:b', 'a*', 'é', 'a\n', `a${'b'.repeat(64)}`])(
    'refuses %j',
    (name) => {
      expect(isSecretName(name)).toBe(false);
    },
  );
});

describe('secretSchema', () => {
  const isValid = (secret: object) => secretSchema.safeParse(secret).success;
  const hosts = ['api.example.com:443', '[2001:db8::1]:8443', '127.0.0.1:80'];

  test('bounds the value in characters below and in bytes above', () => {
    expect(isValid({ value: 'é'.repeat(8), hosts })).toBe(true);
    expect(isValid({ value: 'é'.repeat(7), hosts })).toBe(false);
    expect(isValid({ value: 'é'.repeat(MAX_SECRET_BYTES / 2), hosts })).toBe(true);
    expect(isValid({ value: `${'é'.repeat(MAX_SECRET_BYTES / 2)}x`, hosts })).toBe(false);
    expect(isValid({ value: `12345678\ud800`, hosts })).toBe(false);
  });

  test('wants hosts, which may be none and may be no patterns', () => {
    const value = '12345678';
    expect(isValid({ value, hosts: [] })).toBe(true);
    expect(isValid({ value })).toBe(false);
    const many = Array.from({ length: MAX_SECRET_HOSTS + 1 }, (_, at) => `h${at}.example:1`);
    expect([isValid({ value, hosts: many.slice(1) }), isValid({ value, hosts: many })]).toEqual([
      true,
      false,
    ]);
    for (const host of [
      '*',
      '*:443',
      'a.example',
      'a.example:0',
      'a.example:65536',
      'A.example:1',
    ]) {
      expect(isValid({ value, hosts: [host] }), host).toBe(false);
    }
  });
});

describe('readSecretReference()', () => {
  test('reads exactly one form', () => {
    expect(readSecretReference({ secret: 'weather-key' })).toBe('weather-key');
    for (const other of [
      ...['weather-key', null, undefined, 1, [], ['secret'], {}, { secret: 1 }, { secret: 'A' }],
      ...[{ secret: 'a', more: 1 }, { Secret: 'a' }, { secret: { secret: 'a' } }],
    ]) {
      expect(readSecretReference(other)).toBeUndefined();
    }
  });
});

test('findSecretReferences() names each secret once, and none that lies deeper', () => {
  const settings = {
    ...{ a: { secret: 'one' }, b: { secret: 'two' }, c: { secret: 'one' } },
    ...{ d: 'one', e: { deep: { secret: 'three' } } },
  };
  expect(findSecretReferences(settings)).toEqual(['one', 'two']);
});
