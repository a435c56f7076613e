import { describe, expect, test } from 'vitest';
import { sha256Hex } from '../../../src/blocks/kit/keys.ts';
import { MAX_TOKEN_DEPTH } from '../../../src/core/policy/live-grants.ts';
import {
  evict,
  type Fixture,
  foundWorkspace,
  type Holder,
  inside,
  issue,
  recorded,
  rowsOf,
  unfoundedWorkspace,
} from './workspace-fixture.ts';

const patternsOf = (login: { grants: readonly { pattern: string }[] } | undefined) =>
  login?.grants.map(({ pattern }) => pattern as string);

describe('authenticate()', () => {
  test('knows a token by the hash of its text, also after the object was evicted', async () => {
    const fixture = await foundWorkspace();
    const bot = await issue(fixture, fixture.root, {
      subject: { kind: 'service', id: 'ci' },
      grants: ['tool:file:read'],
    });
    for (let round = 0; round < 2; round++) {
      const login = await fixture.block.authenticate(bot.hash);
      expect(login?.principal).toEqual({
        kind: 'service',
        id: 'ci',
        workspace: fixture.id,
        tokenId: bot.principal.tokenId,
      });
      expect(patternsOf(login)).toEqual(['tool:file:read', 'tool:file:read:*']);
      await evict(fixture);
    }
  });

  test('knows no other hash, and in a workspace that was never founded none at all', async () => {
    const fixture = await foundWorkspace();
    await issue(fixture, fixture.root);
    expect(await fixture.block.authenticate(sha256Hex('another'))).toBeUndefined();
    expect(await unfoundedWorkspace().block.authenticate(sha256Hex('x'))).toBeUndefined();
  });

  test('ends with the token', async () => {
    const fixture = await foundWorkspace();
    const bot = await issue(fixture, fixture.root, { expiresAt: Date.now() + 300 });
    expect(await fixture.block.authenticate(bot.hash)).toBeDefined();
    await scheduler.wait(350);
    expect(await fixture.block.authenticate(bot.hash)).toBeUndefined();
    expect(await fixture.block.authority(bot.principal)).toBeUndefined();
  });

  test('writes the time of last use, and not at each request', async () => {
    const fixture = await foundWorkspace();
    const bot = await issue(fixture, fixture.root);
    const before = Date.now();
    await fixture.block.authenticate(bot.hash);
    const [first] = await fixture.block.listTokens();
    expect(first?.lastUsedAt).toBeGreaterThanOrEqual(before);
    await scheduler.wait(20);
    await fixture.block.authenticate(bot.hash);
    const [second] = await fixture.block.listTokens();
    expect(second?.lastUsedAt).toBe(first?.lastUsedAt);
  });
});

