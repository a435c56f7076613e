import { describe, expect, test } from 'vitest';
import { isBankAccount, isCardNumber } from '../../../src/core/scan/personal-data.ts';
import { scanText } from '../../../src/core/scan/scan-text.ts';

function found(text: string): [name: string, part: string][] {
  return scanText(text, { kinds: ['personal'] }).findings.map(({ name, start, end }) => [
    name,
    text.slice(start, end),
  ]);
}

describe('personal data', () => {
  test.each([
    ['email-address', 'ada.lovelace+notes@example.co.uk'],
    ['card-number', '4242 4242 4242 4242'],
    ['card-number', '5555-5555-5555-4444'],
    ['card-number', '378282246310005'],
    ['bank-account', 'DE89 3704 0044 0532 0130 00'],
    ['bank-account', 'GB82WEST12345698765432'],
  ])('is found: %s in %j', (name, text) => {
    expect(found(`It is ${text}, she said.`)).toEqual([[name, text]]);
  });

  test.each([
    'the order 4242 4242 4242 4243',
    'version 1.2.3@latest',
    'GB82WEST12345698765431',
    'a sha of 4242424242424242424242424242',
    '@mention and user@localhost',
  ])('is not found in %j', (text) => {
    expect(found(text)).toEqual([]);
  });
});

test('isCardNumber() tells one wrong digit, and any wrong length', () => {
  expect(isCardNumber('4242424242424242')).toBe(true);
  expect(isCardNumber('4242424242424241')).toBe(false);
  expect(isCardNumber('0'.repeat(12))).toBe(false);
  expect(isCardNumber('0'.repeat(13))).toBe(true);
  expect(isCardNumber('0'.repeat(19))).toBe(true);
  expect(isCardNumber('0'.repeat(20))).toBe(false);
});

test('isBankAccount() tells two digits that were swapped', () => {
  expect(isBankAccount('DE89370400440532013000')).toBe(true);
  expect(isBankAccount('DE89370400440532010300')).toBe(false);
});
