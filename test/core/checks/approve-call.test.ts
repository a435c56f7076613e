import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { approveCall, inOrder, SEVEN_CHECKS } from '../../../src/core/checks/approve-call.ts';
import type { Check } from '../../../src/core/checks/check-context.ts';
import { deny } from '../../../src/core/errors/denial.ts';
import { canonicalJson } from '../../../src/core/primitives/canonical-json.ts';
import { err, ok } from '../../../src/core/primitives/result.ts';
import { toUtf8 } from '../../../src/core/primitives/utf8.ts';
import {
  allow,
  denyList,
  FULL_SLICE,
  makeAuthority,
  makeContext,
  makePolicy,
  propose,
  sha256,
  TEXT_STATS,
} from './fixture.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 300 });

/** Calls of which many pass and many do not. */
const call = fc.oneof(
  fc.record({ tool: fc.constant('text-stats'), args: fc.record({ text }) }),
  fc.record({
    tool: fc.constant('read-file'),
    args: fc.record({ path: fc.webPath().map((path) => `/data/${path}`) }),
  }),
  fc.record({ tool: fc.constant('fetch'), args: fc.record({ url: fc.webUrl(), body: text }) }),
  fc.record({ tool: text, args: fc.constant({}) }),
);

describe('approveCall()', () => {
  test('hands on what runs, and nothing that the model wrote otherwise', () => {
    const approved = approveCall(propose('text-stats', { text: 'a' }, 3), makeContext());
    expect(approved).toEqual({
      ok: true,
      value: {
        slice: { ...FULL_SLICE, toolCalls: 15 },
        call: {
          place: propose('', {}, 3).place,
          modelCallId: 'call_3',
          tool: 'text-stats',
          plugin: 'texts',
          tier: 'wasm',
          canonicalArguments: { text: 'a' },
          capabilities: ['tool:call:text-stats'],
          claims: expect.objectContaining({ tool: 'text-stats' }),
        },
      },
    });
  });

  test('the ticket is bound to exactly the arguments that run', () => {
    fc.assert(
      fc.property(call, ({ tool, args }) => {
        const approved = approveCall(propose(tool, args), makeContext());
        if (!approved.ok) return;
        const { canonicalArguments, claims } = approved.value.call;
        expect(claims.argumentHash).toBe(sha256(toUtf8(canonicalJson(canonicalArguments))));
      }),
    );
  });

  test('the same call under the same context is decided the same way', () => {
    fc.assert(
      fc.property(call, ({ tool, args }) => {
        const decide = () => approveCall(propose(tool, structuredClone(args)), makeContext());
        expect(decide()).toEqual(decide());
      }),
    );
  });

  test('what it approved is approved again when it is proposed as it ran', () => {
    fc.assert(
      fc.property(call, ({ tool, args }) => {
        const approved = approveCall(propose(tool, args), makeContext());
        if (!approved.ok) return;
        const { canonicalArguments, capabilities } = approved.value.call;
        const again = approveCall(propose(tool, canonicalArguments), makeContext());
        expect(again).toMatchObject({ value: { call: { canonicalArguments, capabilities } } });
      }),
    );
  });

  test('changes neither the call nor the context', () => {
    fc.assert(
      fc.property(call, ({ tool, args }) => {
        const proposed = propose(tool, args);
        const context = makeContext();
        const before = structuredClone([proposed, { ...context, sha256: null }]);
        approveCall(proposed, context);
        expect([proposed, { ...context, sha256: null }]).toEqual(before);
      }),
    );
  });

  test('a deny that matches wins over every allow and every grant', () => {
    const policy = makePolicy({ allow: allow('*'), deny: denyList('tool') });
    const authority = makeAuthority({ policy, grants: allow('*').map((pattern) => ({ pattern })) });
    fc.assert(
      fc.property(call, ({ tool, args }) => {
        expect(approveCall(propose(tool, args), makeContext({ authority })).ok).toBe(false);
      }),
    );
  });

  test('a newer authority never allows what the turn’s own does not', () => {
    const less = makeAuthority({ grants: [] });
    fc.assert(
      fc.property(call, ({ tool, args }) => {
        const context = makeContext({ authority: less, newest: makeAuthority({ revision: 8 }) });
        expect(approveCall(propose(tool, args), context).ok).toBe(false);
      }),
    );
  });

  test('the slice that one call leaves is what the next one spends from', () => {
    let slice = { ...FULL_SLICE, toolCalls: 2 };
    const reasons: string[] = [];
    for (const word of ['a', 'b', 'c']) {
      const approved = approveCall(propose('text-stats', { text: word }), makeContext({ slice }));
      reasons.push(approved.ok ? 'approved' : approved.error.reason);
      if (approved.ok) slice = approved.value.slice;
    }
    expect(reasons).toEqual(['approved', 'approved', 'slice_exhausted']);
  });

  test('the first denial stops: a call that many checks would deny is denied by the earliest', () => {
    const hopeless = makeContext({
      authority: makeAuthority({ grants: [] }),
      slice: { ...FULL_SLICE, toolCalls: 0 },
      now: Number.MAX_SAFE_INTEGER,
    });
    const steps = [
      [propose('', {}), 'structure'],
      [propose('nobody', {}), 'registry'],
      [propose('read-file', { path: '../x' }), 'capability'],
    ] as const;
    for (const [proposed, check] of steps) {
      expect(approveCall(proposed, hopeless)).toMatchObject({ error: { check } });
    }
    const able = { ...hopeless, authority: makeAuthority() };
    expect(approveCall(propose('read-file', { path: '../x' }), able)).toMatchObject({
      error: { check: 'sanitise' },
    });
    expect(approveCall(propose('text-stats', { text: 'a' }), able)).toMatchObject({
      error: { check: 'limits' },
    });
    expect(
      approveCall(propose('text-stats', { text: 'a' }), { ...able, slice: FULL_SLICE }),
    ).toMatchObject({ error: { check: 'dispatch' } });
  });

  test('is not misled by members that every object inherits', () => {
    const open = { ...TEXT_STATS, inputSchema: { type: 'object' } };
    expect(open.name).toBe('text-stats');
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      expect(approveCall(propose(name), makeContext())).toMatchObject({
        error: { check: 'registry' },
      });
    }
    const polluted = JSON.parse('{"text":"a","__proto__":{"admin":true}}');
    expect(approveCall(propose('text-stats', polluted), makeContext()).ok).toBe(false);
  });
});

describe('inOrder()', () => {
  const step =
    (name: string): Check<string, string> =>
    (before) =>
      ok(`${before} ${name}`);
  const no: Check<string, string> = () => err(deny('registry', 'unknown_tool'));
  const never: Check<string, string> = () => {
    throw new Error('asked after a denial');
  };

  test('asks in the order in which the checks are listed', () => {
    const pass = inOrder(step('2'), step('3'), step('4'), step('5'), step('6'), step('7'));
    expect(pass('1', makeContext())).toEqual({ ok: true, value: '1 2 3 4 5 6 7' });
  });

  test('asks nobody after the first denial', () => {
    const pass = inOrder(step('2'), no, never, never, never, never);
    expect(pass('1', makeContext())).toMatchObject({ error: { reason: 'unknown_tool' } });
  });
});

test('SEVEN_CHECKS are seven', () => {
  expect(SEVEN_CHECKS).toEqual([
    'parse',
    'structure',
    'registry',
    'capability',
    'sanitise',
    'limits',
    'dispatch',
  ]);
});
