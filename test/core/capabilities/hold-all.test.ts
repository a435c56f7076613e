import { expect, test } from 'vitest';
import { holdsAllOf } from '../../../src/core/capabilities/hold-all.ts';
import { type CapabilityPattern, parsePattern } from '../../../src/core/capabilities/pattern.ts';

const pattern = (text: string): CapabilityPattern => {
  const parsed = parsePattern(text);
  if (!parsed.ok) throw new Error(text);
  return parsed.value;
};
const holds = (held: readonly string[], wanted: string) =>
  holdsAllOf(held.map(pattern), pattern(wanted));

const CALL = ['provider:llm:call', 'provider:llm:call:*'];
const STREAM = ['provider:llm:stream', 'provider:llm:stream:*'];
const EMBED = ['provider:embedding', 'provider:embedding:*'];

test('a pattern over families is held by who holds each of them whole', () => {
  expect(holds([...CALL, ...STREAM, ...EMBED], 'provider:*')).toBe(true);
});

test.each([
  [[...CALL, ...STREAM]],
  [[...CALL, ...STREAM, 'provider:embedding']],
  [[...CALL, ...STREAM, 'provider:embedding', 'provider:embedding:a*']],
  [[]],
])('%j is not all of provider:*', (held) => {
  expect(holds(held, 'provider:*')).toBe(false);
});

test('a pattern within one family must be covered as it is', () => {
  expect(holds(['tool:file:read:/data/*'], 'tool:file:read:/data/*')).toBe(true);
  expect(holds(['tool:file:read:/a/*', 'tool:file:read:/b/*'], 'tool:file:read:/*')).toBe(false);
});

test('what reaches a family only in part is never taken for all of it', () => {
  expect(holds([...CALL, ...STREAM], 'provider:llm:*:gpt')).toBe(false);
});

test('one wider pattern is enough', () => {
  expect(holds(['provider:*'], 'provider:llm:call:x')).toBe(true);
});
