import { describe, expect, test } from 'vitest';
import { denies } from '../../../src/core/capabilities/capability-set.ts';
import { FAMILIES } from '../../../src/core/capabilities/catalogue.ts';
import { expandDenies, expandGrants } from '../../../src/core/capabilities/expand.ts';
import { capability } from './read.ts';

describe('expandGrants()', () => {
  test('stores a bare name as itself and with all its resources', () => {
    expect(expandGrants(['channel:send'])).toEqual({
      patterns: ['channel:send', 'channel:send:*'],
      warnings: [],
      problems: [],
    });
  });

  test.each([
    'block:send',
    'session:*',
    'tool:file:read:/data/*',
    'tool:call:weather',
    'channel:*',
  ])('stores %s as it is, without a warning', (text) => {
    expect(expandGrants([text])).toEqual({ patterns: [text], warnings: [], problems: [] });
  });

  test('stores nothing twice and keeps the order', () => {
    const { patterns } = expandGrants(['storage:db:*', 'storage:db', 'block:own', 'block:own']);
    expect(patterns).toEqual(['storage:db:*', 'storage:db', 'block:own']);
  });

  test.each([
    ['tool:file:read', ['tool:file:read:<path>']],
    ['tool:file:read:*', ['tool:file:read:<path>']],
    ['tool:file:read:/*', ['tool:file:read:<path>']],
    ['tool:file:*', ['tool:file:read:<path>', 'tool:file:write:<path>']],
    ['tool:exec:/*', ['tool:exec:<program>']],
    ['tool:network:http', ['tool:network:http:<host>:<port>']],
    ['tool:network:http:*:443', ['tool:network:http:<host>:<port>']],
    ['tool:call:*', ['tool:call:<tool>']],
    ['provider:llm:*', ['provider:llm:call:<model>', 'provider:llm:stream:<model>']],
    ['system:env:read', ['system:env:read:<name>']],
    ['system:*', ['system:env:read:<name>', 'system:secret:use:<name>']],
  ])('warns that %s is wide and names %j', (text, narrower) => {
    const { warnings, problems } = expandGrants(['block:own', text]);
    expect(problems).toEqual([]);
    expect(warnings).toEqual(
      narrower.map((form) => ({ code: 'wide_grant', index: 1, pattern: text, narrower: form })),
    );
  });

  test.each([
    'tool:file:read:/data/*',
    'tool:network:http:*.example.com:443',
    'tool:network:http:api.example.com:*',
    'system:env:read:HOME',
    'tool:exec:shell',
  ])('does not warn of %s', (text) => {
    expect(expandGrants([text]).warnings).toEqual([]);
  });

  test('reports all problems at once, with the place of each', () => {
    const { patterns, problems } = expandGrants([
      'tool::read',
      'block:send',
      'tool:fiel:read',
      'tool:file',
      'tool:network:http:API.example.com:443',
    ]);
    expect(patterns).toEqual(['block:send']);
    expect(problems.map(({ code, index }) => [index, code])).toEqual([
      [0, 'malformed_capability'],
      [2, 'unknown_capability'],
      [3, 'unknown_capability'],
      [4, 'unknown_capability'],
    ]);
    expect(problems[1]?.message).toBe(
      'Cannot admit pattern "tool:fiel:read": it must match a capability of the catalogue',
    );
  });

  test.each([
    [
      'tool:network:http:API.example:443',
      'after "tool:network:http:" it must name a lower-case host',
    ],
    ['tool:file:read:notes', 'after "tool:file:read:" it must name a path that begins with "/"'],
    ['tool:file:read:/etc/a:b', 'a ":" in which is written as "%3A"'],
    ['tool:call:a:b', 'after "tool:call:" it must name one thing'],
    ['system:audit:read:all', 'nothing may follow "system:audit:read"'],
  ])('says of "%s" what is expected there', (pattern, expected) => {
    const [problem] = expandGrants([pattern]).problems;
    expect(problem?.message).toContain(`Cannot admit pattern "${pattern}": `);
    expect(problem?.message).toContain(expected);
    expect(problem?.code).toBe('unknown_capability');
  });
});

describe('expandDenies()', () => {
  test.each([
    ['tool:file:read', ['tool:file:read', 'tool:file:read:*']],
    ['tool:file', ['tool:file:*']],
    ['tool', ['tool:*']],
    ['tool:*', ['tool:*']],
    ['*', ['*']],
    ['block:send', ['block:send']],
    ['tool:*:read', ['tool:*:read', 'tool:*:read:*']],
    ['tool:network:http:evil.example', ['tool:network:http:evil.example:*']],
    ['tool:network:http:*.evil.example', ['tool:network:http:*.evil.example:*']],
    ['tool:file:read:/etc/*', ['tool:file:read:/etc/*']],
    ['tool:call:weather', ['tool:call:weather']],
  ])('stores %s as %j', (text, patterns) => {
    expect(expandDenies([text])).toEqual({ patterns, warnings: [], problems: [] });
  });

  test.each([
    ['tool:file:read', 'tool:file:read:/etc/passwd'],
    ['tool:file', 'tool:file:write:/etc/passwd'],
    ['tool:exec', 'tool:exec:shell'],
    ['tool:network:http:evil.example', 'tool:network:http:evil.example:8443'],
    ['tool:file:read:/etc/*', 'tool:file:read:/etc/app.conf'],
    ['tool:file:read:/etc/*', 'tool:file:read:/etc/a%3Ab'],
  ])('lets a deny of %s stop %s', (deny, asked) => {
    expect(denies(expandDenies([deny]).patterns, capability(asked))).toBe(true);
  });

  test('lets a deny of any family stop its bare name and each of its resources', () => {
    const resources = { path: '/a.b/c', name: 'x', 'host-port': 'a.example:80' };
    for (const { name, resource, capability: bare } of FAMILIES) {
      const { patterns, problems } = expandDenies([name]);
      expect(problems).toEqual([]);
      expect(denies(patterns, bare)).toBe(true);
      if (resource === 'none') continue;
      expect(denies(patterns, capability(`${name}:${resources[resource.kind]}`))).toBe(true);
    }
  });

  test.each([
    'tool:file:read:etc/*',
    'tool:fiel',
    'tool:network:http:EVIL.example',
    'tool:network:http:evil.example.:443',
    'block:send:x',
  ])('refuses %s, which would protect nothing', (text) => {
    const { patterns, problems } = expandDenies([text]);
    expect(patterns).toEqual([]);
    expect(problems).toMatchObject([{ code: 'unknown_capability', index: 0 }]);
  });
});
