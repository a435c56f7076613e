import { expect, test } from 'vitest';
import { fromHex, hexOf } from '../../src/channels/hex.ts';

test('what hexOf() has written, fromHex() reads, in either case', () => {
  const bytes = Uint8Array.from([0, 9, 15, 16, 160, 255]);
  expect(hexOf(bytes)).toBe('00090f10a0ff');
  expect(fromHex('00090f10a0ff')).toEqual(bytes);
  expect(fromHex('00090F10A0FF')).toEqual(bytes);
  expect(fromHex('')).toEqual(new Uint8Array(0));
});

test.each(['0', '000', 'zz', '0x00', '00 ', ' 00', '00\n', '0g00'])('%j is no hex', (text) => {
  expect(fromHex(text)).toBeUndefined();
});
