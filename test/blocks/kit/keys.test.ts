import { describe, expect, it } from 'vitest';
import {
  deriveKey,
  equalConstantTime,
  hmacHex,
  keyedHash,
  randomHex,
  sha256Hex,
} from '../../../src/blocks/kit/keys.ts';

const MASTER = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';
const OTHER_MASTER = 'AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';

describe('deriveKey()', () => {
  it('gives 32 bytes that depend on the master key and on the purpose', () => {
    const keys = [
      deriveKey(MASTER, 'ticket'),
      deriveKey(MASTER, 'token-check'),
      deriveKey(MASTER, 'audit-args:acme'),
      deriveKey(MASTER, 'audit-args:acme2'),
      deriveKey(OTHER_MASTER, 'ticket'),
    ];
    expect(keys.every((key) => key.length === 32)).toBe(true);
    expect(new Set(keys.map((key) => sha256Hex(key))).size).toBe(keys.length);
    expect(deriveKey(MASTER, 'ticket')).toEqual(keys[0]);
  });

  it('is HKDF-SHA256, so that another program can derive the same key', async () => {
    const secret = Uint8Array.from({ length: 32 }, (_, index) => index);
    const key = await crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveBits']);
    const info = new TextEncoder().encode('sallyport:ticket');
    const bits = await crypto.subtle.deriveBits(
      { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info },
      key,
      256,
    );
    expect(deriveKey(MASTER, 'ticket')).toEqual(new Uint8Array(bits));
  });

  it.each([
    ['no text', ''],
    ['31 bytes', MASTER.slice(0, 41)],
    ['33 bytes', `${MASTER}A`],
    ['a last digit with stray bits', `${MASTER.slice(0, 42)}9`],
    ['padding', `${MASTER}=`],
    ['ordinary base64', `+${MASTER.slice(1)}`],
  ])('refuses a master key of %s, without quoting it', (_, masterKey) => {
    expect(() => deriveKey(masterKey, 'ticket')).toThrow(
      /^Cannot use SALLYPORT_MASTER_KEY: it must be 32 bytes, base64url$/,
    );
  });
});

describe('hmacHex() and sha256Hex()', () => {
  it('agree with RFC 4231, case 2, and FIPS 180', () => {
    expect(hmacHex(new TextEncoder().encode('Jefe'), 'what do ya want for nothing?')).toBe(
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    );
    expect(sha256Hex('abc')).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });

  it('read text as UTF-8', () => {
    expect(sha256Hex('é')).toBe(sha256Hex(new Uint8Array([0xc3, 0xa9])));
  });
});

describe('keyedHash()', () => {
  it('is the HMAC under the key of its purpose', () => {
    expect(keyedHash(MASTER, 'session-ids')('x')).toBe(
      hmacHex(deriveKey(MASTER, 'session-ids'), 'x'),
    );
  });
});

describe('randomHex()', () => {
  it('gives as many bytes as asked for, never the same twice', () => {
    expect(randomHex(16)).toMatch(/^[0-9a-f]{32}$/);
    expect(new Set(Array.from({ length: 100 }, () => randomHex(16))).size).toBe(100);
  });
});

describe('equalConstantTime()', () => {
  it('compares texts of any length', () => {
    expect(equalConstantTime('', '')).toBe(true);
    expect(equalConstantTime('token', 'token')).toBe(true);
    expect(equalConstantTime('token', 'tokem')).toBe(false);
    expect(equalConstantTime('token', 'token ')).toBe(false);
    expect(equalConstantTime('é', 'e')).toBe(false);
  });
});
