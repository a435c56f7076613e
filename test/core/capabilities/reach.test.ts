import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FAMILIES } from '../../../src/core/capabilities/catalogue.ts';
import { covers } from '../../../src/core/capabilities/pattern.ts';
import { familiesReachedBy } from '../../../src/core/capabilities/reach.ts';
import { pattern } from './read.ts';

const reached = (text: string) => familiesReachedBy(pattern(text)).map((family) => family.name);

describe('familiesReachedBy()', () => {
  test.each([
    ['*', FAMILIES.map((family) => family.name)],
    ['tool:file:*', ['tool:file:read', 'tool:file:write']],
    ['tool:file:read', ['tool:file:read']],
    ['tool:file:read:*', ['tool:file:read']],
    ['tool:file:read:/data/*', ['tool:file:read']],
    ['tool:*:read:/data/*', ['tool:file:read']],
    ['*:read', ['session:read', 'schedule:read', 'block:read']],
    ['tool:exec:*', ['tool:exec', 'tool:exec:shell']],
    ['tool:exec:sh*', ['tool:exec', 'tool:exec:shell']],
    ['tool:exec:/usr/bin/git', ['tool:exec']],
    ['tool:network:*:api.example.com:443', ['tool:network:http', 'tool:network:websocket']],
    ['tool:network:http:api.example.com:*', ['tool:network:http']],
    ['*:*:*:*:443', ['tool:network:http', 'tool:network:websocket']],
    ['system:token:*', ['system:token:issue', 'system:token:revoke']],
  ])('%s reaches %j', (text, names) => {
    expect(reached(text)).toEqual(names);
  });

  test.each([
    'tool',
    'tool:f*',
    'tool:file',
    'tool:fiel:read:/data/*',
    'tool:file:read:data/*',
    'tool:file:read:/data/*:x',
    'tool:network:http:api.example.com',
    'tool:network:http:API.example.com:443',
    'tool:network:http:*.Example.com:443',
    'block:send:*',
    'block:send:x',
    'system:admin:*',
    '*:*:*:*:*:*',
  ])('%s reaches nothing', (text) => {
    expect(reached(text)).toEqual([]);
  });

  test('never misses a family of which the pattern covers a capability', () => {
    const resources = {
      path: ['/', '/a/b'],
      name: ['a', '/x'],
      'host-port': ['a.b:80', '%3A%3A1:1'],
    };
    const samples = FAMILIES.flatMap(({ name, resource }) => [
      { name, asked: pattern(name) },
      ...(resource === 'none' ? [] : resources[resource.kind]).map((text) => ({
        name,
        asked: pattern(`${name}:${text}`),
      })),
    ]);
    const starred = fc.constantFrom(...samples).chain(({ name, asked }) => {
      const segments = asked.split(':');
      return fc
        .array(fc.boolean(), { minLength: segments.length, maxLength: segments.length })
        .map((stars) => ({
          name,
          wide: pattern(segments.map((text, i) => (stars[i] ? '*' : text)).join(':')),
        }));
    });
    fc.assert(
      fc.property(starred, ({ name, wide }) => {
        const covered = samples.filter(({ asked }) => covers(wide, asked)).map((s) => s.name);
        expect(reached(wide)).toEqual(expect.arrayContaining([name, ...covered]));
      }),
      { numRuns: 300 },
    );
  });
});
