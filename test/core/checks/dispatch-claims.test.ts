import { describe, expect, test } from 'vitest';
import { approveCall } from '../../../src/core/checks/approve-call.ts';
import type { CheckContext } from '../../../src/core/checks/check-context.ts';
import { DEFAULT_TIMEOUT_MS } from '../../../src/core/checks/dispatch-claims.ts';
import { DEFAULT_WASM_LIMITS } from '../../../src/core/manifest/wasm-limits.ts';
import {
  makeAuthority,
  makeContext,
  makePlugin,
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
      revision: 7,
      epoch: 3,
      deadlineAt: NOW + DEFAULT_WASM_LIMITS.timeoutMs,
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

  test('gives a plugin of another tier the default time', () => {
    const { wasm: _, ...plugin } = makePlugin('texts', [TEXT_STATS], { tier: 'container' });
    const authority = makeAuthority({ plugins: [plugin] });
    expect(deadlineOf(claim({ authority }))).toBe(NOW + DEFAULT_TIMEOUT_MS);
  });

  test('runs nothing in the wasm tier without limits', () => {
    const { wasm: _, ...plugin } = makePlugin('texts', [TEXT_STATS]);
    expect(claim({ authority: makeAuthority({ plugins: [plugin] }) })).toEqual({
      ok: false,
      error: { kind: 'denial', check: 'dispatch', reason: 'tier_unavailable' },
    });
  });
});
