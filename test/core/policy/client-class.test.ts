import { expect, test } from 'vitest';
import { toClientClass } from '../../../src/core/policy/client-class.ts';

test.each([
  [null, 'none'],
  ['', 'none'],
  ['Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/142.0 Safari/537.36', 'browser'],
  ['curl/8.9.1', 'curl'],
  ['node', 'node'],
  ['undici', 'node'],
  ['python-requests/2.33', 'python'],
  ['OpenAI/Python 2.8.0', 'python'],
  ['Go-http-client/2.0', 'go'],
  ['okhttp/5.1', 'java'],
  ['mcp-inspector/1.2', 'mcp'],
  ['alice@example.com', 'other'],
  [`${'x'.repeat(256)}curl/8`, 'other'],
])('%j is a word of a short list: %s', (userAgent, expected) => {
  expect(toClientClass(userAgent)).toBe(expected);
});

test('looks at the beginning alone, however much there is', () => {
  expect(toClientClass('-'.repeat(1_000_000))).toBe('other');
});
