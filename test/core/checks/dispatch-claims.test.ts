import { describe, expect, test } from 'vitest';
import type { CapabilityPattern } from '../../../src/core/capabilities/pattern.ts';
import { approveCall } from '../../../src/core/checks/approve-call.ts';
import type { CheckContext } from '../../../src/core/checks/check-context.ts';
import { DEFAULT_EXECUTOR_LIMITS } from '../../../src/core/manifest/executor-limits.ts';
import type { RegisteredPlugin } from '../../../src/core/manifest/registered-plugin.ts';
import { DEFAULT_WASM_LIMITS, MAX_WASM_WAIT_MS } from '../../../src/core/manifest/wasm-limits.ts';
import type { Authority } from '../../../src/core/policy/authority.ts';
import type { Policy } from '../../../src/core/policy/policy.ts';
import {
  allow,
  denyList,
  makeAuthority,
  makeContext,
  makePlugin,
  makePolicy,
  NOW,
  propose,
  sha256,
  TEXT_STATS,
  TURN_ID,
} from './fixture.ts';

function claim(changes: Partial<CheckContext> = {}) {
  return approveCall(propose('text-stats', { text: 'a' }, 4), makeContext(changes));
}

function deadlineOf(result: ReturnType<typeof claim>): number | undefined {
  return result.ok ? result.value.call.claims.deadlineAt : undefined;
}

describe('check 7: dispatch', () => {
  test('claims what will run, on what, for whom and until when', () => {
    const context = makeContext();
    const approved = claim();
    expect(approved.ok && approved.value.call.claims).toEqual({
      workspace: 'acme',
      session: context.turn.sessionId,
      callKey: `${TURN_ID}/0/4`,
      tool: 'text-stats',
      plugin: 'texts',
      pluginVersion: '1.0.0',
      codeHash: sha256(new TextEncoder().encode('texts')),
      argumentHash: sha256(new TextEncoder().encode('{"text":"a"}')),
      tier: 'wasm',
      wasm: { entry: 'text_stats', limits: DEFAULT_WASM_LIMITS },
      label: context.label,
      revision: 7,
      epoch: 3,
      deadlineAt: NOW + MAX_WASM_WAIT_MS + DEFAULT_WASM_LIMITS.timeoutMs,
    });
  });

  test('claims the newest revision that allowed the call', () => {
    const approved = claim({ newest: makeAuthority({ revision: 9 }) });
    expect(approved.ok && approved.value.call.claims.revision).toBe(9);
  });

  test('never outlasts the turn', () => {
    const { turn } = makeContext();
    expect(deadlineOf(claim({ turn: { ...turn, deadlineAt: NOW + 5 } }))).toBe(NOW + 5);
    expect(deadlineOf(claim({ turn: { ...turn, deadlineAt: NOW + 1 } }))).toBe(NOW + 1);
  });

  test.each([NOW, NOW - 1, Number.NaN])('is denied once the turn is over: %d', (deadlineAt) => {
    const { turn } = makeContext();
    expect(claim({ turn: { ...turn, deadlineAt } })).toEqual({
      ok: false,
      error: { kind: 'denial', check: 'dispatch', reason: 'deadline' },
    });
  });

  test('leaves a call of the wasm tier its time, however long it waits for its turn', () => {
    const wasm = { ...DEFAULT_WASM_LIMITS, timeoutMs: 300 };
    const authority = makeAuthority({ plugins: [makePlugin('texts', [TEXT_STATS], { wasm })] });
    expect(deadlineOf(claim({ authority }))).toBe(NOW + 30_000 + 300);
  });

  test('gives a plugin of an executor the time that it asks for, once it has waited for its machine', () => {
    const executor = { ...DEFAULT_EXECUTOR_LIMITS, timeoutMs: 1_234 };
    const { wasm: _, ...plugin } = makePlugin('texts', [TEXT_STATS], { tier: 'process', executor });
    const authority = makeAuthority({ plugins: [plugin] });
    expect(deadlineOf(claim({ authority }))).toBe(NOW + 60_000 + 1_234);
  });

  test.each(['process', 'container'] as const)(
    'runs nothing in the %s tier without limits',
    (tier) => {
      const { wasm: _, ...plugin } = makePlugin('texts', [TEXT_STATS], { tier });
      expect(claim({ authority: makeAuthority({ plugins: [plugin] }) })).toEqual({
        ok: false,
        error: { kind: 'denial', check: 'dispatch', reason: 'tier_unavailable' },
      });
    },
  );

  test('runs nothing in the wasm tier without limits', () => {
    const { wasm: _, ...plugin } = makePlugin('texts', [TEXT_STATS]);
    expect(claim({ authority: makeAuthority({ plugins: [plugin] }) })).toEqual({
      ok: false,
      error: { kind: 'denial', check: 'dispatch', reason: 'tier_unavailable' },
    });
  });
});

