import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { covers, parseCapability } from '../../../src/core/capabilities/pattern.ts';
import type { Authority } from '../../../src/core/policy/authority.ts';
import { authorize, findObjection, type Question } from '../../../src/core/policy/authorize.ts';
import { DEFAULT_POLICY } from '../../../src/core/policy/policy.ts';
import { authority, grants, NOW, patterns, plugin } from './authority-builder.ts';

const READ = 'tool:file:read:/data/a.csv';

const ask = (facts: Partial<Question> = {}): Question => ({
  capability: READ,
  now: NOW,
  plugin: 'files',
  ...facts,
});

const withPolicy = (allow: readonly string[], deny: readonly string[] = []): Authority =>
  authority({ policy: { ...DEFAULT_POLICY, allow: patterns(...allow), deny: patterns(...deny) } });

describe('findObjection()', () => {
  test('finds none when every party agrees', () => {
    expect(findObjection(authority(), ask())).toBeUndefined();
  });

  test.each([
    ['malformed_capability', authority(), ask({ capability: 'tool::read' })],
    ['malformed_capability', authority(), ask({ capability: 'tool:file:read:/data/*' })],
    ['malformed_capability', authority(), ask({ capability: 'tool:file:read:/data/%2fetc' })],
    ['unknown_capability', authority(), ask({ capability: 'tool:teleport:/x' })],
    ['unknown_capability', authority(), ask({ capability: 'tool:file:read:data' })],
    ['plugin_not_registered', authority(), ask({ plugin: 'ghost' })],
    ['plugin_not_registered', authority(), ask({ plugin: '__proto__' })],
    ['plugin_not_registered', authority({ plugins: [plugin({ state: 'stopped' })] }), ask()],
    ['plugin_not_registered', authority({ plugins: [plugin({ state: 'failed' })] }), ask()],
    ['plugin_allow_missing', authority({ plugins: [plugin({ allow: [] })] }), ask()],
    [
      'plugin_allow_missing',
      authority({ plugins: [plugin({ allow: patterns('tool:file:read:/data/b.csv') })] }),
      ask(),
    ],
    [
      'plugin_deny_match',
      authority({ plugins: [plugin({ deny: patterns('tool:file:read:*') })] }),
      ask(),
    ],
    ['workspace_allow_missing', withPolicy([]), ask()],
    ['workspace_deny_match', withPolicy(['tool:*'], ['tool:file:read:/data/*']), ask()],
    ['principal_grant_missing', authority({ grants: [] }), ask()],
    ['principal_grant_missing', authority({ grants: grants('tool:file:write:*') }), ask()],
    ['block_capability_missing', authority(), ask({ block: [] })],
    ['node_policy_denied', authority(), ask({ node: { allow: [], deny: [] } })],
    [
      'node_policy_denied',
      authority(),
      ask({ node: { allow: patterns('tool:*'), deny: patterns('tool:file:*') } }),
    ],
  ])('answers %s', (reason, by, question) => {
    expect(findObjection(by, question)).toBe(reason);
  });

  test('asks a draining plugin, which serves the turns that began with it', () => {
    const by = authority({ plugins: [plugin({ state: 'draining' })] });
    expect(findObjection(by, ask())).toBeUndefined();
  });

  test('asks no plugin where none acts', () => {
    expect(findObjection(authority({ plugins: [] }), { capability: READ, now: NOW })).toBe(
      undefined,
    );
  });

  test('names the first party in the order of the design when several refuse', () => {
    const nobody = authority({
      plugins: [plugin({ allow: [], deny: patterns('tool:*') })],
      policy: { ...DEFAULT_POLICY, allow: [], deny: patterns('tool:*') },
      grants: [],
    });
    const question = ask({ block: [], node: { allow: [], deny: [] } });
    expect(findObjection(nobody, question)).toBe('plugin_allow_missing');
    expect(findObjection(nobody, ask({ plugin: 'ghost' }))).toBe('plugin_not_registered');
  });

  test('ends a grant at the very millisecond of its expiry', () => {
    const [pattern] = patterns('tool:file:read:*');
    const by = authority({ grants: [{ pattern: pattern!, expiresAt: NOW }] });
    expect(findObjection(by, ask({ now: NOW - 1 }))).toBeUndefined();
    expect(findObjection(by, ask({ now: NOW }))).toBe('principal_grant_missing');
  });

  test.each([
    'system:admin',
    'system:approval:decide',
    'system:token:issue',
    'system:secret:write',
    'system:plugin:release',
    'system:plugin:sign-in',
  ])('never lets a plugin, block, node or channel sender hold %s', (capability) => {
    const all = { allow: patterns('*'), deny: [] };
    const policy = { ...DEFAULT_POLICY, ...all };
    const holdsAll = { policy, grants: grants('*'), plugins: [plugin(all)] };
    const question = { capability, now: NOW };
    expect(findObjection(authority(holdsAll), question)).toBeUndefined();
    expect(findObjection(authority(holdsAll), { ...question, plugin: 'files' })).toBe(
      'plugin_allow_missing',
    );
    expect(findObjection(authority(holdsAll), { ...question, block: patterns('*') })).toBe(
      'block_capability_missing',
    );
    for (const kind of ['block', 'node', 'channel'] as const) {
      expect(findObjection(authority({ ...holdsAll, kind }), question)).toBe(
        'principal_grant_missing',
      );
    }
  });

  test('no policy locks out who may replace it, but it does bind plugins and blocks', () => {
    const by = { ...withPolicy([], ['*']), grants: grants('system:config:write') };
    const question = { capability: 'system:config:write', now: NOW };
    expect(findObjection(by, question)).toBeUndefined();
    expect(findObjection({ ...by, grants: [] }, question)).toBe('principal_grant_missing');
    expect(findObjection(by, { ...question, block: patterns('*') })).toBe(
      'workspace_allow_missing',
    );
  });
});

