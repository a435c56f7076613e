import { describe, expect, expectTypeOf, test } from 'vitest';
import {
  FAMILIES,
  type FamilyName,
  familyOf,
  isKnown,
  type RouteCapability,
} from '../../../src/core/capabilities/catalogue.ts';
import { capability } from './read.ts';

const namesWhere = (matches: (family: (typeof FAMILIES)[number]) => boolean) =>
  FAMILIES.filter(matches).map((family) => family.name);

describe('FAMILIES', () => {
  test('lists the whole catalogue, each name once', () => {
    const words = (root: string, names: string) =>
      names.split('|').map((name) => `${root}:${name}`);
    expect(FAMILIES.map((family) => family.name).sort()).toEqual(
      [
        ...words('channel', 'send|receive|list|manage'),
        ...words(
          'tool',
          'exec|exec:shell|file:read|file:write|network:http|network:websocket|call',
        ),
        ...words('provider', 'llm:call|llm:stream|embedding'),
        ...words('storage', 'workspace:read|workspace:write|memory:read|memory:write|db'),
        ...words('system', 'config:read|config:write|plugin:list|plugin:install|plugin:stop'),
        ...words('system', 'clock:read|random:read'),
        ...words(
          'system',
          'plugin:delete|plugin:release|plugin:sign-in|node:connect|node:approve|node:list|node:revoke',
        ),
        ...words('system', 'env:read|audit:read|secret:use|secret:list|secret:write|admin|explain'),
        ...words('system', 'token:issue|token:revoke|approval:list|approval:decide'),
        ...words('session', 'create|read|turn|cancel|delete'),
        ...words('schedule', 'read|write'),
        ...words('block', 'spawn|send|receive|link|monitor|trap_exit|supervise|read|exit'),
        ...words('block', 'checkpoint|restore|name|group|own'),
      ].sort(),
    );
  });

  test('calls dangerous what acts on the world or reads what is secret', () => {
    expect(namesWhere((family) => family.dangerous)).toEqual([
      ...namesWhere((family) => /^(tool|provider):/.test(family.name)),
      'system:env:read',
      'system:secret:use',
    ]);
  });

  test('keeps approvals, tokens, secrets, releases, sign-ins and administration from everyone who acts for others', () => {
    const kept = FAMILIES.filter((family) => family.neverHeldBy.length > 0);
    expect(kept.map((family) => family.name).sort()).toEqual([
      'system:admin',
      'system:approval:decide',
      'system:plugin:release',
      'system:plugin:sign-in',
      'system:secret:write',
      'system:token:issue',
      'system:token:revoke',
    ]);
    for (const family of kept) {
      expect(family.neverHeldBy).toEqual(['plugin', 'block', 'node', 'channel']);
    }
  });
});

describe('familyOf()', () => {
  test.each([
    ['tool:file:read', 'tool:file:read'],
    ['tool:file:read:/data/a.csv', 'tool:file:read'],
    ['tool:exec', 'tool:exec'],
    ['tool:exec:/usr/bin/git', 'tool:exec'],
    ['tool:exec:git', 'tool:exec'],
    ['tool:exec:shell', 'tool:exec:shell'],
    ['tool:network:http:api.example.com:443', 'tool:network:http'],
    ['tool:network:websocket:%3A%3A1:8080', 'tool:network:websocket'],
    ['provider:llm:call:openai/gpt-5', 'provider:llm:call'],
    ['provider:embedding:local', 'provider:embedding'],
    ['channel:send:telegram', 'channel:send'],
    ['storage:db:main', 'storage:db'],
    ['block:trap_exit', 'block:trap_exit'],
    ['system:admin', 'system:admin'],
  ])('knows %s as %s', (text, name) => {
    expect(familyOf(capability(text))?.name).toBe(name);
    expect(isKnown(capability(text))).toBe(true);
  });

  test.each([
    'tool',
    'tool:file',
    'tool:file:delete:/data',
    'tool:file:read:data',
    'tool:file:read:/a:/b',
    'tool:exec:shell:x',
    'tool:exec:a:b',
    'tool:network:http:api.example.com',
    'tool:network:http:API.example.com:443',
    'tool:network:http:api.example.com:https',
    'tool:network:http:127.1:80',
    'tool:network:http:a:80:b',
    'block:send:blk_1',
    'system:admin:all',
    'Tool:file:read',
    'tool:file:read2',
    'constructor',
    '__proto__',
    'a:b:c:d:e:f:g:h:i:j:k:l:m:n:o:p',
  ])('knows no %s', (text) => {
    expect(familyOf(capability(text))).toBeUndefined();
    expect(isKnown(capability(text))).toBe(false);
  });
});

describe('RouteCapability', () => {
  test('holds the names that need no resource, and no other text', () => {
    expectTypeOf<'session:create'>().toExtend<RouteCapability>();
    expectTypeOf<'system:admin'>().toExtend<RouteCapability>();
    expectTypeOf<RouteCapability>().toExtend<FamilyName>();
    // @ts-expect-error who may call one tool need not hold the bare name
    const withResource: RouteCapability = 'tool:call';
    // @ts-expect-error no such capability
    const unknown: RouteCapability = 'session:creat';
    expect([withResource, unknown]).toHaveLength(2);
  });
});