describe('clock and chance', () => {
  const BOTH = allow('tool:call', 'system:clock:read', 'system:random:read');
  const wasm = { ...DEFAULT_WASM_LIMITS, clock: true, randomness: true };

  function scene(changes: {
    readonly plugin?: Partial<RegisteredPlugin>;
    readonly policy?: Partial<Policy>;
    readonly grants?: readonly CapabilityPattern[];
  }): Authority {
    const plugin = makePlugin('texts', [TEXT_STATS], { allow: BOTH, wasm, ...changes.plugin });
    return makeAuthority({
      plugins: [plugin],
      policy: makePolicy(changes.policy),
      grants: (changes.grants ?? BOTH).map((pattern) => ({ pattern })),
    });
  }

  function granted(authority: Authority, newest?: Authority) {
    const approved = claim({ authority, ...(newest && { newest }) });
    const limits = approved.ok ? approved.value.call.claims.wasm?.limits : undefined;
    return limits && { clock: limits.clock, randomness: limits.randomness };
  }

  test('are granted where the plugin asks, and workspace and principal agree', () => {
    expect(granted(scene({}))).toEqual({ clock: true, randomness: true });
  });

  test.each([
    ['the plugin does not ask', { plugin: { wasm: DEFAULT_WASM_LIMITS } }],
    ['the plugin may not', { plugin: { allow: allow('tool:call') } }],
    ['the plugin denies them to itself', { plugin: { deny: denyList('system:*') } }],
    ['the workspace denies them', { policy: { deny: denyList('system:*') } }],
    ['the workspace does not allow them', { policy: { allow: allow('tool:call') } }],
    ['the principal has no grant', { grants: allow('tool:call') }],
  ])('are not granted if %s, and the call runs without', (_, changes) => {
    expect(granted(scene(changes))).toEqual({ clock: false, randomness: false });
  });

  test.each([[{ clock: true, randomness: false }], [{ clock: false, randomness: true }]])(
    'are no more than what is asked for, and not granted to who asks for one alone: %j',
    (asked) => {
      const plugin = { wasm: { ...DEFAULT_WASM_LIMITS, ...asked } };
      expect(granted(scene({ plugin }))).toEqual(asked);
      expect(granted(scene({ plugin, grants: allow('tool:call') }))).toEqual({
        clock: false,
        randomness: false,
      });
    },
  );

  test('are granted one by one', () => {
    const policy = { deny: denyList('system:random:read') };
    expect(granted(scene({ policy }))).toEqual({ clock: true, randomness: false });
  });

  test('end with the newest revision that denies them', () => {
    const denied = scene({ policy: { deny: denyList('system:clock:read') } });
    expect(granted(scene({}), { ...denied, revision: 8 })).toEqual({
      clock: false,
      randomness: true,
    });
  });
});

describe('settings', () => {
  test('are in the claims by their hash, and beside them as they are', () => {
    const config = { hash: 'c'.repeat(64), values: { greeting: 'hello' } };
    const plugin = makePlugin('texts', [TEXT_STATS], { config });
    const approved = claim({ authority: makeAuthority({ plugins: [plugin] }) });
    expect(approved).toMatchObject({
      ok: true,
      value: { call: { config: config.values, claims: { wasm: { configHash: config.hash } } } },
    });
    expect(approved.ok && JSON.stringify(approved.value.call.claims)).not.toContain('hello');
  });

  test('are absent where nothing is set', () => {
    const approved = claim();
    expect(approved.ok && approved.value.call).not.toHaveProperty('config');
    expect(approved.ok && approved.value.call.claims.wasm).not.toHaveProperty('configHash');
  });
});
