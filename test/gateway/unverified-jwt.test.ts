import { describe, expect, test } from 'vitest';
import { looksLikeJwt, MAX_JWT_LENGTH, peekJwt } from '../../src/gateway/unverified-jwt.ts';

const encode = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const claims = { iss: 'https://login.example.com', aud: 'gateway', sub: 'alice' };
const write = (header: object = {}, payload: unknown = claims) =>
  `${encode({ alg: 'ES256', ...header })}.${encode(payload)}.AAAA`;

describe('peekJwt()', () => {
  test('reads whose keys to ask for, and for whom it is', () => {
    expect(peekJwt(write({ kid: 'a', typ: 'at+jwt' }))).toEqual({
      ...{ issuer: claims.iss, audiences: ['gateway'], kid: 'a', claims },
    });
    const both = { ...claims, aud: ['gateway', 'userinfo'] };
    expect(peekJwt(write({}, both))?.audiences).toEqual(['gateway', 'userinfo']);
  });

  test('reads up to its length, and no longer', () => {
    const rest = write({}, { ...claims, x: '' }).length;
    const room = Math.floor(((MAX_JWT_LENGTH - rest) * 3) / 4) - 2;
    const longest = write({}, { ...claims, x: 'x'.repeat(room) });
    expect(longest.length).toBeLessThanOrEqual(MAX_JWT_LENGTH);
    expect(peekJwt(longest)).toBeDefined();
    expect(peekJwt(write({}, { ...claims, x: 'x'.repeat(room + 8) }))).toBeUndefined();
  });

  test.each<[string, string]>([
    ['algorithm none', write({ alg: 'none' })],
    ['a shared secret', write({ alg: 'HS256' })],
    ['an algorithm in other letters', write({ alg: 'es256' })],
    ['an algorithm that is no text', write({ alg: ['ES256'] })],
    ['critical headers', write({ crit: ['exp'] })],
    ['an unencoded payload', write({ b64: false })],
    ['another type', write({ typ: 'dpop+jwt' })],
    ['a type that is no text', write({ typ: 1 })],
    ['a key id that is no text', write({ kid: null })],
    ['no issuer', write({}, { aud: 'gateway' })],
    ['an issuer that is no text', write({}, { ...claims, iss: { url: claims.iss } })],
    ['no audience', write({}, { iss: claims.iss })],
    ['an empty audience', write({}, { ...claims, aud: '' })],
    ['an audience that is no text', write({}, { ...claims, aud: ['gateway', 7] })],
    ['a proof that its holder would have to make', write({}, { ...claims, cnf: {} })],
    ['a list for claims', write({}, [claims])],
    ['no JSON', write({}, '{"iss":')],
    ['a name twice', write({}, '{"iss":"a","aud":"b","iss":"c"}')],
    ['half a character', write({}, '{"iss":"\\ud800","aud":"b"}')],
    ['padding', `${write()}=`],
    ['five parts, as if it were encrypted', `${write()}.AAAA.AAAA`],
    ['bits that belong to no byte', `${encode({ alg: 'ES256' })}.${encode('{"a":1}')}x.AAAA`],
    ['nothing', ''],
  ])('finds nothing in a token with %s', (_, text) => {
    expect(peekJwt(text)).toBeUndefined();
  });
});

test('no token of ours looks like one', () => {
  expect(looksLikeJwt(write())).toBe(true);
  const hex = 'a'.repeat(64);
  for (const text of [`spt_default_${hex}_${hex}`, `spt_a_${hex}_${hex}.eyJh.eyJi`, 'sproot_x']) {
    expect(looksLikeJwt(text)).toBe(false);
  }
});