describe('issueToken()', () => {
  test('stores the hash, and nothing that the token could be made from', async () => {
    const fixture = await foundWorkspace();
    const bot = await issue(fixture, fixture.root);
    expect(await rowsOf(fixture, 'SELECT * FROM tokens')).toMatchObject([
      { hash: bot.hash, id: bot.principal.tokenId },
    ]);
  });

  test('issues none in a name that the gateway gives itself', async () => {
    const fixture = await foundWorkspace();
    const admin = await issue(fixture, fixture.root);
    const asRoot = { kind: 'user', id: 'root' } as const;
    for (const subject of [{ kind: 'service', id: 'schedule-night' } as const, asRoot]) {
      const hash = sha256Hex(JSON.stringify(subject));
      const wish = { tokenId: 'tok_1', tokenHash: hash, subject, grants: ['tool:exec'] };
      expect(await fixture.block.issueToken(admin, wish)).toMatchObject({
        ok: false,
        error: { code: 'invalid_body', errors: [{ pointer: '/subject/id' }] },
      });
      expect(await fixture.block.authenticate(hash)).toBeUndefined();
    }
    const own = await issue(fixture, fixture.root, { subject: asRoot });
    expect(own.token.subject).toBe('user:root');
  });

  test('gives only what the giver holds', async () => {
    const fixture = await foundWorkspace();
    const giver = await issue(fixture, fixture.root, { grants: ['tool:file:read:/data/*'] });
    const refused = await fixture.block.issueToken(giver, {
      tokenId: 'tok_2',
      tokenHash: sha256Hex('2'),
      subject: { kind: 'service', id: 'x' },
      grants: ['tool:file:read:/data/a', 'tool:file:read:/etc/a', 'tool:file:read'],
    });
    expect(refused).toMatchObject({
      ok: false,
      error: {
        code: 'denied',
        errors: [{ pointer: '/grants/1' }, { pointer: '/grants/2' }],
      },
    });
    expect(await fixture.block.authenticate(sha256Hex('2'))).toBeUndefined();
    const events = await recorded(fixture);
    expect(events.at(-1)).toMatchObject({ action: 'token-issued', decision: 'denied' });
  });

  test('reports what is no pattern, all of it', async () => {
    const fixture = await foundWorkspace();
    const refused = await fixture.block.issueToken(fixture.root, {
      tokenId: 'tok_4',
      tokenHash: sha256Hex('4'),
      subject: { kind: 'user', id: 'x' },
      grants: ['a::b', 'block:send', 'no:such'],
    });
    expect(refused).toMatchObject({
      error: { code: 'invalid_body', errors: [{ pointer: '/grants/0' }, { pointer: '/grants/2' }] },
    });
  });

  test('lets no token outlive its giver', async () => {
    const fixture = await foundWorkspace();
    const endsAt = Date.now() + 60_000;
    const giver = await issue(fixture, fixture.root, { expiresAt: endsAt });
    const open = await issue(fixture, giver, { grants: ['tool:exec'] });
    const later = await issue(fixture, giver, { grants: ['tool:exec'], expiresAt: endsAt + 1 });
    const sooner = await issue(fixture, giver, { grants: ['tool:exec'], expiresAt: endsAt - 1 });
    expect([open, later, sooner].map(({ token }) => token.expiresAt)).toEqual([
      endsAt,
      endsAt,
      endsAt - 1,
    ]);
  });

  test('warns of a grant of everything of a dangerous kind', async () => {
    const fixture = await foundWorkspace();
    const { token } = await issue(fixture, fixture.root, {
      grants: ['tool:file:read', 'block:send'],
    });
    expect(token.warnings).toEqual([
      { code: 'wide_grant', pattern: 'tool:file:read', narrower: 'tool:file:read:<path>' },
    ]);
  });

  test('bounds how often a grant is handed on', async () => {
    const fixture = await foundWorkspace();
    let giver: Pick<Holder, 'principal' | 'requestId'> = fixture.root;
    for (let depth = 1; depth <= MAX_TOKEN_DEPTH; depth++) giver = await issue(fixture, giver);
    expect(await fixture.block.authority(giver.principal)).toMatchObject({
      grants: expect.arrayContaining([expect.objectContaining({ pattern: 'tool:*' })]),
    });
    await expect(issue(fixture, giver)).rejects.toThrow('at most 8');
  });

  test('gives nothing to who uses an id twice', async () => {
    const fixture = await foundWorkspace();
    const bot = await issue(fixture, fixture.root, { grants: ['block:send'] });
    await inside(fixture, async (block) => {
      const again = {
        tokenId: bot.principal.tokenId,
        tokenHash: sha256Hex('5'),
        subject: { kind: 'user', id: 'x' },
        grants: ['tool:exec'],
      } as const;
      await expect(block.issueToken(fixture.root, again)).rejects.toThrow();
      await expect(
        block.issueToken(fixture.root, { ...again, tokenId: 'root' }),
      ).resolves.toMatchObject({ ok: false });
    });
    expect(patternsOf(await fixture.block.authenticate(bot.hash))).toEqual(['block:send']);
  });
});

describe('revokeToken()', () => {
  test('ends the token and all that was given on from it, at the next request', async () => {
    const fixture = await foundWorkspace();
    const first = await issue(fixture, fixture.root);
    const second = await issue(fixture, first);
    const third = await issue(fixture, second);
    const other = await issue(fixture, fixture.root);
    expect(patternsOf(await fixture.block.authenticate(third.hash))).toContain('tool:*');

    expect(await fixture.block.revokeToken(fixture.root, first.principal.tokenId)).toBe(true);
    expect(await fixture.block.authenticate(first.hash)).toBeUndefined();
    expect(patternsOf(await fixture.block.authenticate(second.hash))).toEqual([]);
    expect(patternsOf(await fixture.block.authenticate(third.hash))).toEqual([]);
    expect(patternsOf(await fixture.block.authenticate(other.hash))).toContain('tool:*');
  });

  test('is idempotent, and says so of a token that there is not', async () => {
    const fixture = await foundWorkspace();
    const bot = await issue(fixture, fixture.root);
    const revoke = (id: string) => fixture.block.revokeToken(fixture.root, id);
    expect(await revoke(bot.principal.tokenId)).toBe(true);
    const revision = (await fixture.block.describe())?.revision;
    expect(await revoke(bot.principal.tokenId)).toBe(true);
    expect((await fixture.block.describe())?.revision).toBe(revision);
    expect(await revoke('tok_none')).toBe(false);
    const events = await recorded(fixture);
    expect(events.filter(({ action }) => action === 'token-revoked')).toHaveLength(1);
  });
});

