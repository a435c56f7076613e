import { describe, expect, test } from 'vitest';
import { DEFAULT_FLOW_RULES } from '../../../src/core/policy/flow-rules.ts';
import type { Policy } from '../../../src/core/policy/policy.ts';
import { DEFAULT_SCAN_POLICY } from '../../../src/core/policy/scan-policy.ts';
import { auditDeployment } from '../../../src/core/security-audit/audit-deployment.ts';
import type { DeploymentFacts } from '../../../src/core/security-audit/deployment-facts.ts';
import { CALL, CLEAN, CLEAN_POLICY, DAY_MS, NOW, PLUGIN, patterns } from './support/clean-facts.ts';

type Change = Partial<DeploymentFacts>;

const found = (change: Change) =>
  auditDeployment({ ...CLEAN, ...change }).map(({ id, level }) => `${level} ${id}`);

const [TOKEN] = CLEAN.tokens;
const token = (change: object): Change => ({ tokens: [{ ...TOKEN!, ...change }] });
const policy = (change: Partial<Policy>): Change => ({ policy: { ...CLEAN_POLICY, ...change } });
const plugin = (change: object): Change => ({ plugins: [{ ...PLUGIN, ...change }] });
const node = (change: object): Change => ({ nodes: [{ ...CLEAN.nodes![0]!, ...change }] });
const surface = (change: object): Change => ({ surface: { ...CLEAN.surface, ...change } });
const scan = { ...DEFAULT_SCAN_POLICY };
const stage = scan.output;
const trustedKey = { keyId: 'release', publicKey: 'A'.repeat(43), revoked: true };
const plugins = { ...CLEAN_POLICY.plugins, trustedKeys: [trustedKey] };
const issuer = {
  ...{ name: 'corp', issuer: 'https://id.example', audiences: ['gateway'], algorithms: [] },
  ...{ kind: 'user' as const, subjectClaim: 'sub', admits: 'matching' as const },
  ...{ clockSkewSeconds: 30, maxAgeSeconds: 3_600 },
};
const department = [{ claim: ['department'], anyOf: ['ops'] }];
const rule = { when: department, grants: patterns('session:read') };
const signIn = (change: object): Change =>
  policy({ signIn: { issuers: [{ ...issuer, rules: [rule], ...change }] } });