describe('authorize()', () => {
  test('gives every leg its answer, in the order of the design', () => {
    const decision = authorize(authority({ grants: [] }), ask({ block: [] }));
    expect(decision).toMatchObject({ allowed: false, reason: 'principal_grant_missing' });
    expect(decision.legs).toEqual([
      { leg: 'form', answer: 'yes' },
      { leg: 'catalogue', answer: 'yes' },
      { leg: 'plugin-registered', answer: 'yes' },
      { leg: 'plugin-allow', answer: 'yes' },
      { leg: 'plugin-deny', answer: 'yes' },
      { leg: 'workspace-allow', answer: 'yes' },
      { leg: 'workspace-deny', answer: 'yes' },
      { leg: 'principal-grant', answer: 'no', reason: 'principal_grant_missing' },
      { leg: 'block-capability', answer: 'no', reason: 'block_capability_missing' },
      { leg: 'node-policy', answer: 'not-asked' },
    ]);
  });

  test('asks nobody about a capability that does not exist', () => {
    const { legs } = authorize(authority(), ask({ capability: 'tool:teleport' }));
    expect(legs.filter(({ answer }) => answer !== 'not-asked').map(({ leg }) => leg)).toEqual([
      'form',
      'catalogue',
    ]);
  });

  test('always says what findObjection() says', () => {
    fc.assert(
      fc.property(someAuthority, someQuestion, (by, question) => {
        const { allowed, reason } = authorize(by, question);
        expect(reason).toBe(findObjection(by, question));
        expect(allowed).toBe(reason === undefined);
      }),
    );
  });

  test('agrees with a decision that is written out plainly', () => {
    fc.assert(
      fc.property(someAuthority, someQuestion, (by, question) => {
        expect(authorize(by, question).allowed).toBe(plainDecision(by, question));
      }),
      { numRuns: 2_000 },
    );
  });

  test('never allows more when something is denied in addition', () => {
    fc.assert(
      fc.property(someAuthority, someQuestion, somePattern, (by, question, denied) => {
        const before = findObjection(by, question) === undefined;
        const policy = { ...by.policy, deny: [...by.policy.deny, ...patterns(denied)] };
        const after = findObjection({ ...by, policy }, question) === undefined;
        expect(after && !before).toBe(false);
      }),
    );
  });
});

const somePattern = fc.constantFrom(
  ...['tool:*', 'tool:file:*', 'tool:file:read:/data/*', 'tool:file:read:/data/a.csv'],
  ...['tool:*:read:*', 'tool:file:read', 'tool:network:http:*.example.com:443', '*'],
  ...['tool:network:http:api.example.com:*', 'system:*', 'tool:call:read-*'],
);
const someList = fc.array(somePattern, { maxLength: 4 }).map((texts) => patterns(...texts));
const someAuthority = fc
  .record({
    allow: someList,
    deny: someList,
    pluginAllow: someList,
    pluginDeny: someList,
    granted: someList,
    expiresAt: fc.constantFrom(undefined, NOW, NOW + 1),
    state: fc.constantFrom('running', 'draining', 'stopped'),
  })
  .map((facts) =>
    authority({
      policy: { ...DEFAULT_POLICY, allow: facts.allow, deny: facts.deny },
      plugins: [plugin({ allow: facts.pluginAllow, deny: facts.pluginDeny, state: facts.state })],
      grants: facts.granted.map((pattern) =>
        facts.expiresAt === undefined ? { pattern } : { pattern, expiresAt: facts.expiresAt },
      ),
    }),
  );
const someQuestion: fc.Arbitrary<Question> = fc
  .record({
    capability: fc.constantFrom(
      ...['tool:file:read:/data/a.csv', 'tool:file:read:/etc/passwd', 'tool:file:write:/data/x'],
      ...['tool:network:http:api.example.com:443', 'tool:network:http:example.com:443'],
      ...['tool:call:read-file', 'system:plugin:list', 'system:admin', 'nonsense', 'a::b'],
    ),
    plugin: fc.constantFrom(undefined, 'files', 'ghost'),
  })
  .map(({ capability, plugin: name }) =>
    name === undefined ? { capability, now: NOW } : { capability, now: NOW, plugin: name },
  );

/** The decision of the design, slowly and without an index. */
function plainDecision(by: Authority, { capability, plugin: name }: Question): boolean {
  const parsed = parseCapability(capability);
  if (!parsed.ok || capability === 'nonsense') return false;
  const isIn = (list: Authority['policy']['allow']) =>
    list.some((pattern) => covers(pattern, parsed.value));
  const acting = by.plugins.find((one) => one.name === name && one.state !== 'stopped');
  const pluginAgrees =
    name === undefined ||
    (acting !== undefined &&
      capability !== 'system:admin' &&
      isIn(acting.allow) &&
      !isIn(acting.deny));
  const held = by.grants.filter(({ expiresAt }) => expiresAt === undefined || NOW < expiresAt);
  return (
    pluginAgrees &&
    isIn(by.policy.allow) &&
    !isIn(by.policy.deny) &&
    isIn(held.map(({ pattern }) => pattern))
  );
}
