import { expect, test } from 'vitest';
import {
  PAIRING_CODE_LENGTH,
  readPairingCode,
  toPairingCode,
} from '../../../src/core/channels/pairing-code.ts';

test('toPairingCode() writes each byte as one letter, all letters equally often', () => {
  const codes = Array.from({ length: 256 }, (_, byte) =>
    toPairingCode(new Uint8Array(PAIRING_CODE_LENGTH).fill(byte)),
  );
  const letters = codes.map((code) => code.charAt(0));
  expect(codes).toEqual(letters.map((letter) => letter.repeat(PAIRING_CODE_LENGTH)));
  const counts = Map.groupBy(letters, (letter) => letter);
  expect(counts.size).toBe(32);
  expect([...counts.values()].every(({ length }) => length === 8)).toBe(true);
  expect(letters.filter((letter) => 'ILOU'.includes(letter))).toEqual([]);
  expect(toPairingCode(Uint8Array.from([0, 1, 2, 3, 4, 5, 6, 31]))).toBe('0123456Z');
});

test.each([
  ['7K2MQ9XD', '7K2MQ9XD'],
  [' 7k2m-q9xd\n', '7K2MQ9XD'],
  [`${' '.repeat(56)}7K2MQ9XD`, '7K2MQ9XD'],
  [`${' '.repeat(57)}7K2MQ9XD`, undefined],
  ['7K2MQ9X', undefined],
  ['7K2MQ9XDD', undefined],
  ['7K-2M-Q9XD', undefined],
  ['7K2MQ9XU', undefined],
  ['my code is 7K2MQ9XD', undefined],
  ['', undefined],
])('readPairingCode() reads %j as %j', (text, code) => {
  expect(readPairingCode(text)).toBe(code);
});
