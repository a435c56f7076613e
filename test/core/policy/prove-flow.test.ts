import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decideEffects, effectOf } from '../../../src/core/policy/flow.ts';
import {
  DEFAULT_FLOW_RULES,
  FLOW_OUTCOMES,
  type FlowRules,
} from '../../../src/core/policy/flow-rules.ts';
import { joinLabels, PRINCIPAL_LABEL, UNTRUSTED_LABEL } from '../../../src/core/policy/labels.ts';
import { DEFAULT_POLICY } from '../../../src/core/policy/policy.ts';
import {
  type ProvedPrincipal,
  type ProvedWorkspace,
  proveFlow,
} from '../../../src/core/policy/prove-flow.ts';
import { patterns, plugin, tool } from './authority-builder.ts';

const FETCH = tool('fetch', { requires: ['tool:network:http:{url.host}:{url.port}'] });
const READ = tool('read', {
  requires: ['tool:file:read:{path}'],
  annotations: { readOnlyHint: true, openWorldHint: false },
});
const COUNT = tool('count', { annotations: { readOnlyHint: true, openWorldHint: false } });

const CARELESS: FlowRules = {
  ...DEFAULT_FLOW_RULES,
  send: {
    ...DEFAULT_FLOW_RULES.send,
    untrusted: { public: 'allow', workspace: 'allow', secret: 'allow' },
  },
};

interface Facts {
  readonly policy?: Partial<ProvedWorkspace['policy']>;
  readonly tools?: readonly ReturnType<typeof tool>[];
  readonly grants?: readonly string[];
}

const workspace = ({ policy, tools = [FETCH, READ, COUNT], grants = ['tool:*'] }: Facts) => ({
  policy: { ...DEFAULT_POLICY, flow: CARELESS, ...policy },
  plugins: [plugin({ tools })],
  principals: [{ name: 'user:alice', grants: patterns(...grants) }],
});
const movesOf = (facts: Facts) =>
  proveFlow(workspace(facts)).map(({ path }) => path.map(({ move }) => move));

