/** No token is issued in a name that the gateway gives itself, and no two kinds of principal share one. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CHANNEL_NAME } from '../../../src/core/channels/channel-spec.ts';
import { toPrincipalId } from '../../../src/core/policy/read-claims.ts';
import { findReserved, ROOT_NAME, toScheduleName } from '../../../src/core/policy/reserved-name.ts';

const alice = { kind: 'user', id: 'alice' } as const;

describe('findReserved()', () => {
  test('keeps the names of schedules, whoever asks', () => {
    for (const giver of [alice, ROOT_NAME]) {
      expect(findReserved(giver, toScheduleName('night'))).toContain('"schedule-"');
      expect(findReserved(giver, { kind: 'service', id: 'schedule-' })).toBeDefined();
    }
  });

  test('leaves all names that only resemble them', () => {
    for (const id of ['schedule', 'schedules-night', 'my-schedule-night']) {
      expect(findReserved(alice, { kind: 'service', id })).toBeUndefined();
    }
    expect(findReserved(alice, { kind: 'user', id: 'schedule-night' })).toBeUndefined();
  });

  test('leaves the name of root to root', () => {
    expect(findReserved(alice, ROOT_NAME)).toContain('"root"');
    expect(findReserved({ kind: 'service', id: 'root' }, ROOT_NAME)).toBeDefined();
    expect(findReserved(ROOT_NAME, ROOT_NAME)).toBeUndefined();
    expect(findReserved(alice, { kind: 'service', id: 'root' })).toBeUndefined();
  });
});

test('whatever claims say, who signs in has neither the name of root nor that of a schedule', () => {
  const name = fc.oneof(fc.stringMatching(/^[a-z][a-z0-9-]{0,15}$/), fc.constant('schedule-a'));
  const claims = fc.oneof(fc.string({ minLength: 1 }), fc.constant('root')).map((sub) => ({ sub }));
  const schedule = fc.stringMatching(/^[a-z][a-z0-9-]{0,49}$/);
  fc.assert(
    fc.property(name, claims, schedule, (name, claims, schedule) => {
      const issuer = { name, issuer: 'https://id.test', subjectClaim: 'sub' };
      const id = toPrincipalId(issuer, claims, () => '0'.repeat(64));
      expect(id).not.toBe(ROOT_NAME.id);
      expect(id).not.toBe(toScheduleName(schedule).id);
    }),
  );
});

test('a sender has a dot in his name, which no channel has', () => {
  expect(CHANNEL_NAME.test('telegram')).toBe(true);
  expect(CHANNEL_NAME.test('telegram.0123456789abcdef01234567')).toBe(false);
});
