import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  allows,
  denies,
  findCovering,
  permits,
} from '../../../src/core/capabilities/capability-set.ts';
import { covers } from '../../../src/core/capabilities/pattern.ts';
import { anyCapability, anyPattern, anyPatterns } from './arbitraries.ts';
import { capability, pattern } from './read.ts';

/** Each pair is asked of an allow set and of a deny set: neither may miss what the other holds. */
const CASES: [string, string, boolean][] = [
  ['tool:file:read:/etc/*', 'tool:file:read:/etc/app.conf', true],
  ['tool:file:read:/etc/*', 'tool:file:read:/etc/a%3Ab', true],
  ['tool:file:read:/etc/*', 'tool:file:read:/etc/%2A', true],
  ['tool:file:read:/etc/*', 'tool:file:read:/etc/ssl/private/key.pem', true],
  ['tool:file:read:/etc/*', 'tool:file:read:/etc/.shadow', true],
  ['tool:file:read:/etc/*', 'tool:file:read:/etc', false],
  ['tool:file:read:/etc/*', 'tool:file:read:/etcetera', false],
  ['tool:file:read:/etc/*', 'tool:file:write:/etc/app.conf', false],
  ['tool:file:read:/*', 'tool:file:read:/', true],
  ['tool:file:read', 'tool:file:read:/etc', false],
  ['tool:file:read', 'tool:file:read', true],
  ['tool:*', 'tool:exec:shell', true],
  ['tool:*', 'tool', false],
  ['*', 'system:admin', true],
  ['*:admin', 'system:admin', true],
  ['tool:network:http:*.example.com:443', 'tool:network:http:a.example.com:443', true],
  ['tool:network:http:*.example.com:443', 'tool:network:http:a.example.com.evil.org:443', false],
  ['tool:network:http:*.example.com:443', 'tool:network:http:example.com:443', false],
  ['channel:send:*', 'channel:send:telegram', true],
  ['channel:send:*', 'channel:send', false],
];

describe('allows() and denies()', () => {
  test.each(CASES)('a set of %s holds %s: %s', (held, asked, expected) => {
    const others = ['block:own', 'tool:call:x', 'provider:llm:*'].map(pattern);
    const everything = [pattern('*')];

    expect(allows([...others, pattern(held)], capability(asked))).toBe(expected);
    expect(denies([...others, pattern(held)], capability(asked))).toBe(expected);
    expect(permits({ allow: [pattern(held)], deny: [] }, capability(asked))).toBe(expected);
    expect(permits({ allow: everything, deny: [pattern(held)] }, capability(asked))).toBe(
      !expected,
    );
  });

  test('an empty set allows nothing and denies nothing', () => {
    expect(allows([], capability('block:own'))).toBe(false);
    expect(denies([], capability('block:own'))).toBe(false);
  });

  test('a set that crossed an RPC border as JSON says the same', () => {
    const set = [pattern('tool:file:*'), pattern('block:own')];
    const copy = JSON.parse(JSON.stringify(set)) as typeof set;
    expect(allows(copy, capability('tool:file:read:/a'))).toBe(true);
    expect(allows(copy, capability('tool:exec'))).toBe(false);
  });

  test('a set cannot be changed behind its index', () => {
    const set = [pattern('tool:*')];
    expect(allows(set, capability('tool:exec'))).toBe(true);
    expect(() => set.push(pattern('*'))).toThrow(TypeError);
    expect(() => set.pop()).toThrow(TypeError);
  });
});

describe('findCovering()', () => {
  test('names a pattern of the set, so that an answer can be explained', () => {
    const set = ['tool:*', 'tool:file:read:/data/*', 'tool:file:read:/data/a'].map(pattern);
    expect(findCovering(set, capability('tool:file:read:/data/a'))).toBe('tool:file:read:/data/a');
    expect(findCovering(set, capability('tool:file:read:/data/b'))).toBe('tool:file:read:/data/*');
    expect(findCovering(set, capability('tool:file:read:/etc'))).toBe('tool:*');
    expect(findCovering(set, capability('block:own'))).toBeUndefined();
  });

  test('finds what asking each pattern finds', () => {
    const asked = fc.oneof(anyPattern, anyCapability);
    fc.assert(
      fc.property(anyPatterns, fc.array(asked, { maxLength: 8 }), (set, narrower) => {
        for (const one of narrower) {
          const found = findCovering(set, one);
          expect(found !== undefined).toBe(set.some((wider) => covers(wider, one)));
          expect(found === undefined || (set.includes(found) && covers(found, one))).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('permits()', () => {
  test('lets a deny win over every allow', () => {
    fc.assert(
      fc.property(anyPatterns, anyPatterns, anyCapability, (allow, deny, asked) => {
        const isDenied = deny.some((wider) => covers(wider, asked));
        const isAllowed = allow.some((wider) => covers(wider, asked));
        expect(permits({ allow, deny }, asked)).toBe(isAllowed && !isDenied);
      }),
      { numRuns: 500 },
    );
  });

  test('denies whatever was allowed by the same patterns', () => {
    fc.assert(
      fc.property(anyPatterns, anyCapability, (patterns, asked) => {
        expect(permits({ allow: patterns, deny: [...patterns] }, asked)).toBe(false);
      }),
    );
  });
});