describe('authority()', () => {
  test('is of root everything', async () => {
    const fixture = await foundWorkspace();
    const authority = await fixture.block.authority(fixture.root.principal);
    expect(patternsOf(authority)).toEqual(['*']);
  });

  test('is refused to who names a token that is not his', async () => {
    const fixture = await foundWorkspace();
    const bot = await issue(fixture, fixture.root);
    const { principal } = bot;
    expect(await fixture.block.authority({ ...principal, id: 'mallory' })).toBeUndefined();
    expect(await fixture.block.authority({ ...principal, kind: 'user' })).toBeUndefined();
    expect(await fixture.block.authority({ ...principal, tokenId: 'tok_0' })).toBeUndefined();
  });

  test('of a name is that of all live tokens together', async () => {
    const fixture = await foundWorkspace();
    const subject = { kind: 'user', id: 'alice' } as const;
    const first = await issue(fixture, fixture.root, { subject, grants: ['block:send'] });
    await issue(fixture, fixture.root, { subject, grants: ['block:read'] });
    const read = async () => patternsOf(await fixture.block.authorityOf('user:alice'));
    expect(await read()).toEqual(['block:send', 'block:read']);
    await fixture.block.revokeToken(fixture.root, first.principal.tokenId);
    expect(await read()).toEqual(['block:read']);
    expect(await fixture.block.authorityOf('user:bob')).toBeUndefined();
    expect(await fixture.block.authorityOf('alice')).toBeUndefined();
  });
});

describe('the tokens of a workspace', () => {
  /** So many by this giver, made without going the way of all tokens ten thousand times. */
  const fill = (fixture: Fixture, giver: string, count: number) =>
    inside(fixture, (_, sql) => {
      sql.exec(
        `INSERT INTO tokens (id, hash, kind, subject_id, patterns, giver, giver_name, created_at)
         WITH RECURSIVE more (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM more WHERE n < ?2)
         SELECT ?1 || n, ?1 || n, 'service', 'many', '[]', ?1, 'service:many', 0 FROM more`,
        giver,
        count,
      );
    });

  test('are at most 10,000; then those go that have ended, with all that ended with them', async () => {
    const fixture = await foundWorkspace();
    const [giver, kept] = [
      await issue(fixture, fixture.root),
      await issue(fixture, fixture.root, { grants: ['session:create'] }),
    ];
    await fixture.block.authenticate(giver.hash, { client: 'browser', operation: 'x' });
    await fill(fixture, giver.principal.tokenId, 9_997);
    const last = await issue(fixture, fixture.root);
    await expect(issue(fixture, fixture.root)).rejects.toThrow('must have fewer');
    await fixture.block.revokeToken(fixture.root, giver.principal.tokenId);
    expect((await rowsOf(fixture, 'SELECT id FROM tokens')).length).toBe(10_000);
    const more = await issue(fixture, fixture.root);
    const left = (await fixture.block.listTokens()).map(({ id }) => id);
    expect(left.sort()).toEqual([kept, last, more].map(({ token }) => token.id).sort());
    expect(await rowsOf(fixture, 'SELECT * FROM token_origins')).toEqual([]);
    expect(patternsOf(await fixture.block.authenticate(kept.hash))).toEqual(['session:create']);
  });

  test('keep the rows of those who sign in, which say since when they may', async () => {
    const fixture = await foundWorkspace();
    await fill(fixture, 'issuer:company:1', 10_000);
    const guest = await issue(fixture, fixture.root);
    await fixture.block.revokeToken(fixture.root, guest.principal.tokenId);
    await fill(fixture, guest.principal.tokenId, 9_999);
    await issue(fixture, fixture.root);
    const query = "SELECT count(*) AS count FROM tokens WHERE giver LIKE 'issuer:%'";
    expect(await rowsOf(fixture, query)).toEqual([{ count: 10_000 }]);
    expect(await rowsOf(fixture, 'SELECT id FROM tokens')).toHaveLength(10_001);
  });

  test('go with the sign-in of their giver when it is revoked', async () => {
    const fixture = await foundWorkspace();
    const [gone, here] = [await issue(fixture, fixture.root), await issue(fixture, fixture.root)];
    await inside(fixture, (_, sql) => sql.exec("UPDATE tokens SET giver = 'issuer:company:1'"));
    await fixture.block.revokeToken(fixture.root, gone.token.id);
    await fill(fixture, gone.token.id, 9_999);
    await fill(fixture, here.token.id, 1);
    const { token } = await issue(fixture, fixture.root);
    const left = (await fixture.block.listTokens()).map(({ id }) => id);
    expect(left.sort()).toEqual(
      [gone.token.id, here.token.id, `${here.token.id}1`, token.id].sort(),
    );
  });
});
