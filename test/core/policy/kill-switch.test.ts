import { describe, expect, test } from 'vitest';
import { findGrant } from '../../../src/core/capabilities/grant.ts';
import {
  findSwitchAgainst,
  grantsUnder,
  isEnded,
  type KillSwitch,
  killSwitchSchema,
  policyUnder,
  toSwitchKey,
} from '../../../src/core/policy/kill-switch.ts';
import { DEFAULT_POLICY } from '../../../src/core/policy/policy.ts';
import { capability } from '../capabilities/read.ts';
import { authority, grants, NOW, patterns } from './authority-builder.ts';

const held = grants('tool:*', 'session:*', 'block:*', 'system:*', 'storage:*', 'channel:*');
const holds = (switches: readonly KillSwitch[], text: string) =>
  findGrant(grantsUnder(switches, held), capability(text), NOW) !== undefined;

describe('grantsUnder()', () => {
  test('leaves grants as they are unless a whole workspace is meant', () => {
    expect(grantsUnder([], held)).toBe(held);
    expect(grantsUnder([{ kind: 'tool', name: 'a' }], held)).toBe(held);
  });

  test.each([
    ['tool:call:a', true, false],
    ['tool:file:read:/a', true, false],
    ['session:turn', true, false],
    ['tool:file:write:/a', false, false],
    ['tool:network:http:a.example:443', false, false],
    ['tool:exec:/bin/ls', false, false],
    ['storage:workspace:write', false, false],
    ['channel:send:a', false, false],
    ['block:spawn', false, false],
    ['system:token:issue', false, false],
    ['system:plugin:install', false, false],
    ['system:config:write', true, true],
    ['system:token:revoke', true, true],
    ['system:plugin:stop', true, true],
    ['system:explain', true, true],
    ['system:node:list', true, true],
    ['system:secret:list', true, true],
    ['storage:workspace:read', true, false],
    ['channel:list', true, false],
    ['session:cancel', true, true],
    ['block:exit', true, true],
  ])(
    'of %s leaves %s where writes are ended, and %s where the workspace is',
    (text, read, none) => {
      expect(holds([{ kind: 'writes' }], text)).toBe(read);
      expect(holds([{ kind: 'workspace' }], text)).toBe(none);
      expect(holds([{ kind: 'writes' }, { kind: 'workspace' }], text)).toBe(none);
    },
  );

  test('gives nothing that was not held', () => {
    const left = grantsUnder([{ kind: 'workspace' }], grants('session:read'));
    expect(left.map(({ pattern }) => pattern)).toEqual(['session:read']);
  });
});

describe('findSwitchAgainst()', () => {
  const kinds: readonly KillSwitch[] = [
    { kind: 'principal', name: 'user:alice' },
    { kind: 'tool', name: 'fetch' },
    { kind: 'provider', name: 'openai' },
    { kind: 'writes' },
  ];

  test.each([
    ['tool:call:fetch', 'tool'],
    ['tool:call:fetcher', undefined],
    ['provider:llm:call:openai/gpt-x', 'provider'],
    ['provider:llm:stream:openai/gpt-x', 'provider'],
    ['provider:embedding:openai/embed-x', 'provider'],
    ['provider:llm:stream:openai-eu/gpt-x', undefined],
    ['storage:memory:write', 'writes'],
    ['session:turn', undefined],
  ])('finds against %s what takes it from everybody: %s', (text, kind) => {
    expect(findSwitchAgainst(kinds, capability(text))?.kind).toBe(kind);
  });

  test('finds nothing where grants and policy are what they were', () => {
    expect(findSwitchAgainst([], capability('tool:call:fetch'))).toBeUndefined();
  });
});

