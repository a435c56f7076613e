/** What is noted and counted of those who come, and what becomes of who signs in. */

import { describe, expect, test } from 'vitest';
import { randomHex } from '../../../src/blocks/kit/keys.ts';
import type { EntryApi, VerifiedSignIn } from '../../../src/blocks/workspace/entry-api.ts';
import { fingerprintOf } from '../../../src/blocks/workspace/issuer-giver.ts';
import { MAX_ORIGINS } from '../../../src/blocks/workspace/token-uses.ts';
import { DEFAULT_POLICY, policySchema } from '../../../src/core/policy/policy.ts';
import type { RequestUse } from '../../../src/core/policy/request-use.ts';
import type { JsonObject } from '../../../src/core/primitives/json.ts';
import {
  bindings,
  evict,
  type Fixture,
  foundWorkspace,
  issue,
  rowsOf,
  unfoundedWorkspace,
} from './workspace-fixture.ts';

const use = (facts: Partial<RequestUse> = {}): RequestUse => ({
  operation: 'listTools',
  client: 'curl',
  ...facts,
});
const entry = ({ id }: Fixture): EntryApi => bindings.WORKSPACES.getByName(id);

async function changePolicy(fixture: Fixture, change: object): Promise<void> {
  const policy = policySchema.parse({ ...DEFAULT_POLICY, ...change });
  const changed = await fixture.block.change(fixture.root, { policy });
  expect(changed.ok).toBe(true);
}

describe('origins of a token', () => {
  const originsOf = async (fixture: Fixture) =>
    (await fixture.block.listTokens())[0]?.origins?.map(({ source, client }) => [source, client]);

  test('are noted once, and are still there after the object was evicted', async () => {
    const fixture = await foundWorkspace();
    const bot = await issue(fixture, fixture.root);
    expect(await originsOf(fixture)).toEqual([]);
    for (let request = 0; request < 3; request++) {
      await fixture.block.authenticate(bot.hash, use({ source: '192.0.2.1' }));
    }
    const [before] = await rowsOf(fixture, 'SELECT * FROM token_origins');
    await evict(fixture);
    await fixture.block.authenticate(bot.hash, use({ source: '192.0.2.1' }));
    expect(await rowsOf(fixture, 'SELECT * FROM token_origins')).toEqual([before]);
    await fixture.block.authenticate(bot.hash, use({ client: 'browser' }));
    expect(new Set(await originsOf(fixture))).toEqual(
      new Set([
        ['192.0.2.1', 'curl'],
        [undefined, 'browser'],
      ]),
    );
  });

  test('are so many at most, however often somebody says that he is another', async () => {
    const fixture = await foundWorkspace();
    const bot = await issue(fixture, fixture.root);
    for (let host = 0; host < MAX_ORIGINS * 3; host++) {
      await fixture.block.authenticate(bot.hash, use({ source: `192.0.2.${host}` }));
    }
    expect(await originsOf(fixture)).toHaveLength(MAX_ORIGINS);
  });
});

