/** `csv-query`: tables as RFC 4180 has them, and questions about them. */

import { describe, expect, test } from 'vitest';
import { askExample } from '../support/examples.ts';

const TABLE = [
  'name,city,price',
  'Ada,"New York",10.5',
  'Bob,Berlin,3',
  '"Eve ""E"" X",Berlin,7.25',
  'Dan,Oslo,',
].join('\n');

const query = (question: object, table = TABLE) => askExample('csv-query', { table, ...question });

async function rows(question: object, table?: string): Promise<unknown> {
  const answer = await query(question, table);
  expect(answer.error).toBeUndefined();
  return answer.rows;
}

describe('a table', () => {
  test('is answered whole: numbers as numbers, everything else as text', async () => {
    expect(await query({})).toEqual({
      columns: ['name', 'city', 'price'],
      rows: [
        ['Ada', 'New York', 10.5],
        ['Bob', 'Berlin', 3],
        ['Eve "E" X', 'Berlin', 7.25],
        ['Dan', 'Oslo', ''],
      ],
      count: 4,
    });
  });

  test.each([
    ['line ends within quotation marks', 'a,b\r\n"x\r\ny",2\r\n', [['x\r\ny', 2]]],
    ['delimiters within quotation marks', 'a,b\n"x,y","z"', [['x,y', 'z']]],
    ['doubled marks', 'a\n""""', [['"']]],
    ['an empty field in quotation marks', 'a,b\n"",1', [['', 1]]],
    ['rows that end early', 'a,b\n1', [[1, '']]],
    ['blank lines', 'a\n\n1\n\n\n2\n', [[1], [2]]],
    ['a byte order mark', '\ufeffa\n1', [[1]]],
    ['semicolons', 'a;b\n1;"2,5;"', [[1, '2,5;']]],
    ['tabs', 'a\tb\n1\t2', [[1, 2]]],
    ['a last line without an end', 'a\n1', [[1]]],
    ['a header alone', 'a,b', []],
  ])('may have %s', async (_, table, expected) => {
    expect(await rows({}, table)).toEqual(expected);
  });

  test('keeps what is no number in JSON as text', async () => {
    const table = 'a\n007\n.5\n+1\n1.\n1e5\n-0.50\n12345678901234567890\nNaN\n0x10\n1 000';
    const { columns: _, ...answer } = await query({}, table);
    const numbers = [1e5, -0.5, Number('12345678901234567890')];
    expect(answer.rows.flat()).toEqual([
      ...['007', '.5', '+1', '1.'],
      ...numbers,
      ...['NaN', '0x10', '1 000'],
    ]);
  });

  test.each([
    ['', 'table', 2],
    ['a,b\n1,2,3', 'table', 2],
    ['a,b\n1,2\n"x', 'table', 3],
    ['a,b\n"x"y,2', 'table', 2],
    [`${'a,'.repeat(1_024)}a`, 'table', 1],
  ])('says what is wrong with %j', async (table, argument, line) => {
    expect(await query({}, table)).toMatchObject({ count: 0, rows: [], error: { argument, line } });
  });

  test('takes the delimiter that it is told', async () => {
    expect(await rows({ delimiter: '|' }, 'a,b|c\n1,2|3')).toEqual([['1,2', 3]]);
  });
});

describe('where', () => {
  test.each([
    ['price > 5', ['Ada', 'Eve "E" X']],
    ['price>=10.5', ['Ada']],
    ['price < 7.25', ['Bob']],
    ['price <= 7.250', ['Bob', 'Eve "E" X']],
    ['price = 3.0', ['Bob']],
    ['price != 3', ['Ada', 'Eve "E" X', 'Dan']],
    ['price = ""', ['Dan']],
    ['city = "New York"', ['Ada']],
    ["CITY = 'Berlin' and price > 5", ['Eve "E" X']],
    ['name contains "e"', ['Eve "E" X']],
    ['name > "B"', ['Bob', 'Eve "E" X', 'Dan']],
    ['"name" = Ada', ['Ada']],
    ['city is Oslo', ['Dan']],
    ['price > 100', []],
  ])('%s', async (where, names) => {
    expect(await rows({ where, select: ['name'] })).toEqual(names.map((name) => [name]));
  });

  test.each([
    'nothing = 1',
    'price >',
    'price ~ 1',
    'price = 1 or price = 2',
    'price = 1 and',
    'price = "open',
    'and and and',
    'price = 1 price = 2',
    Array.from({ length: 34 }, () => 'price > 1').join(' and '),
  ])('says what is wrong with %j', async (where) => {
    expect(await query({ where })).toMatchObject({ count: 0, error: { argument: 'where' } });
  });
});