describe('policyUnder()', () => {
  test('denies a tool, and all models of a provider', () => {
    const { deny } = policyUnder(
      [
        { kind: 'tool', name: 'fetch' },
        { kind: 'provider', name: 'openai' },
      ],
      DEFAULT_POLICY,
    );
    expect(deny).toContain('tool:call:fetch');
    expect(deny).toContain('provider:llm:call:openai/*');
    expect(deny).toContain('provider:llm:stream:openai/*');
  });

  test('denies what the policy denies, as before', () => {
    const policy = { ...DEFAULT_POLICY, deny: patterns('tool:exec') };
    const { deny, ...others } = policyUnder([{ kind: 'tool', name: 'fetch' }], policy);
    expect(deny).toContain('tool:exec');
    expect({ ...others, deny: policy.deny }).toEqual(policy);
  });

  test('is the policy itself where nothing is denied', () => {
    expect(policyUnder([{ kind: 'writes' }], DEFAULT_POLICY)).toBe(DEFAULT_POLICY);
  });
});

describe('isEnded()', () => {
  const switches: readonly KillSwitch[] = [{ kind: 'principal', name: 'user:alice' }];
  const { principal } = authority();

  test('ends who is named, and who acts for it', () => {
    expect(isEnded(switches, principal)).toBe(true);
    const block = { ...principal, kind: 'block', id: 'b' } as const;
    expect(isEnded(switches, { ...block, behalf: { kind: 'user', id: 'alice', grants: [] } })).toBe(
      true,
    );
    const other = { ...block, behalf: { kind: 'user', id: 'bob', grants: [] } } as const;
    expect(isEnded(switches, other)).toBe(false);
    expect(isEnded([...switches, { kind: 'principal', name: 'block:b' }], other)).toBe(true);
  });

  test('ends a channel with its senders and those who act for them, or one sender', () => {
    const sender = { kind: 'channel', id: 'support.01' } as const;
    const block = { kind: 'block', id: 'b', behalf: { ...sender, grants: [] } } as const;
    const others = [
      { kind: 'channel', id: 'support.02' },
      { kind: 'channel', id: 'support-two.01' },
      { kind: 'user', id: 'support.01' },
    ] as const;
    const endedBy = (name: string) =>
      [sender, block, ...others].map((one) => isEnded([{ kind: 'principal', name }], one));
    expect(endedBy('channel:support')).toEqual([true, true, true, false, false]);
    expect(endedBy('channel:support.01')).toEqual([true, true, false, false, false]);
  });

  test('ends nobody of another kind or name', () => {
    expect(isEnded(switches, { kind: 'service', id: 'alice' })).toBe(false);
    expect(isEnded(switches, { kind: 'user', id: 'alice2' })).toBe(false);
    expect(isEnded(switches, { kind: 'user', id: 'alice.2' })).toBe(false);
  });
});

describe('killSwitchSchema', () => {
  const isRead = (thrown: object) => killSwitchSchema.safeParse(thrown).success;

  test.each<KillSwitch>([
    { kind: 'workspace' },
    { kind: 'writes' },
    { kind: 'tool', name: 'fetch' },
    { kind: 'provider', name: 'a1-x' },
    { kind: 'provider', name: 'p'.repeat(64) },
    ...['user', 'service', 'block', 'channel'].map((kind) => ({
      kind: 'principal' as const,
      name: `${kind}:0a.b_c-d`,
    })),
    { kind: 'principal', name: `channel:${'s'.repeat(64)}` },
  ])('reads %j, with nothing beside', (thrown) => {
    expect(isRead(thrown)).toBe(true);
    expect(isRead({ ...thrown, unless: 'asked' })).toBe(false);
  });

  test.each([
    { kind: 'everything' },
    { kind: 'tool' },
    { kind: 'tool', name: 'Fetch' },
    { kind: 'provider', name: 'openai/*' },
    { kind: 'provider', name: 'p'.repeat(65) },
    { kind: 'principal', name: 'alice' },
    { kind: 'principal', name: 'root:alice' },
    { kind: 'principal', name: 'user:*' },
    { kind: 'principal', name: `user:${'s'.repeat(65)}` },
  ])('refuses %j', (thrown) => {
    expect(isRead(thrown)).toBe(false);
  });
});

test('toSwitchKey() tells switches apart', () => {
  const keys = [
    { kind: 'workspace' },
    { kind: 'writes' },
    { kind: 'tool', name: 'a' },
    { kind: 'provider', name: 'a' },
    { kind: 'principal', name: 'user:a' },
  ].map((each) => toSwitchKey(each as KillSwitch));
  expect(new Set(keys).size).toBe(keys.length);
});
