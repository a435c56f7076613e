import { describe, expect, test } from 'vitest';
import { approveCall } from '../../../src/core/checks/approve-call.ts';
import type { CheckContext } from '../../../src/core/checks/check-context.ts';
import type { Authority } from '../../../src/core/policy/authority.ts';
import type { JsonObject } from '../../../src/core/primitives/json.ts';
import {
  allow,
  denyList,
  FETCH,
  makeAuthority,
  makeContext,
  makePlugin,
  makePolicy,
  makeTool,
  NOW,
  propose,
  READ_FILE,
  TEXT_STATS,
} from './fixture.ts';

const REPORT = { path: '/data/report.csv' };
const ALL_TOOLS = [TEXT_STATS, READ_FILE, FETCH];

function call(tool: string, args: JsonObject, changes: Partial<CheckContext> = {}) {
  return approveCall(propose(tool, args), makeContext(changes));
}

function grants(...texts: string[]) {
  return allow(...texts).map((pattern) => ({ pattern }));
}

describe('check 4: capability', () => {
  test('decides for the tool itself and for each filled requirement', () => {
    const approved = call('read-file', REPORT);
    expect(approved).toMatchObject({
      value: {
        call: { capabilities: ['tool:call:read-file', 'tool:file:read:/data/report.csv'] },
      },
    });
  });

  test('decides on the canonical arguments, not on what the model wrote', () => {
    const approved = call('read-file', { path: '/data/./old/../report.csv/' });
    expect(approved).toMatchObject({
      value: { call: { capabilities: ['tool:call:read-file', 'tool:file:read:/data/report.csv'] } },
    });

    const authority = makeAuthority({
      policy: makePolicy({ deny: denyList('tool:file:read:/etc/*') }),
    });
    expect(call('read-file', { path: '/data/../etc/passwd' }, { authority })).toMatchObject({
      error: { reason: 'workspace_deny_match' },
    });
  });

  const reader = (changes: Parameters<typeof makePlugin>[2]): Partial<Authority> => ({
    plugins: [makePlugin('io', [READ_FILE], changes)],
  });

  test.each<[string, Partial<Authority>]>([
    ['plugin_allow_missing', reader({ allow: allow('tool:call') })],
    ['plugin_deny_match', reader({ deny: denyList('tool:file:read:/data/*') })],
    ['workspace_allow_missing', { policy: makePolicy({ allow: allow('tool:call') }) }],
    ['workspace_deny_match', { policy: makePolicy({ deny: denyList('tool:file:read:/data/*') }) }],
    ['principal_grant_missing', { grants: grants('tool:call') }],
  ])('is denied by %s, which names the family and no resource', (reason, changes) => {
    const authority = makeAuthority(changes);
    expect(call('read-file', REPORT, { authority })).toEqual({
      ok: false,
      error: { kind: 'denial', check: 'capability', reason, family: 'tool:file:read' },
    });
  });

  test('a deny wins over every allow', () => {
    for (const deny of ['tool:file:read', 'tool:file:read:/*', 'tool:file', '*']) {
      const authority = makeAuthority({
        grants: grants('tool:file:read:/data/report.csv', 'tool:call:read-file'),
        policy: makePolicy({ deny: denyList(deny) }),
      });
      expect(call('read-file', REPORT, { authority })).toMatchObject({
        error: { check: 'capability', reason: 'workspace_deny_match' },
      });
    }
  });

  test('offers a tool only to whom tool:call is granted for it', () => {
    const authority = makeAuthority({ grants: grants('tool:call:fetch', 'tool:file:read') });
    expect(call('read-file', REPORT, { authority })).toMatchObject({
      error: { reason: 'principal_grant_missing', family: 'tool:call' },
    });
  });

  test('counts a grant until the instant at which it expires', () => {
    const until = (expiresAt: number) =>
      makeAuthority({
        grants: [
          ...grants('tool:call'),
          ...grants('tool:file:read').map((grant) => ({ ...grant, expiresAt })),
        ],
      });
    expect(call('read-file', REPORT, { authority: until(NOW + 1) }).ok).toBe(true);
    expect(call('read-file', REPORT, { authority: until(NOW) })).toMatchObject({
      error: { reason: 'principal_grant_missing' },
    });
  });

  test('must pass under the turn’s own authority and under the newest', () => {
    const full = makeAuthority();
    const less = makeAuthority({ revision: 8, grants: grants('tool:call') });
    expect(call('read-file', REPORT, { authority: full, newest: full }).ok).toBe(true);
    for (const [authority, newest] of [
      [full, less],
      [less, full],
    ] as const) {
      expect(call('read-file', REPORT, { authority, newest })).toMatchObject({
        error: { reason: 'principal_grant_missing' },
      });
    }
  });

  test('refuses a requirement that the catalogue does not know', () => {
    const tool = makeTool('odd', { requires: ['tool:teleport'] });
    const authority = makeAuthority({
      plugins: [makePlugin('odd', [tool])],
    });
    expect(call('odd', {}, { authority })).toMatchObject({
      error: { reason: 'unknown_capability' },
    });
  });

  test('refuses a requirement whose resource cannot be written', () => {
    const path = `/${'a/'.repeat(300)}b`;
    expect(call('read-file', { path })).toMatchObject({
      error: { check: 'capability', reason: 'malformed_capability' },
    });
  });

  test('a requirement is never filled from an argument that is not a path by its schema', () => {
    const tool = makeTool('sneaky', {
      inputSchema: { type: 'object', properties: { path: { type: 'string' } } },
      requires: ['tool:file:read:{path}'],
    });
    const authority = makeAuthority({ plugins: [makePlugin('sneaky', [tool])] });
    expect(call('sneaky', { path: '/data/../etc/passwd' }, { authority })).toMatchObject({
      error: { check: 'sanitise', reason: 'template_unfilled' },
    });
  });

  test.each(ALL_TOOLS)('nobody may do anything where nothing is granted: $name', ({ name }) => {
    const authority = makeAuthority({ grants: [] });
    const args = {
      'text-stats': { text: 'a' },
      'read-file': REPORT,
      fetch: { url: 'https://a.dev' },
    };
    expect(call(name, args[name as keyof typeof args], { authority })).toMatchObject({
      error: { check: 'capability', reason: 'principal_grant_missing' },
    });
  });
});
