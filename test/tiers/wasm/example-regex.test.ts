/** `regex-extract`: a library's expressions, and what becomes of one that never comes to an end. */

import { describe, expect, test } from 'vitest';
import { askExample, callExample } from '../support/examples.ts';

const find = (expression: string, text: string, more: object = {}) =>
  askExample('regex-extract', { expression, text, ...more });

describe('regex-extract', () => {
  test('finds all matches, where they begin, and their groups', async () => {
    expect(await find('(\\w+)@(?<host>[\\w.]+)', 'ada@x.example, bob@y.example')).toEqual({
      count: 2,
      matches: [
        {
          match: 'ada@x.example',
          at: 0,
          groups: ['ada', 'x.example'],
          named: { host: 'x.example' },
        },
        {
          match: 'bob@y.example',
          at: 15,
          groups: ['bob', 'y.example'],
          named: { host: 'y.example' },
        },
      ],
    });
  });

  test.each([
    ['a*', 'baa', {}, ['', 'aa', '']],
    ['B', 'abAB', { flags: 'i' }, ['b', 'B']],
    ['^.', 'ab\ncd', { flags: 'm' }, ['a', 'c']],
    ['a.b', 'a\nb', { flags: 's' }, ['a\nb']],
    ['.', '😀', { flags: 'u' }, ['😀']],
    ['.', 'a😀', {}, ['a', '\uFFFD', '\uFFFD']],
    ['(?<=\\$)\\d+', '$5 €6', {}, ['5']],
    ['x', 'abc', {}, []],
  ])('%s in %j', async (expression, text, more, matches) => {
    const answer = await find(expression, text, more);
    expect(answer.matches.map(({ match }: { match: string }) => match)).toEqual(matches);
    expect(answer.count).toBe(matches.length);
  });

  test('shows a group that took no part as null', async () => {
    const { matches } = await find('(a)|(b)', 'b');
    expect(matches).toEqual([{ match: 'b', at: 0, groups: [null, 'b'] }]);
  });

  test.each([
    ['(', {}, 'expression'],
    ['[z-a]', {}, 'expression'],
    ['(?<a>x)(?<a>y)', {}, 'expression'],
    ['a', { flags: 'ii' }, 'flags'],
    ['a', { flags: 'uv' }, 'flags'],
  ])('says what is wrong with %j and %j', async (expression, more, argument) => {
    expect(await find(expression, 'a', more)).toMatchObject({ count: 0, error: { argument } });
  });

  test('stops at its limits, and says so', async () => {
    expect(await find('a', 'a'.repeat(100))).toMatchObject({ count: 100 });
    expect(await find('a', 'a'.repeat(101))).toMatchObject({ count: 100, truncated: true });
    expect(await find('a', 'aaa', { limit: 2 })).toMatchObject({ count: 2, truncated: true });
    const long = await find('(?=(a+))', 'a'.repeat(1_000), { limit: 1_000 });
    expect(long).toMatchObject({ truncated: true });
    expect(long.count).toBeLessThan(400);
  });

  test.each([
    ['^(a+)+$', `${'a'.repeat(40)}b`],
    ['(a|a)*c', 'a'.repeat(40)],
    ['^(.*a){20}b', 'a'.repeat(60)],
    ['^(([a-z])+.)+[A-Z]([a-z])+$', 'a'.repeat(60)],
    ['(x+x+)+y', 'x'.repeat(60)],
  ])('ends %s as fuel, and soon', async (expression, text) => {
    const startedAt = Date.now();
    const report = await callExample('regex-extract', { expression, text });
    expect(report).toMatchObject({ end: 'fuel', output: '' });
    expect(Date.now() - startedAt).toBeLessThan(30_000);
    expect(await find('b', 'abc')).toMatchObject({ count: 1 });
  });

  test('has fuel for an honest expression over the longest text', async () => {
    const text = 'lorem ipsum 42 dolor '.repeat(12_000);
    expect(await find('\\b\\d+\\b', text, { limit: 1_000 })).toMatchObject({ count: 1_000 });
  });
});
