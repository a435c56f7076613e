import { describe, expect, test } from 'vitest';
import { admitUse, type Caveat, readCaveat } from '../../../src/core/policy/caveat.ts';
import { MAX_LISTED_PATTERNS } from '../../../src/core/policy/pattern-lists.ts';
import { TURN_LIMIT_CEILINGS } from '../../../src/core/policy/turn-limits.ts';
import { NOW } from './authority-builder.ts';

const encode = (text: string) => Buffer.from(text).toString('base64url');
const read = (value: unknown) => readCaveat(encode(JSON.stringify(value)));

describe('readCaveat()', () => {
  test.each<Caveat | object>([
    { kind: 'expiry', at: 0 },
    { kind: 'workspace', id: 'w'.repeat(63) },
    { kind: 'budget', maxTokens: 0 },
    { kind: 'budget', maxCostMicroUsd: TURN_LIMIT_CEILINGS.maxCostMicroUsd },
    { kind: 'label', integrity: 'trusted', confidentiality: 'workspace' },
    { kind: 'label', integrity: 'untrusted', confidentiality: 'secret' },
    { kind: 'tool', name: 'read-file' },
    { kind: 'grants', patterns: [] },
  ])('reads %j', (caveat) => {
    expect(read(caveat)).toEqual(caveat);
  });

  test('expands bare names, and reading what was expanded gives the same', () => {
    const expanded = read({ kind: 'grants', patterns: ['tool:file:read'] });
    expect(expanded).toEqual({
      kind: 'grants',
      patterns: ['tool:file:read', 'tool:file:read:*'],
    });
    expect(read(expanded)).toEqual(expanded);
  });

  test.each([
    ['a kind that does not exist', { kind: 'ip-address', is: '::1' }],
    ...[
      { kind: 'grants', patterns: [] },
      { kind: 'expiry', at: 1 },
      { kind: 'workspace', id: 'acme' },
      { kind: 'budget', maxTokens: 1 },
      { kind: 'label', integrity: 'trusted', confidentiality: 'workspace' },
      { kind: 'tool', name: 'grep' },
    ].map((caveat): [string, unknown] => ['a member too many', { ...caveat, unless: 'asked' }]),
    ['an end before all time', { kind: 'expiry', at: -1 }],
    ['a longer workspace than there is', { kind: 'workspace', id: 'w'.repeat(64) }],
    ['a list within a list', { kind: 'grants', patterns: [['block:send']] }],
    ['an end that is no instant', { kind: 'expiry', at: 1.5 }],
    ['an end as text', { kind: 'expiry', at: '1' }],
    ['a budget of nothing that is named', { kind: 'budget' }],
    ['a negative budget', { kind: 'budget', maxTokens: -1 }],
    [
      'a budget beyond every turn',
      { kind: 'budget', maxTokens: TURN_LIMIT_CEILINGS.maxTokens + 1 },
    ],
    [
      'a label that nothing has',
      { kind: 'label', integrity: 'trusted', confidentiality: 'public' },
    ],
    ['a tool that cannot be', { kind: 'tool', name: 'Read File' }],
    ['an unknown capability', { kind: 'grants', patterns: ['tool:everything'] }],
    ['a malformed pattern', { kind: 'grants', patterns: ['tool::read'] }],
    ['no object', ['grants']],
    ['nothing', null],
  ])('refuses %s', (_, value) => {
    expect(read(value)).toBeUndefined();
  });

  test.each([
    ['a key twice', '{"kind":"expiry","at":1,"at":2}'],
    ['no JSON', '{kind}'],
    ['bytes that are no UTF-8', '\xff'],
  ])('refuses %s', (_, text) => {
    expect(readCaveat(Buffer.from(text, 'latin1').toString('base64url'))).toBeUndefined();
  });

  test('refuses a text with another spelling of the same bytes', () => {
    const segment = encode('{"kind":"expiry","at":10}');
    expect(segment.length % 4).toBe(2);
    expect(readCaveat(segment)).toBeDefined();
    expect(readCaveat(`${segment.slice(0, -1)}R`)).toBeUndefined();
    expect(readCaveat(`${segment}==`)).toBeUndefined();
  });

  test('refuses a caveat that is longer than one may be', () => {
    const list = (length: number) => ({
      kind: 'grants',
      patterns: Array.from({ length }, () => 'block:send'),
    });
    expect(read(list(200))).toBeDefined();
    expect(read(list(MAX_LISTED_PATTERNS))).toBeUndefined();
  });
});

describe('admitUse()', () => {
  const expiry: Caveat = { kind: 'expiry', at: NOW };
  const here: Caveat = { kind: 'workspace', id: 'acme' };

  test('holds until the first of the ends', () => {
    expect(admitUse([expiry], 'acme', NOW - 1)).toBe(true);
    expect(admitUse([expiry], 'acme', NOW)).toBe(false);
    expect(admitUse([expiry, { kind: 'expiry', at: NOW + 9 }], 'acme', NOW)).toBe(false);
  });

  test('holds in the workspace that every caveat names', () => {
    expect(admitUse([here], 'acme', NOW)).toBe(true);
    expect(admitUse([here], 'acme2', NOW)).toBe(false);
    expect(admitUse([here, { kind: 'workspace', id: 'acme2' }], 'acme', NOW)).toBe(false);
  });
});
