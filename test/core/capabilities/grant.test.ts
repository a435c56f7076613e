import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  attenuate,
  findGrant,
  type Grant,
  isLive,
  liveGrants,
} from '../../../src/core/capabilities/grant.ts';
import { anyCapability, anyPattern } from './arbitraries.ts';
import { capability, pattern } from './read.ts';

const NOW = 1_000;

function grant(text: string, expiresAt?: number): Grant {
  return { pattern: pattern(text), ...(expiresAt !== undefined && { expiresAt }) };
}

describe('isLive()', () => {
  test('ends at the very instant of expiry', () => {
    expect(isLive(grant('a', NOW + 1), NOW)).toBe(true);
    expect(isLive(grant('a', NOW), NOW)).toBe(false);
    expect(isLive(grant('a'), NOW)).toBe(true);
  });

  test('is false where the expiry or the clock is no number', () => {
    expect(isLive(grant('a', Number.NaN), NOW)).toBe(false);
    expect(isLive(grant('a', NOW + 1), Number.NaN)).toBe(false);
  });
});

describe('liveGrants()', () => {
  test('keeps those that are live, in order', () => {
    const grants = [grant('a', NOW), grant('b'), grant('c', NOW + 1)];
    expect(liveGrants(grants, NOW)).toEqual([grants[1], grants[2]]);
  });
});

describe('findGrant()', () => {
  test('finds a live grant that covers, and no expired one', () => {
    const grants = [grant('tool:*', NOW), grant('tool:file:*', NOW + 5)];
    expect(findGrant(grants, capability('tool:file:read:/a'), NOW)).toBe(grants[1]);
    expect(findGrant(grants, capability('tool:exec'), NOW)).toBeUndefined();
    expect(findGrant(grants, capability('tool:exec'), NOW - 1)).toBe(grants[0]);
  });
});

describe('attenuate()', () => {
  const held = [
    grant('tool:file:read:/data/*', NOW + 100),
    grant('channel:*'),
    grant('system:*', NOW),
    grant('tool:call:*', NOW + 10),
    grant('tool:call:weather', NOW + 100),
  ];

  test('hands on what is covered, as it was asked for', () => {
    const wanted = [
      grant('tool:file:read:/data/a*', NOW + 100),
      grant('channel:send:telegram'),
      grant('tool:call:weather', NOW + 100),
    ];
    expect(attenuate(held, wanted, NOW)).toEqual({ ok: true, value: wanted });
  });

  test.each([
    ['something wider', grant('tool:file:read:/*', NOW + 1), 'not_held'],
    ['something else', grant('tool:exec', NOW + 1), 'not_held'],
    ['what the giver held until now', grant('system:explain', NOW + 1), 'not_held'],
    ['a longer time', grant('tool:file:read:/data/a', NOW + 101), 'outlasts_grantor'],
    ['no end where there is one', grant('tool:file:read:/data/a'), 'outlasts_grantor'],
    ['width from one and time from another', grant('tool:call:*', NOW + 100), 'outlasts_grantor'],
    ['what has ended already', grant('channel:send', NOW), 'expired'],
    ['an end that is no number', grant('channel:send', Number.NaN), 'expired'],
  ])('refuses %s', (_, wanted, code) => {
    const refused = attenuate(held, [grant('channel:list'), wanted], NOW);
    expect(refused).toMatchObject({
      ok: false,
      error: { code, index: 1, pattern: wanted.pattern },
    });
  });

  test('joins no two grants to cover a third', () => {
    const halves = [grant('tool:file:read:*'), grant('tool:file:write:*')];
    expect(attenuate(halves, [grant('tool:file:*')], NOW).ok).toBe(false);
  });

  test('gives nothing when the giver has nothing, and nothing when nothing is asked', () => {
    expect(attenuate([], [grant('a')], NOW).ok).toBe(false);
    expect(attenuate(held, [], NOW)).toEqual({ ok: true, value: [] });
  });

  const related = fc
    .constantFrom('*', 'a:*', 'a:*:*', 'a:*:b', 'a:b*:b', 'a:b', 'b:*')
    .map(pattern);
  const anyGrant = fc
    .tuple(fc.oneof(related, anyPattern), fc.option(fc.integer({ min: NOW - 2, max: NOW + 6 })))
    .map(([wide, expiresAt]) => grant(wide, expiresAt ?? undefined));
  const anyGrants = fc.array(anyGrant, { minLength: 1, maxLength: 6 });

  test('never gains: whatever a chain of receivers may do, the first giver may, then and later', () => {
    let handedOn = 0;
    fc.assert(
      fc.property(
        anyGrants,
        fc.array(anyGrant, { maxLength: 12 }),
        fc.array(anyCapability, { minLength: 4, maxLength: 4 }),
        (first, wanted, asked) => {
          let giver: readonly Grant[] = first;
          for (const one of wanted) {
            const given = attenuate(giver, [one], NOW);
            if (given.ok) giver = given.value;
            if (given.ok) handedOn++;
          }
          for (const at of [NOW, NOW + 1, NOW + 4, NOW + 9]) {
            for (const one of [...asked, ...giver.map((last) => last.pattern)]) {
              const isReceived = findGrant(giver, one, at) !== undefined;
              expect(isReceived && findGrant(first, one, at) === undefined).toBe(false);
            }
          }
        },
      ),
      { numRuns: 500 },
    );
    expect(handedOn).toBeGreaterThan(100); // so that the property is not empty
  });
});