describe('auditDeployment()', () => {
  test('finds nothing where nothing is to be found', () => {
    expect(found({})).toEqual([]);
  });

  test.each<[string, Change, string]>([
    ['a route that answers nobody', surface({ openRoutes: ['GET /v1/x'] }), 'high route-exposed'],
    ['no TLS', surface({ url: 'http://gateway.example' }), 'high no-tls'],
    ['any host name', surface({ answersToForeignHost: true }), 'low any-host'],
    [
      'any host name on loopback',
      surface({ isLoopback: true, answersToForeignHost: true }),
      'medium any-host',
    ],
    [
      'an open channel',
      { channels: [{ name: 'a', platform: 'slack', access: 'open' }] },
      'high channel-open',
    ],
    [
      'a weak master key',
      { keys: { ...CLEAN.keys!, strongMasterKey: false } },
      'high master-key-weak',
    ],
    [
      'a weak root token',
      { keys: { ...CLEAN.keys!, strongRootToken: false } },
      'high root-token-weak',
    ],
    ['a former key', { keys: { ...CLEAN.keys!, formerMasterKey: true } }, 'low former-key-kept'],
    ['no loader', { features: { ...CLEAN.features!, uploads: false } }, 'low no-uploads'],
    [
      'no archive',
      { features: { ...CLEAN.features!, auditArchive: false } },
      'low no-audit-archive',
    ],
    [
      'strangers without a bound',
      { features: { ...CLEAN.features!, sourceAddresses: false } },
      'medium strangers-unlimited',
    ],
    [
      'a list of audiences with a slip',
      { features: { ...CLEAN.features!, audiences: false } },
      'medium audiences-unreadable',
    ],
    ['a record that was changed', { auditHolds: false }, 'high audit-broken'],
    ['a part that is not seen', { unseen: [{ part: 'nodes', reason: '403' }] }, 'medium not-seen'],
    ['a switch', { switches: ['writes'] }, 'low switch-thrown'],
    ['wide policy', policy({ allow: patterns('tool:file:read:*') }), 'low policy-wide'],
    ['all models', policy({ models: { ...CLEAN_POLICY.models, allow: ['*'] } }), 'low models-any'],
    ['private hosts', policy({ privateHosts: ['10.0.0.1:80'] }), 'low private-hosts'],
    ['content in clear', policy({ encryption: { atRest: 'none' } }), 'low data-in-clear'],
    [
      'optional signatures',
      policy({ plugins: { ...CLEAN_POLICY.plugins, requireSignature: false } }),
      'low signatures-optional',
    ],
    [
      'careless reviews',
      policy({ plugins: { ...CLEAN_POLICY.plugins, bundledSecrets: 'warn' } }),
      'medium review-weakened',
    ],
    [
      'a scanner that is off',
      policy({ scan: { ...scan, output: { ...stage, secrets: { mode: 'off', from: 'low' } } } }),
      'medium scanner-weakened',
    ],
    [
      'what was not inspected, passed on',
      policy({ scan: { ...scan, output: { ...stage, uninspected: 'flag' } } }),
      'medium scanner-weakened',
    ],
    [
      'outsiders who fill arguments',
      policy({ flow: { ...DEFAULT_FLOW_RULES, untrustedArgument: 'allow' } }),
      'high flow-weakened',
    ],
    [
      'calls that nobody asked for',
      policy({ flow: { ...DEFAULT_FLOW_RULES, unaskedCall: 'allow' } }),
      'medium flow-weakened',
    ],
    [
      'believed tools',
      policy({ flow: { ...DEFAULT_FLOW_RULES, believed: ['a'] } }),
      'low tools-believed',
    ],
    [
      'values that anybody may say',
      policy({ flow: { ...DEFAULT_FLOW_RULES, constants: ['a'] } }),
      'low values-believed',
    ],
    [
      'handles that a human may let pass',
      policy({ flow: { ...DEFAULT_FLOW_RULES, handleArgument: 'ask' } }),
      'medium flow-weakened',
    ],
    [
      'tools that declassify',
      policy({ flow: { ...DEFAULT_FLOW_RULES, declassifiers: ['a'] } }),
      'low tools-declassify',
    ],
    ['an issuer in clear', signIn({ issuer: 'http://id.example' }), 'high issuer-in-clear'],
    ['an issuer’s everybody', signIn({ rules: [{ ...rule, when: [] }] }), 'medium sign-in-anybody'],
    [
      'an issuer’s wide rule',
      signIn({ rules: [{ ...rule, grants: patterns('tool:file:read:*') }] }),
      'medium sign-in-wide',
    ],
    ['an unsigned plugin', plugin({ sha256: 'b'.repeat(64) }), 'medium plugin-unsigned'],
    ['a plugin that is behind', plugin({ version: '0.9.0' }), 'medium plugin-old'],
    ['a failed plugin', plugin({ state: 'failed' }), 'low plugin-failed'],
    ['a wide manifest', plugin({ capabilities: ['tool:network:http'] }), 'low plugin-wide'],
    [
      'a revoked key',
      { ...plugin({ signedBy: 'release' }), ...policy({ plugins }) },
      'high plugin-key-revoked',
    ],
    ['a wide node', node({ allow: ['tool:exec'] }), 'low node-wide'],
    [
      'an executor that is behind',
      { ...node({ version: '0.0.9' }), version: '0.1.0' },
      'medium executor-old',
    ],
    ['a node that is gone', node({ state: 'offline' }), 'medium node-stale'],
    ['a token that ends soon', token({ expiresAt: NOW + 13 * DAY_MS }), 'medium token-ends-soon'],
    [
      'a short token',
      token({ createdAt: NOW - DAY_MS, expiresAt: NOW + DAY_MS }),
      'low token-ends-soon',
    ],
    ['a token that lives long', token({ expiresAt: NOW + 200 * DAY_MS }), 'low token-long-lived'],
    ['a token without an end', token({ expiresAt: undefined }), 'low token-long-lived'],
    ['an idle token', token({ lastUsedAt: NOW - 31 * DAY_MS }), 'medium token-idle'],
    ['a token that was never used', token({ lastUsedAt: undefined }), 'medium token-idle'],
    [
      'an old secret',
      { secrets: [{ ...CLEAN.secrets![0]!, updatedAt: NOW - 400 * DAY_MS }] },
      'low secret-old',
    ],
    ['a wide member', { members: [{ id: 'alice', grants: ['tool:exec'] }] }, 'medium grant-wide'],
    ['a record that goes on', { record: { ...CLEAN.record!, isWhole: false } }, 'low record-long'],
    ['unused grants', { record: { ...CLEAN.record!, events: [] } }, 'medium grant-unused'],
  ])('finds %s', (_, change, finding) => {
    expect(found(change)).toEqual([finding]);
  });

  test.each<[string, Change]>([
    [
      'a stranger on loopback',
      {
        ...surface({ isLoopback: true }),
        features: { ...CLEAN.features!, sourceAddresses: false },
      },
    ],
    ['loopback without TLS', surface({ isLoopback: true, url: 'http://127.0.0.1:8787' })],
    [
      'a plugin signed by a key that is trusted',
      plugin({ sha256: 'b'.repeat(64), signedBy: 'release' }),
    ],
    ['a newer plugin', plugin({ version: '1.1.0' })],
    ['a built-in tool', plugin({ tier: 'built-in', sha256: '' })],
    ['a token that ends in 15 days', token({ expiresAt: NOW + 15 * DAY_MS })],
    ['a token that has ended', token({ expiresAt: NOW - 1, grants: ['tool:*'] })],
    ['a token that is revoked', token({ revokedAt: NOW - 1, grants: ['tool:*'] })],
    ['a token used 29 days ago', token({ lastUsedAt: NOW - 29 * DAY_MS })],
    [
      'a member of an issuer without claims',
      signIn({ admits: 'members', rules: [{ ...rule, when: [] }] }),
    ],
    ['an executor of the gateway’s version', { ...node({ version: '0.1.0' }), version: '0.1.0' }],
    ['a node seen 29 days ago', node({ state: 'offline', lastSeenAt: NOW - 29 * DAY_MS })],
  ])('takes no offence at %s', (_, change) => {
    expect(found(change)).toEqual([]);
  });

  test('prints the way from secrets to the outside, for whoever has one', () => {
    const flow = {
      ...DEFAULT_FLOW_RULES,
      send: {
        ...DEFAULT_FLOW_RULES.send,
        untrusted: { public: 'allow', workspace: 'allow', secret: 'allow' },
      },
    } as const;
    const principals = [
      {
        name: 'user:eve',
        grants: patterns('block:spawn', 'tool:file:read:*', 'tool:network:http:*'),
      },
    ];
    const policyOfAll = { ...CLEAN_POLICY, flow, allow: patterns('block:*', 'tool:*') };
    const proof = { policy: policyOfAll, plugins: [], principals };
    const [worst] = auditDeployment({ ...CLEAN, policy: policyOfAll, proof });
    expect(worst).toMatchObject({
      ...{ id: 'flow-leak', level: 'high' },
      evidence: { principal: 'user:eve', path: ['block CAP_FILE_READ', 'block CAP_HTTP'] },
    });
  });

  test('says nothing of use where the record could not be read whole', () => {
    const cut = { from: 0, isWhole: false, events: [] };
    expect(found({ record: cut })).not.toContain('medium grant-unused');
  });

  test('counts what blocks and channels have used for those who may act through them', () => {
    const grants = ['tool:call:text-stats', 'block:spawn'];
    const events = [
      { ...CALL, actor: 'block:blk_1' },
      { ...CALL, action: 'block-spawned', tool: 'text-stats' },
    ];
    const record = { ...CLEAN.record!, events: events.map((event) => ({ ...event })) };
    expect(found({ ...token({ grants }), record })).toEqual([]);
    const stranger = { ...CLEAN.record!, events: [{ ...CALL, actor: 'block:blk_1' }] };
    expect(found({ record: stranger })).toEqual(['medium grant-unused']);
  });

  test('has a key trusted before a plugin is signed with it, where no live one is', () => {
    const mending = (trustedKeys: Policy['plugins']['trustedKeys']) => {
      const change = policy({ plugins: { ...plugins, trustedKeys } });
      const facts = { ...CLEAN, ...plugin({ sha256: 'b'.repeat(64) }), ...change };
      return auditDeployment(facts).find(({ id }) => id === 'plugin-unsigned')?.command ?? '';
    };
    const inOrder = /plugin keygen .*\.plugins\.trustedKeys \+= .*plugin sign .*plugin install /;
    expect(mending([])).toMatch(inOrder);
    expect(mending([trustedKey])).toMatch(inOrder);
    const live = { keyId: 'ops', publicKey: 'A'.repeat(43) };
    expect(mending([trustedKey, live])).toMatch(/^npx --no sallyport plugin sign /);
  });

  test('names in every finding what mends it, and quotes no policy text that breaks the line', () => {
    const all = auditDeployment({ ...CLEAN, ...token({ grants: ['tool:*', 'system:admin'] }) });
    expect(all.length).toBeGreaterThan(0);
    for (const { command, sentence } of all) {
      expect(command).not.toBe('');
      expect(sentence).not.toMatch(/[\n\r]|\.$/);
    }
  });
});
