import { describe, expect, test } from 'vitest';
import type { Capability } from '../../../src/core/capabilities/pattern.ts';
import { DEFAULT_EXECUTOR_LIMITS } from '../../../src/core/manifest/executor-limits.ts';
import { mayRunOn } from '../../../src/core/policy/running-call.ts';
import { authority, grants, NOW, patterns, plugin } from './authority-builder.ts';

const READ = 'tool:file:read:/data/a.csv';
const { name, version, codeHash } = plugin();
const running = (...capabilities: readonly string[]) => ({
  ...{ plugin: name, pluginVersion: version, codeHash },
  executor: {
    ...{ entry: 'read', principal: 'user:alice', granted: { allow: [], deny: [] } },
    capabilities: capabilities as readonly Capability[],
    limits: DEFAULT_EXECUTOR_LIMITS,
  },
});
const first = authority();

describe('mayRunOn()', () => {
  test.each([
    ['nothing has changed', {}, true],
    ['its version makes room for a newer one', { plugins: [plugin({ state: 'draining' })] }, true],
    ['its plugin was stopped', { plugins: [plugin({ state: 'stopped' })] }, false],
    ['its plugin is gone', { plugins: [] }, false],
    ['other code has its name', { plugins: [plugin({ codeHash: 'f'.repeat(64) })] }, false],
    ['what it was granted for is gone', { grants: grants('tool:call:*') }, false],
  ])('when %s', (_, over, may) => {
    const newest = authority({ revision: 2, ...over });
    expect(mayRunOn({ first, newest }, running(READ), NOW)).toBe(may);
  });

  test('asks for all that the call was approved for', () => {
    const { policy } = first;
    const newest = authority({ policy: { ...policy, deny: patterns(READ) } });
    expect(mayRunOn({ first, newest }, running('tool:file:read:/data/b.csv'), NOW)).toBe(true);
    expect(mayRunOn({ first, newest }, running('tool:file:read:/data/b.csv', READ), NOW)).toBe(
      false,
    );
  });

  test.each([
    ['one of its folders is denied', 'tool:file:write:/data/*', false],
    ['all that it may reach is denied', 'tool:file:*', false],
    ['another folder is denied', 'tool:file:write:/etc/*', true],
    ['a host is denied', 'tool:network:http:*', true],
  ])('asks for what its program was given besides: %s', (_, denied, may) => {
    const given = { allow: patterns('tool:file:write:/data/*'), deny: [] };
    const call = running('tool:call:read-file');
    const served = { ...call, executor: { ...call.executor, granted: given } };
    const deny = patterns(denied);
    const newest = authority({ policy: { ...first.policy, deny } });
    expect(mayRunOn({ first, newest: first }, served, NOW)).toBe(true);
    expect(mayRunOn({ first, newest }, served, NOW)).toBe(may);
    const before = authority({ policy: { ...first.policy, deny } });
    expect(mayRunOn({ first: before, newest: first }, served, NOW)).toBe(may);
  });

  test('of a server whose grant was renewed, and of one whose grant has ended', () => {
    const given = { allow: patterns('tool:file:write:/data/*'), deny: [] };
    const call = running('tool:call:read-file');
    const served = { ...call, executor: { ...call.executor, granted: given } };
    const [reach] = grants('tool:file:*');
    const until = (expiresAt: number) =>
      authority({
        grants: [...grants('tool:call:*'), ...(reach ? [{ ...reach, expiresAt }] : [])],
      });
    expect(mayRunOn({ first: until(NOW + 2), newest: until(NOW + 9) }, served, NOW)).toBe(true);
    expect(mayRunOn({ first, newest: until(NOW) }, served, NOW)).toBe(false);
  });
});
