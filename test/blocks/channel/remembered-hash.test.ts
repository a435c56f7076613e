import { expect, test } from 'vitest';
import { rememberedHash } from '../../../src/blocks/channel/remembered-hash.ts';

function createHash() {
  let asked = 0;
  const hash = rememberedHash((text) => {
    asked++;
    return `hash of ${text}`;
  });
  return { hash, asked: () => asked };
}

test('the same text has the same hash, and is hashed once', () => {
  const { hash, asked } = createHash();
  expect([hash('a'), hash('b'), hash('a')]).toEqual(['hash of a', 'hash of b', 'hash of a']);
  expect(asked()).toBe(2);
});

test('what is remembered has a bound, beyond which all begin anew', () => {
  const { hash, asked } = createHash();
  for (let sender = 0; sender < 8_192; sender++) hash(`${sender}`);
  hash('0');
  expect(asked()).toBe(8_192);
  hash('one more');
  expect(hash('0')).toBe('hash of 0');
  expect(asked()).toBe(8_194);
});

test('long texts are hashed, and not remembered', () => {
  const { hash, asked } = createHash();
  for (const text of ['x'.repeat(1_024), 'x'.repeat(1_025)]) {
    expect(hash(text)).toBe(hash(text));
  }
  expect(asked()).toBe(3);
});
