import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { readJsonFrame } from '../../../src/core/primitives/json-frame.ts';

const rules = { schema: z.strictObject({ kind: z.literal('say'), text: z.json() }), maxChars: 400 };
const say = (text: string) => `{"kind":"say","text":${text}}`;
const nested = (depth: number) => say('['.repeat(depth) + ']'.repeat(depth));

describe('readJsonFrame()', () => {
  test('reads what its schema describes', () => {
    expect(readJsonFrame(say('"häß 😀"'), rules)).toEqual({
      ok: true,
      value: { kind: 'say', text: 'häß 😀' },
    });
  });

  test.each([
    ['no JSON', '{"kind":'],
    ['nothing', ''],
    ['a key twice', '{"kind":"say","text":"a","text":"b"}'],
    ['a lone surrogate', say('"\\ud800"')],
    ['a number that is none', say('1e999')],
    ['64 levels within one', nested(64)],
  ])('finds malformed: %s', (_, text) => {
    expect(readJsonFrame(text, rules)).toEqual({ ok: false, error: 'malformed' });
  });

  test('takes what is as deep as may be, and as long', () => {
    expect(readJsonFrame(nested(63), rules).ok).toBe(true);
    const most = say(`"${'ä'.repeat(400 - say('""').length)}"`);
    expect(readJsonFrame(most, rules).ok).toBe(true);
    expect(readJsonFrame(`${most} `, rules)).toEqual({ ok: false, error: 'tooLong' });
  });

  test('knows no other frame', () => {
    expect(readJsonFrame('{"kind":"ask"}', rules)).toEqual({ ok: false, error: 'unknownFrame' });
    expect(readJsonFrame('null', rules)).toEqual({ ok: false, error: 'unknownFrame' });
  });
});
