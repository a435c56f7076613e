import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Capability } from '../../../src/core/capabilities/pattern.ts';
import type { Authority } from '../../../src/core/policy/authority.ts';
import { authorize } from '../../../src/core/policy/authorize.ts';
import { type Explanation, explain } from '../../../src/core/policy/explain.ts';
import { DEFAULT_POLICY } from '../../../src/core/policy/policy.ts';
import { authority, grants, NOW, patterns, plugin } from './authority-builder.ts';

const READ = 'tool:file:read:/data/a.csv';
const question = { capability: READ, now: NOW, plugin: 'files' };

describe('explain()', () => {
  test('says yes without a missing grant', () => {
    const explained = explain(authority(), question);
    expect(explained).toMatchObject({ allowed: true });
    expect(explained).not.toHaveProperty('missingGrant');
  });

  test('names the one capability that the principal lacks, and nothing wider', () => {
    expect(explain(authority({ grants: grants('tool:file:write:*') }), question)).toMatchObject({
      allowed: false,
      reason: 'principal_grant_missing',
      missingGrant: READ,
    });
  });

  test.each([
    ['a deny list matches', authority({ plugins: [plugin({ deny: patterns('tool:*') })] }), READ],
    ['the capability does not exist', authority(), 'tool:teleport'],
    ['the capability is malformed', authority(), 'tool:file:read:/a/../b'],
    ['no plugin may hold it', authority({ grants: grants('*') }), 'system:admin'],
    ['the plugin is not there', authority({ plugins: [] }), READ],
  ])('names none when %s', (_, by, capability) => {
    const explained = explain(by, { ...question, capability });
    expect(explained.allowed).toBe(false);
    expect(explained).not.toHaveProperty('missingGrant');
  });

  test('names the pattern of a list that denies', () => {
    const plugins = [plugin({ deny: patterns('tool:exec', 'tool:file:*') })];
    const deny = patterns('tool:file:read:*');
    const by = authority({ plugins, policy: { ...DEFAULT_POLICY, deny } });
    const rules = explain(by, question).legs.map(({ leg, rule }) => [leg, rule]);
    expect(rules).toContainEqual(['plugin-deny', 'tool:file:*']);
    expect(rules).toContainEqual(['workspace-deny', 'tool:file:read:*']);
    expect(rules.filter(([, rule]) => rule !== undefined)).toHaveLength(2);
  });

  test('names a switch that is thrown instead of a grant, which would not help', () => {
    const by = authority({ grants: grants('tool:file:write:*') });
    const switches = [{ kind: 'writes' }, { kind: 'workspace' }] as const;
    const explained = explain(by, { ...question, switches });
    expect(explained).toMatchObject({ allowed: false, killSwitch: { kind: 'workspace' } });
    expect(explained).not.toHaveProperty('missingGrant');
    const read = explain(by, { ...question, switches: [{ kind: 'writes' }] });
    expect(read).toMatchObject({ allowed: false, missingGrant: READ });
    expect(read).not.toHaveProperty('killSwitch');
    expect(explain(authority(), { ...question, switches })).not.toHaveProperty('killSwitch');
  });

  test('asks the flow rules only where it is said what has been read', () => {
    const by = authority({ grants: grants('*'), plugins: [plugin({ allow: patterns('*') })] });
    const send = { capability: 'tool:network:http:api.dev:443', now: NOW, plugin: 'files' };
    const label = { integrity: 'untrusted', confidentiality: 'secret' } as const;
    const lastLeg = (asked: Parameters<typeof explain>[1]) => explain(by, asked).legs.at(-1);
    expect(lastLeg(send)).toEqual({ leg: 'information-flow', answer: 'not-asked' });
    expect(explain(by, send).allowed).toBe(true);
    const rule = 'flow.send.untrusted.secret';
    const no = { leg: 'information-flow', answer: 'no', reason: 'approval_required', rule };
    expect(lastLeg({ ...send, label })).toEqual(no);
    expect(explain(by, { ...send, label })).toMatchObject({
      allowed: false,
      reason: 'approval_required',
    });
    expect(lastLeg({ ...question, label })).toEqual({ leg: 'information-flow', answer: 'yes' });
    expect(lastLeg({ ...send, label: { ...label, integrity: 'trusted' } })).toEqual({
      leg: 'information-flow',
      answer: 'yes',
    });
  });

  test('takes a tool in place of its plugin', () => {
    const by = authority({ plugins: [plugin({ allow: [] })] });
    const asked = { capability: READ, now: NOW };
    expect(explain(by, { ...asked, tool: 'read-file' }).reason).toBe('plugin_allow_missing');
    expect(explain(by, { ...asked, tool: 'no-such-tool' }).reason).toBe('plugin_not_registered');
    expect(explain(authority(), { ...question, tool: 'read-file' }).allowed).toBe(true);
    expect(explain(authority(), { ...question, tool: 'read-file', plugin: 'x' }).reason).toBe(
      'plugin_not_registered',
    );
  });

  test('the missing grant, added wherever a leg says no, turns the no into a yes', () => {
    const list = fc.constantFrom(['tool:*'], ['tool:file:write:*'], []);
    fc.assert(
      fc.property(list, list, list, fc.option(list), (manifest, policy, held, block) => {
        const by = authority({
          plugins: [plugin({ allow: patterns(...manifest) })],
          policy: { ...DEFAULT_POLICY, allow: patterns(...policy) },
          grants: grants(...held),
        });
        const asked = { ...question, ...(block && { block: patterns(...block) }) };
        const explained = explain(by, asked);
        const { missingGrant } = explained;
        expect(missingGrant === undefined).toBe(explained.allowed);
        if (missingGrant === undefined) return;
        const again = {
          ...asked,
          ...(block && { block: [...patterns(...block), missingGrant] }),
        };
        expect(authorize(give(by, explained, missingGrant), again).allowed).toBe(true);
      }),
    );
  });
});

function give(by: Authority, { legs }: Explanation, missing: Capability): Authority {
  const saysNo = (name: string) => legs.some(({ leg, answer }) => leg === name && answer === 'no');
  const [acting] = by.plugins;
  return {
    ...by,
    plugins: saysNo('plugin-allow')
      ? [{ ...acting!, allow: [...acting!.allow, missing] }]
      : by.plugins,
    policy: saysNo('workspace-allow')
      ? { ...by.policy, allow: [...by.policy.allow, missing] }
      : by.policy,
    grants: saysNo('principal-grant') ? [...by.grants, { pattern: missing }] : by.grants,
  };
}