describe('order, columns and rows', () => {
  test.each([
    [{ order_by: 'price' }, [3, 7.25, 10.5, '']],
    [{ order_by: 'price', descending: true }, [10.5, 7.25, 3, '']],
    [{ order_by: 'price desc' }, [10.5, 7.25, 3, '']],
    [{ order_by: 'city' }, [3, 7.25, 10.5, '']],
  ])('%j', async (question, prices) => {
    expect(await rows({ ...question, select: ['price'] })).toEqual(prices.map((price) => [price]));
  });

  test('shows no more rows than asked for, and says that there are more', async () => {
    expect(await query({ limit: 3 })).toMatchObject({ count: 4, truncated: true });
    expect((await query({ limit: 3 })).rows).toHaveLength(3);
    expect(await query({ limit: 4 })).not.toHaveProperty('truncated');
    const long = `a\n${'1\n'.repeat(101)}`;
    expect((await query({}, long)).rows).toHaveLength(100);
  });

  test('keeps the columns that are selected, in that order, twice if asked', async () => {
    const { columns, rows } = await query({ select: ['price', 'Name', 'price'], limit: 1 });
    expect(columns).toEqual(['price', 'name', 'price']);
    expect(rows).toEqual([[10.5, 'Ada', 10.5]]);
  });

  test.each([
    [{ select: ['name', 'age'] }, 'select'],
    [{ order_by: 'age' }, 'order_by'],
    [{ aggregate: 'sum' }, 'column'],
    [{ aggregate: 'sum', column: 'age' }, 'column'],
    [{ aggregate: 'count', group_by: 'age' }, 'group_by'],
  ])('says which columns there are for %j', async (question, argument) => {
    const { error } = await query(question);
    expect(error).toEqual({ argument, must: 'name a column: name, city, price' });
  });
});

describe('totals', () => {
  test.each([
    [{ aggregate: 'count' }, ['count(*)'], [[4]]],
    [{ aggregate: 'sum', column: 'price' }, ['sum(price)'], [[20.75]]],
    [{ aggregate: 'avg', column: 'price' }, ['avg(price)'], [[6.91666666666667]]],
    [{ aggregate: 'average', column: 'price', where: 'city = Berlin' }, ['avg(price)'], [[5.125]]],
    [{ aggregate: 'min', column: 'price' }, ['min(price)'], [[3]]],
    [{ aggregate: 'maximum', column: 'name' }, ['max(name)'], [['Eve "E" X']]],
    [{ aggregate: 'sum', column: 'price', where: 'price > 99' }, ['sum(price)'], [[0]]],
    [{ aggregate: 'avg', column: 'price', where: 'price > 99' }, ['avg(price)'], [['']]],
  ])('%j', async (question, columns, expected) => {
    expect(await query(question)).toMatchObject({ columns, rows: expected, count: 1 });
  });

  test('come group by group, in any order', async () => {
    const question = { aggregate: 'sum', column: 'price', group_by: 'city' };
    expect(await rows(question)).toEqual([
      ['New York', 10.5],
      ['Berlin', 10.25],
      ['Oslo', 0],
    ]);
    expect(await rows({ ...question, order_by: 'sum(price)', limit: 2 })).toEqual([
      ['Oslo', 0],
      ['Berlin', 10.25],
    ]);
  });

  test('leave out what is no number, and say how much that was', async () => {
    expect(await query({ aggregate: 'sum', column: 'name' })).toMatchObject({
      rows: [[0]],
      ignored: 4,
    });
  });

  test('show no more digits than are known', async () => {
    const table = `a\n${'0.1\n'.repeat(3)}`;
    expect(await rows({ aggregate: 'sum', column: 'a' }, table)).toEqual([[0.3]]);
  });
});

test('the longest table that arguments hold is answered within its fuel', async () => {
  const lines = Array.from({ length: 9_000 }, (_, id) => `${id},"row ${id}",${(id * 7919) % 1000}`);
  const table = `id,name,value\n${lines.join('\n')}`;
  const question = { where: 'value >= 500', order_by: 'value', descending: true, limit: 1 };
  expect(await query(question, table)).toMatchObject({ count: 4_500, truncated: true });
  const groups = { aggregate: 'count', group_by: 'value' };
  expect(await query(groups, table)).toMatchObject({ count: 1_000 });
});
