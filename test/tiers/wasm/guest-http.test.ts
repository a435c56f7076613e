import { describe, expect, test } from 'vitest';
import { parseDescription } from '../../../src/tiers/wasm/isolate/guest-http.ts';

const ASKED = { url: 'https://a.example.org/', method: 'GET', headers: {} };

const parse = (members: object) => parseDescription(JSON.stringify({ ...ASKED, ...members }));

describe('parseDescription()', () => {
  test.each([1, 600_000])('takes %d ms to wait', (timeoutMs) => {
    expect(parse({ timeoutMs })).toEqual({ ...ASKED, timeoutMs });
  });

  test.each([0, -1, 1.5, 600_001, '1'])('takes no %j for milliseconds', (timeoutMs) => {
    expect(parse({ timeoutMs })).toBeUndefined();
  });

  test('follows redirects unless it is told not to', () => {
    expect(parse({ redirect: 'manual' })).toEqual({ ...ASKED, redirect: 'manual' });
    expect(parse({ redirect: 'follow' })).toEqual(ASKED);
    expect(parse({ redirect: 'error' })).toBeUndefined();
  });

  test('takes null for what was left out', () => {
    expect(parse({ timeoutMs: null, redirect: null })).toEqual(ASKED);
  });
});