describe('rates of routes', () => {
  const rate = { calls: 2, periodMs: 60_000 };
  const limited = { rates: { ...DEFAULT_POLICY.rates, routes: { listTools: rate } } };

  test('leave nothing to who comes too often, and say for how long', async () => {
    const fixture = await foundWorkspace();
    await changePolicy(fixture, limited);
    const bot = await issue(fixture, fixture.root);
    const other = await issue(fixture, fixture.root);
    const enter = (hash: string, operation = 'listTools') =>
      fixture.block.authenticate(hash, use({ operation }));
    for (let request = 0; request < 2; request++) {
      expect((await enter(bot.hash))?.retryAfterMs).toBeUndefined();
    }
    const refused = await enter(bot.hash);
    expect(refused?.grants).toEqual([]);
    expect(refused?.retryAfterMs).toBeGreaterThan(10_000);
    expect(refused?.retryAfterMs).toBeLessThanOrEqual(30_000);
    expect((await enter(bot.hash, 'listModels'))?.retryAfterMs).toBeUndefined();
    expect((await enter(other.hash))?.retryAfterMs).toBeUndefined();
  });

  test('count a principal, not each of its tokens', async () => {
    const fixture = await foundWorkspace();
    await changePolicy(fixture, limited);
    const subject = { kind: 'service', id: 'one' } as const;
    const hashes = await Promise.all(
      [0, 1, 2].map(async () => (await issue(fixture, fixture.root, { subject })).hash),
    );
    const answers = await Promise.all(
      hashes.map((hash) => fixture.block.authenticate(hash, use())),
    );
    expect(answers.filter((login) => login?.retryAfterMs !== undefined)).toHaveLength(1);
  });

  test('of a long period outlive the object, and those of a short one need no row', async () => {
    const fixture = await foundWorkspace();
    const routes = { listTools: { calls: 1, periodMs: 3_600_000 }, listModels: rate };
    await changePolicy(fixture, { rates: { ...DEFAULT_POLICY.rates, routes } });
    const bot = await issue(fixture, fixture.root);
    await fixture.block.authenticate(bot.hash, use());
    await fixture.block.authenticate(bot.hash, use({ operation: 'listModels' }));
    const keys = await rowsOf(fixture, "SELECT key FROM buckets WHERE key LIKE 'route/%'");
    expect(keys).toEqual([{ key: `route/service:${bot.principal.id}/listTools` }]);
    await evict(fixture);
    const refused = await fixture.block.authenticate(bot.hash, use());
    expect(refused?.retryAfterMs).toBeGreaterThan(3_500_000);
  });

  test('count root by name, and name the routes that there are rates for', async () => {
    const fixture = await foundWorkspace();
    await changePolicy(fixture, limited);
    const count = () => entry(fixture).countRoute('user:root', 'listTools');
    expect([await count(), await count()]).toEqual(
      Array(2).fill({ limited: ['listTools'], retryAfterMs: 0 }),
    );
    expect((await count()).retryAfterMs).toBeGreaterThan(0);
    expect(await entry(unfoundedWorkspace()).countRoute('user:root', 'x')).toEqual({
      limited: [],
      retryAfterMs: 0,
    });
  });
});

