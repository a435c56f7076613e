import { describe, expect, test } from 'vitest';
import {
  BLOCK_BITS,
  type BlockBit,
  expandBlockCapabilities,
} from '../../../src/core/capabilities/block-bits.ts';
import { allows } from '../../../src/core/capabilities/capability-set.ts';
import { capability } from './read.ts';

const names = Object.keys(BLOCK_BITS) as BlockBit[];

describe('BLOCK_BITS', () => {
  test('numbers 17 bits without a gap, and none that stands for all', () => {
    expect(
      Object.values(BLOCK_BITS)
        .map(({ bit }) => bit)
        .sort((a, b) => a - b),
    ).toEqual(Array.from({ length: 17 }, (_, bit) => bit));
    expect(names).not.toContain('CAP_ALL');
  });

  test.each([
    ['CAP_SPAWN', 0, 'block:spawn'],
    ['CAP_INFER', 3, 'provider:*'],
    ['CAP_HTTP', 4, 'tool:network:http:*'],
    ['CAP_MEMORY', 8, 'storage:memory:*'],
    ['CAP_LINK', 9, 'block:link'],
    ['CAP_SHELL', 10, 'tool:exec:shell'],
    ['CAP_EXEC', 11, 'tool:exec:*'],
    ['CAP_WEBSOCKET', 16, 'tool:network:websocket:*'],
  ] as const)('%s is bit %d, %s', (name, bit, family) => {
    expect(BLOCK_BITS[name]).toEqual({ bit, family });
    expect(expandBlockCapabilities([name])).toMatchObject({ patterns: [family], problems: [] });
  });

  test('each bit gives something of the catalogue', () => {
    expect(expandBlockCapabilities(names).problems).toEqual([]);
    expect(expandBlockCapabilities(names).patterns).toHaveLength(17);
  });
});

describe('expandBlockCapabilities()', () => {
  test('gives nothing for nothing', () => {
    const nothing = { patterns: [], warnings: [], problems: [] };
    expect(expandBlockCapabilities([])).toEqual(nothing);
    expect(expandBlockCapabilities(['CAP_NONE'])).toEqual(nothing);
  });

  test('narrows a bit to the patterns of its family, wherever they stand in the list', () => {
    const narrow = 'tool:network:http:*.example.com:443';
    for (const list of [
      ['CAP_HTTP', narrow],
      [narrow, 'CAP_HTTP'],
    ]) {
      const { patterns, warnings, problems } = expandBlockCapabilities(list);
      expect({ patterns, warnings, problems }).toEqual({
        patterns: [narrow],
        warnings: [],
        problems: [],
      });
      expect(allows(patterns, capability('tool:network:http:a.example.com:443'))).toBe(true);
      expect(allows(patterns, capability('tool:network:http:example.org:443'))).toBe(false);
    }
  });

  test('narrows no bit by another bit or by a pattern of another family', () => {
    const list = ['CAP_SHELL', 'CAP_EXEC', 'CAP_HTTP', 'tool:file:read:/data/*'];
    expect(expandBlockCapabilities(list).patterns).toEqual([
      'tool:exec:shell',
      'tool:exec:*',
      'tool:network:http:*',
      'tool:file:read:/data/*',
    ]);
  });

  test('takes patterns without a bit, expanded as in any grant', () => {
    expect(expandBlockCapabilities(['storage:db', 'block:own']).patterns).toEqual([
      'storage:db',
      'storage:db:*',
      'block:own',
    ]);
  });

  test('warns of a dangerous bit that is not narrowed', () => {
    expect(expandBlockCapabilities(['CAP_NONE', 'CAP_FILE_READ']).warnings).toEqual([
      {
        code: 'wide_grant',
        index: 1,
        pattern: 'tool:file:read:*',
        narrower: 'tool:file:read:<path>',
      },
    ]);
  });

  test('reports all problems at once, by their place in the list', () => {
    const list = ['CAP_SEND', 'system:*', 'CAP_ALL', 'toString', 'system:admin', 'tool::x'];
    const found = expandBlockCapabilities(list).problems.map(({ index, code }) => [index, code]);
    expect(found).toEqual([
      ...Array(7).fill([1, 'forbidden_capability']),
      [2, 'unknown_capability'],
      [3, 'unknown_capability'],
      [4, 'forbidden_capability'],
      [5, 'malformed_capability'],
    ]);
  });
});
