import { describe, expect, test } from 'vitest';
import {
  findSettingProblems,
  MAX_SETTINGS_BYTES,
  toSettings,
} from '../../../src/core/manifest/plugin-settings.ts';
import type { JsonObject } from '../../../src/core/primitives/json.ts';

const SCHEMA: JsonObject = {
  type: 'object',
  properties: {
    greeting: { type: 'string' },
    count: { type: 'integer', minimum: 1 },
    key: { type: 'string', secret: true },
    account: { type: 'object', properties: { password: { type: 'string', secret: true } } },
    shared: { $ref: '#/$defs/token' },
    open: { type: 'string', secret: false },
  },
  $defs: { token: { type: 'string', secret: true } },
};

const pointersOf = (values: JsonObject, schema?: JsonObject) =>
  findSettingProblems(schema, values).map(({ pointer }) => pointer);

describe('findSettingProblems()', () => {
  test('lets values pass that are as the schema says', () => {
    expect(findSettingProblems(SCHEMA, { greeting: 'hello', count: 3, open: 'x' })).toEqual([]);
  });

  test('lets no values pass for any plugin, so that they can be taken back', () => {
    expect(findSettingProblems(undefined, {})).toEqual([]);
    expect(findSettingProblems({ ...SCHEMA, required: ['greeting'] }, {})).toEqual([]);
  });

  test('reports what the schema does not allow, and repeats no value', () => {
    const problems = findSettingProblems(SCHEMA, { count: 0, other: 'hidden-value' });
    expect(problems.length).toBeGreaterThan(0);
    expect(JSON.stringify(problems)).not.toContain('hidden-value');
  });

  test('refuses values where the manifest declares none', () => {
    expect(pointersOf({ greeting: 'x' })).toEqual(['']);
  });

  test('refuses secrets by their declaration: of the property, below it and behind a reference', () => {
    const values = { key: 'a', account: { password: 'b' }, shared: 'c', greeting: 'd' };
    expect(pointersOf(values, SCHEMA)).toEqual(['/key', '/account', '/shared']);
    expect(findSettingProblems(SCHEMA, { key: 'a' })[0]?.detail).toContain(
      'its value belongs in the vault',
    );
  });

  test('takes the name of a secret for what is declared one, and only there', () => {
    const key = { secret: 'weather-key' };
    expect(pointersOf({ key, greeting: 'd' }, SCHEMA)).toEqual([]);
    expect(pointersOf({ greeting: key }, SCHEMA)).toEqual(['/greeting']);
    for (const wrong of [{ secret: 'No name' }, { secret: 'a', b: 1 }, { secret: 1 }, {}, null]) {
      expect(pointersOf({ key: wrong }, SCHEMA)).toEqual(['/key']);
    }
  });

  test('refuses what looks like a secret, wherever it stands', () => {
    const greeting = `ghp_${'a1B2c3D4e5F6'.repeat(3)}`;
    const [problem] = findSettingProblems(SCHEMA, { greeting });
    expect(problem?.pointer).toBe('/greeting');
    expect(problem?.detail).not.toContain(greeting);
  });

  test('bounds all values together, in bytes', () => {
    const rest = '{"greeting":""}'.length;
    const most = 'é'.repeat((MAX_SETTINGS_BYTES - rest - 1) / 2);
    expect(findSettingProblems(SCHEMA, { greeting: `${most}x` })).toEqual([]);
    expect(pointersOf({ greeting: `${most}xx` }, SCHEMA)).toEqual(['']);
  });
});

const toHandle = (name: string) => `<${name}>`;

describe('toSettings()', () => {
  test('writes a handle in the place of a reference, never the reference', () => {
    const values = { key: { secret: 'weather-key' }, near: { secret: 'Not a name' } };
    expect(toSettings(values, toHandle)).toEqual({
      key: '<weather-key>',
      near: '{"secret":"Not a name"}',
    });
  });

  test('leaves texts as they are, and writes everything else as canonical JSON', () => {
    const values = { text: 'a "b"', number: 3, yes: true, none: null, list: [{ b: 1, a: 2 }] };
    expect(toSettings(values, toHandle)).toEqual({
      text: 'a "b"',
      number: '3',
      yes: 'true',
      none: 'null',
      list: '[{"a":2,"b":1}]',
    });
  });

  test('takes any name for a name', () => {
    const values = JSON.parse('{"__proto__":"a","constructor":"b"}');
    expect(Object.entries(toSettings(values, toHandle))).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ]);
  });
});