describe('proveFlow()', () => {
  test('finds nothing under the default rules, which ask before a secret goes where outsiders speak', () => {
    expect(proveFlow(workspace({ policy: { flow: DEFAULT_FLOW_RULES } }))).toEqual([]);
  });

  test('names the shortest way where nobody is asked, and whose it is', () => {
    const [leak] = proveFlow(workspace({}));
    expect(leak?.principal).toBe('user:alice');
    expect(leak?.path.map(({ move }) => move)).toEqual(['tool read', 'tool fetch']);
    expect(leak?.path.at(-1)?.label).toEqual({ integrity: 'untrusted', confidentiality: 'secret' });
  });

  test('finds a single tool that does everything by itself', () => {
    const both = tool('both', { requires: [...FETCH.requires, ...READ.requires] });
    expect(movesOf({ tools: [both] })).toEqual([['tool both', 'tool both']]);
  });

  test.each<[string, Facts]>([
    ['private data', { tools: [FETCH, COUNT] }],
    ['a way out', { tools: [READ, COUNT] }],
    ['the grant to call', { grants: ['tool:file:*', 'tool:network:*', 'tool:call:fetch'] }],
    ['the grant to read', { grants: ['tool:call:*', 'tool:network:*'] }],
    [
      'what the workspace denies',
      { policy: { deny: patterns('tool:file:read', 'tool:file:read:*') } },
    ],
    [
      'what the workspace does not allow',
      { policy: { allow: patterns('tool:call:*', 'tool:file:*') } },
    ],
    ['any grant at all', { grants: [] }],
  ])('finds no way without %s', (_, facts) => {
    expect(movesOf(facts)).toEqual([]);
  });

  test('an approval for every call of a family cuts the way; one for a part of it does not', () => {
    const always = (...texts: string[]) => ({
      policy: { approvals: { ...DEFAULT_POLICY.approvals, always: patterns(...texts) } },
    });
    expect(movesOf(always('tool:network:http', 'tool:network:http:*'))).toEqual([]);
    expect(movesOf(always('tool:call:fetch'))).toEqual([]);
    expect(movesOf(always('tool:network:http:*.bank.example:443'))).toHaveLength(1);
  });

  test('a deny for a part of a family does not cut the way', () => {
    expect(movesOf({ policy: { deny: patterns('tool:file:read:/etc/*') } })).toHaveLength(1);
  });

  test('counts blocks with bits: they need no tool', () => {
    const grants = ['block:spawn', 'tool:network:http:*', 'tool:file:read:*'];
    expect(movesOf({ tools: [], grants })).toEqual([['block CAP_FILE_READ', 'block CAP_HTTP']]);
    expect(movesOf({ tools: [], grants: grants.slice(1) })).toEqual([]);
  });

  test.each([
    ['a session', 'session:turn', 'session:turn'],
    ['a message to a block', 'block:send', 'block:receive'],
  ])('goes on with what another principal has left in %s', (_, tells, hears) => {
    const principals = [
      { name: 'user:reader', grants: patterns('tool:call:read', 'tool:file:read:*', tells) },
      { name: 'user:sender', grants: patterns('tool:call:fetch', 'tool:network:http:*', hears) },
    ];
    const between = (who: readonly ProvedPrincipal[], flow = CARELESS) =>
      proveFlow({ ...workspace({ policy: { flow } }), principals: who });
    const [leak, ...others] = between(principals);
    expect([leak?.principal, others.length]).toEqual(['user:sender', 0]);
    expect(leak?.path.map(({ move, by }) => [move, by])).toEqual([
      ['tool read', 'user:reader'],
      ['tool fetch', undefined],
    ]);
    expect(between(principals, DEFAULT_FLOW_RULES)).toEqual([]);
    const apart = principals.map(({ name, grants }) => ({
      name,
      grants: grants.filter((grant) => grant.startsWith('tool:')),
    }));
    expect(between(apart)).toEqual([]);
  });

  test('agrees with trying: whatever chain of calls the rules let pass, its end was foreseen', () => {
    const outcome = fc.constantFrom(...FLOW_OUTCOMES);
    const row = fc.record({ public: outcome, workspace: outcome, secret: outcome });
    const table = fc.record({ trusted: row, untrusted: row });
    const rules = fc.record({ send: table, destroy: table, change: table });
    const tools = [FETCH, READ, COUNT];
    const all = { public: 'allow', workspace: 'allow', secret: 'allow' } as const;
    const open = { trusted: all, untrusted: all };
    const leaking: [typeof FETCH, boolean][] = [
      [FETCH, true],
      [READ, true],
      [FETCH, true],
    ];
    fc.assert(
      fc.property(
        rules,
        fc.array(fc.tuple(fc.constantFrom(...tools), fc.boolean()), { maxLength: 5 }),
        (tables, chain) => {
          const flow = { ...DEFAULT_FLOW_RULES, ...tables };
          let label = PRINCIPAL_LABEL;
          let hasLeaked = false;
          for (const [called, isUntrusted] of chain) {
            if (decideEffects(label, called, flow) !== 'allow') continue;
            const { sendsOut, readsPrivate } = effectOf(called.requires);
            if (readsPrivate) label = { ...label, confidentiality: 'secret' };
            hasLeaked ||=
              sendsOut && label.integrity === 'untrusted' && label.confidentiality === 'secret';
            if (isUntrusted && called !== COUNT) label = joinLabels(label, UNTRUSTED_LABEL);
          }
          if (hasLeaked) expect(proveFlow(workspace({ policy: { flow } }))).toHaveLength(1);
        },
      ),
      { numRuns: 2_000, examples: [[{ send: open, destroy: open, change: open }, leaking]] },
    );
  });
});
