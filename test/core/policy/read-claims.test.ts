import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CapabilityPattern } from '../../../src/core/capabilities/pattern.ts';
import { readClaims, toPrincipalId } from '../../../src/core/policy/read-claims.ts';
import type { ClaimCondition, TrustedIssuer } from '../../../src/core/policy/sign-in-policy.ts';
import { SIGN_IN_CEILINGS, signInPolicySchema } from '../../../src/core/policy/sign-in-schema.ts';
import type { JsonObject } from '../../../src/core/primitives/json.ts';

const hash = (text: string) => createHash('sha256').update(text).digest('hex');
const ISSUER = 'https://login.example.com';

const least = {
  name: 'corp',
  issuer: ISSUER,
  audiences: ['gateway'],
  rules: [{ when: [], grants: ['session:read'] }],
};

function issuerWith(facts: object): TrustedIssuer {
  const { issuers } = signInPolicySchema.parse({ issuers: [{ ...least, ...facts }] });
  return issuers[0] as TrustedIssuer;
}

const reads = (facts: object) =>
  signInPolicySchema.safeParse({ issuers: [{ ...least, ...facts }] });
const ID = /^[a-z0-9][a-z0-9._-]{0,63}$/;

describe('signInPolicySchema', () => {
  test('trusts nobody unless it is told to, and reads what it has read again as the same', () => {
    expect(signInPolicySchema.parse({})).toEqual({ issuers: [] });
    const once = signInPolicySchema.parse({ issuers: [least] });
    expect(signInPolicySchema.parse(once)).toEqual(once);
    expect(once.issuers[0]).toMatchObject({
      kind: 'user',
      admits: 'matching',
      subjectClaim: 'sub',
    });
  });

  test.each([
    [{ name: 'a'.repeat(16) }, true],
    [{ name: 'a'.repeat(17) }, false],
    [{ name: 'a.b' }, false],
    [{ name: 'Corp' }, false],
    [{ name: '' }, false],
    [{ issuer: 'https://a.example.com/tenant/v2.0' }, true],
    [{ issuer: 'https://a.example.com/?x' }, false],
    [{ issuer: 'https://user@a.example.com' }, false],
    [{ issuer: 'https://a.example.com\\x' }, false],
    [{ issuer: 'file:///etc/passwd' }, false],
    [{ audiences: [] }, false],
    [{ audiences: Array(SIGN_IN_CEILINGS.audiences).fill('a') }, true],
    [{ audiences: Array(SIGN_IN_CEILINGS.audiences + 1).fill('a') }, false],
    [{ algorithms: ['none'] }, false],
    [{ algorithms: ['HS256'] }, false],
    [{ algorithms: ['PS256', 'EdDSA'] }, true],
    [{ algorithms: [] }, false],
    [{ clockSkewSeconds: 300 }, true],
    [{ clockSkewSeconds: 301 }, false],
    [{ maxAgeSeconds: 59 }, false],
    [{ rules: [] }, false],
    [{ rules: [{ grants: ['session:read'] }] }, false],
    [{ rules: [{ when: [], grants: ['no:such'] }] }, false],
    [{ rules: [{ when: [{ claim: [], anyOf: ['x'] }], grants: ['session:read'] }] }, false],
    [{ rules: [{ when: [{ claim: ['x'], anyOf: [] }], grants: ['session:read'] }] }, false],
    [{ extra: true }, false],
  ])('of %j says %s', (facts, isGood) => {
    expect(reads(facts).success).toBe(isGood);
  });

  test('refuses two issuers of one name, or of one address', () => {
    const other = { ...least, name: 'other', issuer: 'https://other.example.com' };
    const read = (...issuers: object[]) => signInPolicySchema.safeParse({ issuers }).success;
    expect(read(least, other)).toBe(true);
    expect(read(least, { ...other, name: 'corp' })).toBe(false);
    expect(read(least, { ...other, issuer: ISSUER })).toBe(false);
  });
});

