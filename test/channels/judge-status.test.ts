import { expect, test } from 'vitest';
import { judgeStatus } from '../../src/channels/judge-status.ts';

test.each([
  [199, { kind: 'refused', code: 'http_199' }],
  [200, { kind: 'sent' }],
  [299, { kind: 'sent' }],
  [300, { kind: 'refused', code: 'http_300' }],
  [407, { kind: 'refused', code: 'http_407' }],
  [408, { kind: 'unsure' }],
  [409, { kind: 'refused', code: 'http_409' }],
  [428, { kind: 'refused', code: 'http_428' }],
  [429, { kind: 'busy', retryAfterMs: 7 }],
  [430, { kind: 'refused', code: 'http_430' }],
  [499, { kind: 'refused', code: 'http_499' }],
  [500, { kind: 'unsure' }],
  [599, { kind: 'unsure' }],
])('an answer of %d says %j', (status, outcome) => {
  expect(judgeStatus({ status, body: '', retryAfterMs: 7 })).toEqual(outcome);
});

test('one that asks for no pause is busy without one', () => {
  expect(judgeStatus({ status: 429, body: '' })).toEqual({ kind: 'busy' });
});
