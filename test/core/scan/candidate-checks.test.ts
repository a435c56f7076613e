import { describe, expect, test } from 'vitest';
import {
  crc32,
  entropyOf,
  judgeCandidate,
} from '../../../src/core/scan/secrets/candidate-checks.ts';

/** Digits, capitals, small letters: as GitHub writes its checksum (2021). */
function checksumOf(random: string): string {
  const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  let rest = BigInt(crc32(random));
  let written = '';
  for (let at = 0; at < 6; at++) {
    written = digits.charAt(Number(rest % 62n)) + written;
    rest /= 62n;
  }
  return written;
}

describe('judgeCandidate()', () => {
  test('takes no stand-in for a key', () => {
    for (const body of ['x'.repeat(36), 'XXXX-XXXX', '****', '....', '0000']) {
      expect(judgeCandidate(body)).toBeUndefined();
    }
    expect(judgeCandidate('x'.repeat(36).replace('x', 'y'))).toBe('high');
  });

  test('asks for entropy where a rule does, on both sides of the bound', () => {
    expect(entropyOf('aabb')).toBe(1);
    expect(judgeCandidate('aabb', { entropy: 1 })).toBe('high');
    expect(judgeCandidate('aabb', { entropy: 1.01 })).toBeUndefined();
  });

  test('is sure of a token of GitHub whose checksum holds, and less sure of another', () => {
    const random = 'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5';
    const checksum = checksumOf(random);
    expect(judgeCandidate(random + checksum, { check: 'github' })).toBe('high');
    const other = checksum.endsWith('0') ? '1' : '0';
    expect(judgeCandidate(random + checksum.slice(0, 5) + other, { check: 'github' })).toBe(
      'medium',
    );
  });
});

test('crc32() gives the check value of the standard', () => {
  expect(crc32('123456789')).toBe(0xcbf43926);
});