describe('toPrincipalId()', () => {
  const idOf = (value: unknown) =>
    toPrincipalId(issuerWith({}), { sub: value } as JsonObject, hash);

  test('keeps a name that can stand in an id, and hashes every other', () => {
    expect(idOf('alice')).toBe('corp.alice');
    expect(idOf('a'.repeat(59))).toBe(`corp.${'a'.repeat(59)}`);
    for (const odd of ['Alice', 'auth0|alice', '.alice', '-a', 'ä', 'a'.repeat(60), ' ', 'a b']) {
      expect(idOf(odd)).toMatch(/^corp\.\.[0-9a-f]{40}$/);
    }
  });

  test('finds no name where there is none', () => {
    for (const none of [undefined, null, 7, true, '', [], {}, ['alice'], 'x'.repeat(513)]) {
      expect(idOf(none)).toBeUndefined();
    }
    expect(idOf('x'.repeat(512))).toBeDefined();
    expect(toPrincipalId(issuerWith({ subjectClaim: 'toString' }), {}, hash)).toBeUndefined();
  });

  test('gives different ids to different names, all of them ids', () => {
    const texts = fc.string({ minLength: 1, maxLength: 80 });
    const names = fc.oneof(texts, fc.stringMatching(/^[a-z0-9._-]{1,70}$/));
    fc.assert(
      fc.property(names, names, (one, other) => {
        expect(idOf(one)).toMatch(ID);
        expect(idOf(one) === idOf(other)).toBe(one === other);
      }),
    );
  });

  test('never gives to one issuer’s people an id of another’s', () => {
    const names = fc.stringMatching(/^[a-z0-9._-]{1,70}$/);
    const other = issuerWith({ name: 'corp-a' });
    fc.assert(
      fc.property(names, names, (mine, theirs) => {
        expect(idOf(mine)).not.toBe(toPrincipalId(other, { sub: theirs }, hash));
      }),
    );
  });
});

describe('readClaims()', () => {
  const rule = (grant: string, ...when: ClaimCondition[]) => ({ when, grants: [grant] });
  const read = (claims: object, ...rules: object[]) => {
    const result = readClaims(issuerWith({ rules }), { sub: 'a', ...claims } as JsonObject, hash);
    return typeof result === 'string' ? result : result.patterns;
  };
  const staff = { claim: ['groups'], anyOf: ['staff', 'boss'] };
  const nested = { claim: ['realm_access', 'roles'], anyOf: ['auditor'] };

  test('gives what all the rules that fit give together', () => {
    const rules = [rule('session:read', staff), rule('session:turn', nested), rule('block:read')];
    expect(read({ groups: ['staff'] }, ...rules)).toEqual(['block:read', 'session:read']);
    expect(read({ realm_access: { roles: ['auditor'] }, groups: 'boss' }, ...rules)).toEqual([
      ...['block:read', 'session:read', 'session:turn'],
    ]);
  });

  test('wants every condition of a rule', () => {
    const both = rule('session:read', staff, nested);
    expect(read({ groups: ['staff'] }, both)).toBe('no-rule');
    expect(read({ groups: ['staff'], realm_access: { roles: 'auditor' } }, both)).toEqual([
      'session:read',
    ]);
  });

  test.each([
    {},
    { groups: 'Staff' },
    { groups: 'staff ' },
    { groups: 'staff boss' },
    { groups: 'staff,boss' },
    { groups: [['staff']] },
    { groups: { staff: true } },
    { groups: { 0: 'staff' } },
    { groups: null },
    { Groups: ['staff'] },
    { 'groups ': ['staff'] },
  ])('takes %j for no staff', (claims) => {
    expect(read(claims, rule('session:read', staff))).toBe('no-rule');
  });

  test('reads a scope as a list with spaces, and truth as a word', () => {
    const scope = rule('session:read', { claim: ['scope'], anyOf: ['read'] });
    expect(read({ scope: 'openid read' }, scope)).toEqual(['session:read']);
    expect(read({ scope: 'openid reader' }, scope)).toBe('no-rule');
    const verified = rule('session:read', { claim: ['email_verified'], anyOf: ['true'] });
    expect(read({ email_verified: true }, verified)).toEqual(['session:read']);
    expect(read({ email_verified: 1 }, verified)).toBe('no-rule');
  });

  test('looks at no member that every object has', () => {
    const inherited = { claim: ['constructor', 'name'], anyOf: ['Object'] };
    expect(read({}, rule('session:read', inherited))).toBe('no-rule');
  });

  test('never gives what no rule names, whatever the claims', () => {
    const rules = [rule('session:read', staff), rule('block:read', nested)];
    const givable: readonly CapabilityPattern[] = issuerWith({ rules }).rules.flatMap(
      ({ grants }) => grants,
    );
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (claims) => {
        const given = read(claims, ...rules);
        expect(given === 'no-rule' || given === 'no-subject' || givable.length > 0).toBe(true);
        if (Array.isArray(given)) for (const one of given) expect(givable).toContain(one);
      }),
    );
  });
});
