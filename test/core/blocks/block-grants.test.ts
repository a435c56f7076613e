import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { boundGrants, expandBlockGrants, handDown } from '../../../src/core/blocks/block-grants.ts';
import { allows } from '../../../src/core/capabilities/capability-set.ts';
import type { Grant } from '../../../src/core/capabilities/grant.ts';
import { livePatterns } from '../../../src/core/capabilities/live-patterns.ts';
import type { Capability, CapabilityPattern } from '../../../src/core/capabilities/pattern.ts';

const grant = (pattern: string, expiresAt?: number): Grant => ({
  pattern: pattern as CapabilityPattern,
  ...(expiresAt !== undefined && { expiresAt }),
});

/** Patterns of the catalogue that lie within, beside and across each other. */
const anyPattern = fc.constantFrom(
  ...['block:*', 'block:send', 'block:receive', '*', '*:*', '*:*:read:*', 'tool:*', 'tool:file:*'],
  ...['tool:network:*', 'tool:network:http:*', 'tool:network:http:a.example:*'],
  ...['tool:network:http:*.example:443', 'tool:network:http:a.example:443'],
  ...['tool:file:read', 'tool:file:read:*', 'tool:file:read:/data/*', 'tool:file:read:/data/x'],
  ...['provider:*', 'provider:llm:*', 'provider:llm:call', 'provider:llm:call:*'],
  ...['provider:llm:stream', 'provider:llm:stream:*', 'provider:embedding'],
  ...['provider:embedding:*', 'provider:llm:call:m', 'provider:*:call:m'],
);
const anyCapability = fc.constantFrom(
  ...['block:send', 'block:receive', 'tool:file:read:/data/x', 'tool:file:read:/etc/x'],
  ...['tool:network:http:a.example:443', 'tool:network:http:b.example:80', 'tool:file:read'],
  ...['provider:llm:call:m', 'provider:llm:stream:m', 'provider:embedding:m', 'provider:llm:call'],
) as fc.Arbitrary<Capability>;

const anyGrants: fc.Arbitrary<readonly Grant[]> = fc.array(
  fc
    .tuple(anyPattern, fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined }))
    .map(([pattern, expiresAt]) => grant(pattern, expiresAt)),
  { maxLength: 6 },
);
const anyTime = fc.integer({ min: 0, max: 21 });

const gives = (grants: readonly Grant[], wanted: Capability, now: number): boolean =>
  allows(livePatterns(grants, now), wanted);

describe('boundGrants()', () => {
  test('gives nothing that either list does not give', () => {
    const holds = fc.property(
      ...([anyGrants, anyGrants, anyCapability, anyTime] as const),
      (own, bounds, wanted, now) => {
        const both = boundGrants(own, bounds);
        if (!gives(both, wanted, now)) return;
        expect(gives(own, wanted, now)).toBe(true);
        expect(gives(bounds, wanted, now)).toBe(true);
      },
    );
    fc.assert(holds, { numRuns: 2_000 });
  });

  test('keeps all that was held when the bound is what is held, or wider', () => {
    const holds = fc.property(
      ...([anyGrants, anyGrants, anyCapability, anyTime] as const),
      (own, more, wanted, now) => {
        const both = boundGrants(own, [...own, ...more]);
        expect(gives(both, wanted, now)).toBe(gives(own, wanted, now));
      },
    );
    fc.assert(holds, { numRuns: 1_000 });
  });

  test('a second time changes nothing', () => {
    const holds = fc.property(anyGrants, anyGrants, (own, bounds) => {
      const once = boundGrants(own, bounds);
      expect(boundGrants(once, bounds)).toEqual(once);
    });
    fc.assert(holds, { numRuns: 1_000 });
  });

  test('a family is cut to the pattern that is left of it', () => {
    const family = grant('tool:network:http:*');
    const host = grant('tool:network:http:a.example:443');
    expect(boundGrants([family], [host])).toEqual([host]);
    expect(boundGrants([host], [family])).toEqual([host]);
  });

  test('each ends with the earlier of both', () => {
    expect(boundGrants([grant('block:send', 5)], [grant('block:send')])).toEqual([
      grant('block:send', 5),
    ]);
    expect(boundGrants([grant('block:send', 5)], [grant('block:send', 4)])).toEqual([
      grant('block:send', 4),
    ]);
  });
});

describe('handDown()', () => {
  const HELD = [grant('block:send', 10), grant('block:receive')];

  test('what names no end ends with what the giver has', () => {
    const given = handDown(HELD, [grant('block:send'), grant('block:receive')], 0);
    expect(given).toEqual({ ok: true, value: HELD });
  });

  test.each([
    [grant('block:send', 10), true],
    [grant('block:send', 11), false],
    [grant('block:send', 1), true],
    [grant('block:link'), false],
  ])('%j is handed on: %s', (wanted, isGiven) => {
    expect(handDown(HELD, [wanted], 0).ok).toBe(isGiven);
  });

  test.each([
    [9, true],
    [10, false],
  ])('what ends at 10 can be handed on at %i: %s', (now, isGiven) => {
    expect(handDown(HELD, [grant('block:send')], now).ok).toBe(isGiven);
  });

  test('what is given is never more than what is held', () => {
    const holds = fc.property(
      ...([anyGrants, anyGrants, anyCapability, anyTime, anyTime] as const),
      (held, wanted, capability, now, later) => {
        const given = handDown(held, wanted, now);
        if (!given.ok || later < now) return;
        if (gives(given.value, capability, later)) {
          expect(gives(held, capability, later)).toBe(true);
        }
      },
    );
    const all = [grant('block:*')];
    const handed: [Grant[], Grant[], Capability, number, number] = [
      ...([all, all] as const),
      ...(['block:send' as Capability, 0, 0] as const),
    ];
    fc.assert(holds, { numRuns: 2_000, examples: [handed] });
  });
});

describe('expandBlockGrants()', () => {
  test('bits and patterns carry their ends', () => {
    const { grants } = expandBlockGrants(['CAP_RECEIVE', { capability: 'CAP_SEND', expiresAt: 5 }]);
    expect(grants).toEqual([grant('block:receive'), grant('block:send', 5)]);
  });

  test('what is named twice ends with the later of both', () => {
    const ends = (first: number, second?: number) =>
      expandBlockGrants([
        { capability: 'CAP_SEND', expiresAt: first },
        second === undefined ? 'block:send' : { capability: 'block:send', expiresAt: second },
      ]).grants;
    expect(ends(5, 7)).toEqual([grant('block:send', 7)]);
    expect(ends(7, 5)).toEqual([grant('block:send', 7)]);
    expect(ends(5)).toEqual([grant('block:send')]);
  });

  test('a bit beside a pattern of its family stands for that pattern, and its end', () => {
    const host = 'tool:network:http:a.example:443';
    const { grants } = expandBlockGrants(['CAP_HTTP', { capability: host, expiresAt: 5 }]);
    expect(grants).toEqual([grant(host, 5)]);
  });

  test('problems name the entry', () => {
    const { problems } = expandBlockGrants(['CAP_SEND', { capability: 'no:such', expiresAt: 5 }]);
    expect(problems.map(({ index }) => index)).toEqual([1]);
  });
});
