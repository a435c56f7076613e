import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  MAX_ARGUMENT_BYTES,
  MAX_ARGUMENT_DEPTH,
  parseCalls,
} from '../../../src/core/checks/parse.ts';
import type { WrittenToolCall } from '../../../src/core/conversation/tool-call.ts';
import { TURN_ID } from './fixture.ts';

const CONTEXT = { turnId: TURN_ID, round: 2, callsLeft: 16 };

function written(argumentsText: string, id = 'a'): WrittenToolCall {
  return { id, name: 'text-stats', argumentsText };
}

/** What became of each call: its arguments, or the reason of the denial. */
function parse(calls: readonly WrittenToolCall[], callsLeft = 16): unknown[] {
  return parseCalls(calls, { ...CONTEXT, callsLeft }).map((call) =>
    call.ok ? call.value.arguments : call.error.reason,
  );
}

describe('parseCalls()', () => {
  test('gives each call the place of its own ordinal, never the id that the model wrote', () => {
    const [, second] = parseCalls([written('{}', 'x'), written('{"a":1}', 'y')], CONTEXT);
    expect(second).toEqual({
      ok: true,
      value: {
        place: { turnId: TURN_ID, round: 2, index: 1 },
        modelCallId: 'y',
        name: 'text-stats',
        arguments: { a: 1 },
      },
    });
  });

  test.each([
    ['', 'malformed_arguments'],
    ['{"a":1', 'malformed_arguments'],
    ["{'a':1}", 'malformed_arguments'],
    ['{"a":1,}', 'malformed_arguments'],
    ['{"a":NaN}', 'malformed_arguments'],
    ['{"a":1e999}', 'malformed_arguments'],
    ['{"a":"\\ud800"}', 'malformed_arguments'],
    ['```json\n{}\n```', 'malformed_arguments'],
    ['{} {}', 'malformed_arguments'],
    ['[]', 'malformed_arguments'],
    ['null', 'malformed_arguments'],
    ['"{}"', 'malformed_arguments'],
    ['{"path":"/a","path":"/b"}', 'duplicate_key'],
    ['{"path":"/a","\\u0070ath":"/b"}', 'duplicate_key'],
    ['{"a":{"b":1,"b":1}}', 'duplicate_key'],
  ])('refuses %j and repairs nothing', (text, reason) => {
    expect(parse([written(text)])).toEqual([reason]);
  });

  test('takes arguments of exactly the largest size, in bytes of UTF-8', () => {
    const around = '{"a":""}'.length;
    const largest = 'x'.repeat(MAX_ARGUMENT_BYTES - around);
    expect(parse([written(`{"a":"${largest}"}`)])).toEqual([{ a: largest }]);
    expect(parse([written(`{"a":"${largest}x"}`)])).toEqual(['arguments_too_large']);

    const wide = '€'.repeat(Math.floor((MAX_ARGUMENT_BYTES - around) / 3));
    expect(parse([written(`{"a":"${wide}"}`)])).toEqual([{ a: wide }]);
    expect(parse([written(`{"a":"${wide}€"}`)])).toEqual(['arguments_too_large']);
  });

  test('takes arguments of exactly the greatest depth', () => {
    const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
    expect(parse([written(nested(MAX_ARGUMENT_DEPTH))])).not.toContain('arguments_too_deep');
    expect(parse([written(nested(MAX_ARGUMENT_DEPTH + 1))])).toEqual(['arguments_too_deep']);
    expect(parse([written('['.repeat(100_000))])).toEqual(['malformed_arguments']);
  });

  test('denies all calls that share an id, since none is known to be meant, and no others', () => {
    const calls = [written('{}', 'a'), written('{}', 'b'), written('{}', 'a')];
    expect(parse(calls)).toEqual(['duplicate_call_id', {}, 'duplicate_call_id']);
  });

  test('denies the calls beyond what the turn has left, and not the first ones', () => {
    const calls = [written('{}', 'a'), written('{}', 'b'), written('{}', 'c')];
    expect(parse(calls, 3)).toEqual([{}, {}, {}]);
    expect(parse(calls, 2)).toEqual([{}, {}, 'too_many_calls']);
    expect(parse(calls, 0)).toEqual(['too_many_calls', 'too_many_calls', 'too_many_calls']);
    expect(parse(calls, -1)).toHaveLength(3);
  });

  test('one bad call does not take the others with it', () => {
    expect(parse([written('{', 'a'), written('{"b":2}', 'b')])).toEqual([
      'malformed_arguments',
      { b: 2 },
    ]);
  });

  test('keeps a member named __proto__ as a member', () => {
    const [args] = parse([written('{"__proto__":{"admin":true}}')]);
    expect(Object.keys(args as object)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(args)).toBe(Object.prototype);
  });

  test('reads whatever JSON object a model writes', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 5 })), (args) => {
        const text = JSON.stringify(args);
        expect(parse([written(text)])).toEqual([JSON.parse(text)]);
      }),
    );
  });
});
