import { describe, expect, test } from 'vitest';
import { findObjection } from '../../../src/core/policy/authorize.ts';
import { DEFAULT_POLICY } from '../../../src/core/policy/policy.ts';
import { type Behalf, type Principal, toAuthorityKey } from '../../../src/core/policy/principal.ts';
import { authority, grants, NOW, patterns } from './authority-builder.ts';

const CALL = 'tool:call:reduce';

const block = (behalf: Partial<Behalf> = {}): Principal => ({
  ...authority().principal,
  kind: 'block',
  id: 'blk_1',
  behalf: { kind: 'user', id: 'alice', grants: [], ...behalf },
});

const objection = (behalf: Partial<Behalf>, now = NOW) =>
  findObjection(
    {
      ...authority({
        grants: grants(CALL),
        policy: { ...DEFAULT_POLICY, allow: patterns('tool:call:*'), deny: [] },
      }),
      principal: block(behalf),
    },
    { capability: CALL, now },
  );

describe('a block that acts for somebody', () => {
  test('may do what its own grants and his cover', () => {
    expect(objection({ grants: grants(CALL) })).toBeUndefined();
    expect(objection({ grants: grants('tool:call:other') })).toBe('block_capability_missing');
  });

  test('may always call the tool that is its behaviour, as far as he may', () => {
    expect(objection({ own: grants(CALL) })).toBeUndefined();
    const notHis = { capability: 'tool:call:other', now: NOW };
    const own = grants('tool:call:other');
    const asked = { ...authority({ grants: grants(CALL) }), principal: block({ own }) };
    expect(findObjection(asked, notHis)).toBe('principal_grant_missing');
  });

  test('has nothing of a grant from its end on', () => {
    const ending = grants(CALL).map((grant) => ({ ...grant, expiresAt: NOW + 1 }));
    expect(objection({ grants: ending }, NOW)).toBeUndefined();
    expect(objection({ grants: ending }, NOW + 1)).toBe('block_capability_missing');
  });
});

describe('toAuthorityKey()', () => {
  test('tells apart whatever may be decided differently', () => {
    const ending = grants(CALL).map((grant) => ({ ...grant, expiresAt: 5 }));
    const principals: Principal[] = [
      block(),
      block({ grants: grants(CALL) }),
      block({ grants: ending }),
      block({ own: grants(CALL) }),
      { ...block(), id: 'blk_2' },
      { ...block(), tokenId: 'tok_2' },
      { ...block(), caveats: [{ kind: 'budget', maxTokens: 1 }] },
      { ...block(), caveats: [{ kind: 'budget', maxTokens: 2 }] },
      authority().principal,
    ];
    const keys = new Set(principals.map(toAuthorityKey));
    expect(keys.size).toBe(principals.length);
    expect(toAuthorityKey(block())).toBe(toAuthorityKey(block()));
  });

  test('never takes an own tool for a grant', () => {
    const [as, other] = [block({ grants: grants(CALL) }), block({ own: grants(CALL) })];
    expect(toAuthorityKey(as)).not.toBe(toAuthorityKey(other));
  });
});