describe('signIn()', () => {
  const ISSUER = 'https://login.example.com';
  const trust = (facts: object = {}) => ({
    ...{ name: 'corp', issuer: ISSUER, audiences: ['gateway'] },
    rules: [
      { when: [], grants: ['session:read'] },
      { when: [{ claim: ['groups'], anyOf: ['staff'] }], grants: ['session:turn'] },
    ],
    ...facts,
  });
  const trustIn = (fixture: Fixture, facts: object = {}) =>
    changePolicy(fixture, { signIn: { issuers: [trust(facts)] } });

  const shown = async (
    fixture: Fixture,
    claims: JsonObject = {},
    facts: Partial<VerifiedSignIn> = {},
  ): Promise<VerifiedSignIn> => {
    const { policy } = (await fixture.block.describe()) ?? { policy: DEFAULT_POLICY };
    const [issuer] = policy.signIn.issuers;
    return {
      fingerprint: issuer === undefined ? '' : fingerprintOf(issuer),
      issuer: ISSUER,
      requestId: 'req-3',
      tokenHash: randomHex(32),
      issuedAt: Date.now(),
      expiresAt: Date.now() + 600_000,
      claims: { sub: 'alice', ...claims },
      ...facts,
    };
  };
  const enter = async (fixture: Fixture, claims?: JsonObject, facts?: Partial<VerifiedSignIn>) =>
    await entry(fixture).signIn(await shown(fixture, claims, facts), use());
  const callerOf = (answer: Awaited<ReturnType<typeof enter>>) =>
    answer.kind === 'signed-in' ? answer.caller : undefined;
  const patternsOf = (answer: Awaited<ReturnType<typeof enter>>) =>
    callerOf(answer)?.grants.map(({ pattern }) => pattern as string);

  test('gives each set of grants a row of its own, also in another order of tokens', async () => {
    const fixture = await foundWorkspace();
    await trustIn(fixture);
    const narrow = await enter(fixture);
    const wide = await enter(fixture, { groups: 'staff' });
    expect(patternsOf(narrow)).toEqual(['session:read']);
    expect(patternsOf(wide)).toEqual(['session:read', 'session:turn']);
    expect(patternsOf(await enter(fixture))).toEqual(['session:read']);
    expect(await fixture.block.listTokens()).toHaveLength(2);
    expect(callerOf(wide)?.principal).toMatchObject({ kind: 'user', id: 'corp.alice' });
  });

  test('ends with the last token that was shown, and what it gave on as well', async () => {
    const fixture = await foundWorkspace();
    await trustIn(fixture);
    const first = await enter(fixture, {}, { expiresAt: Date.now() + 2_000 });
    const principal = callerOf(first)?.principal;
    expect(principal && (await fixture.block.authority(principal))?.grants).toHaveLength(1);
    const present = async () => principal && (await fixture.block.authority(principal));
    await expect.poll(present).toBeUndefined();
    const again = await enter(fixture);
    expect(callerOf(again)?.principal).toEqual(principal);
    expect(principal && (await fixture.block.authority(principal))?.grants).toHaveLength(1);
  });

  test('goes by the policy of the moment, whatever was verified before', async () => {
    const fixture = await foundWorkspace();
    await trustIn(fixture);
    const before = await shown(fixture);
    const principal = callerOf(await entry(fixture).signIn(before, use()))?.principal;
    await trustIn(fixture, { rules: [{ when: [], grants: ['session:create'] }] });
    expect(await entry(fixture).signIn(before, use())).toEqual({ kind: 'changed' });
    // Nor does what it has begun go on under what was before.
    expect(principal && (await fixture.block.authority(principal))?.grants).toEqual([]);
    expect(patternsOf(await enter(fixture))).toEqual(['session:create']);
    await changePolicy(fixture, {});
    expect(await entry(fixture).signIn(before, use())).toEqual({ kind: 'changed' });
    expect(await entry(unfoundedWorkspace()).signIn(before, use())).toEqual({ kind: 'changed' });
  });

  test('takes none that was issued before a revocation, whatever it is worth', async () => {
    const fixture = await foundWorkspace();
    await trustIn(fixture);
    const answer = await enter(fixture);
    const { tokenId = '' } = callerOf(answer)?.principal ?? {};
    const old = { issuedAt: Date.now() - 1_000 };
    await fixture.block.revokeToken(fixture.root, tokenId);
    const refused = { kind: 'refused', reason: 'revoked' };
    expect(await enter(fixture, {}, old)).toEqual(refused);
    expect(await enter(fixture, { groups: 'staff' }, old)).toEqual(refused);
    const other = await enter(fixture, { sub: 'bob' }, old);
    expect(other.kind).toBe('signed-in');
    const fresh = await enter(fixture, {}, { issuedAt: Date.now() + 1_000 });
    expect(callerOf(fresh)?.principal.tokenId).not.toBe(tokenId);
  });

  test('lets in members only where the issuer vouches for those', async () => {
    const fixture = await foundWorkspace();
    await trustIn(fixture, { admits: 'members' });
    expect(await enter(fixture)).toEqual({ kind: 'refused', reason: 'not-member' });
    const members = [{ id: 'corp.alice', grants: ['session:turn'] }];
    await fixture.block.change(fixture.root, { members });
    expect(patternsOf(await enter(fixture, { groups: 'staff' }))).toEqual(['session:turn']);
  });

  test('knows no issuer of which the policy does not speak', async () => {
    const fixture = await foundWorkspace();
    expect(await entry(fixture).issuer(ISSUER)).toEqual({ kind: 'untrusted' });
    expect(await entry(unfoundedWorkspace()).issuer(ISSUER)).toEqual({ kind: 'untrusted' });
  });

  test('gives the prover everything that an issuer may give', async () => {
    const fixture = await foundWorkspace();
    await trustIn(fixture);
    const proof = await bindings.WORKSPACES.getByName(fixture.id).describeForProof();
    expect(proof?.principals).toEqual([
      { name: 'issuer:corp', grants: ['session:read', 'session:turn'] },
    ]);
  });
});
