import { runInDurableObject } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { parseCapability } from '../../../src/core/capabilities/pattern.ts';
import type { TicketClaims } from '../../../src/core/executor-protocol/ticket.ts';
import { DEFAULT_EXECUTOR_LIMITS } from '../../../src/core/manifest/executor-limits.ts';
import { eventually } from '../../support/eventually.ts';
import { LEASE_MS } from './support/lease-ms.ts';
import { toFinished, toReply } from './support/scripted-run.ts';
import {
  openFixture,
  type SessionFixture,
  TO_TALK,
  toAuthority,
  toPattern,
  WEB_PLUGIN,
} from './support/session-fixture.ts';

const REMOTE = 'compatible/talk';
const TO_ASK = [...TO_TALK, { pattern: toPattern('provider:llm:call:*') }];
const DENIED = { status: 'failed', code: 'denied' };

const statusOf = async ({ client }: SessionFixture, turnId: string) =>
  await client.summary(turnId as never);

/** A turn that asks a provider's model. */
async function beginRemote(fixture: SessionFixture, grants = TO_ASK) {
  const { client, create, admit, principal, script, run } = fixture;
  script.authority = toAuthority(principal, { grants });
  await client.create(create);
  await admit({ driver: { kind: 'model', model: REMOTE } });
  return run();
}

function toCapability(text: string) {
  const parsed = parseCapability(text);
  if (!parsed.ok) throw new TypeError(parsed.error.message);
  return parsed.value;
}

const claimsOf = (tool: string): Partial<TicketClaims> => ({
  tier: 'process',
  executor: {
    ...{ entry: tool, principal: 'user:alice', granted: { allow: [], deny: [] } },
    capabilities: [toCapability(`tool:call:${tool}`)],
    limits: DEFAULT_EXECUTOR_LIMITS,
  },
});

describe('a call on a machine', () => {
  const CALLS = toPattern('tool:call:*');
  const MACHINE = { ...WEB_PLUGIN, allow: [CALLS] };
  const GRANTS = [...TO_ASK, { pattern: CALLS }];

  it.each([
    ['its plugin', { grants: GRANTS, plugins: [] }, [0, 1]],
    ['its grant', { grants: [...TO_ASK, { pattern: toPattern('tool:call:b') }] }, [0]],
    ['nothing of it', { grants: GRANTS }, []],
  ])('is to end before it is acknowledged that %s is gone', async (_, over, ending) => {
    const fixture = openFixture();
    const { client, principal, script } = fixture;
    script.authority = toAuthority(principal, { grants: GRANTS, plugins: [MACHINE] });
    const run = await fixture.begin();
    await run.commit([
      toReply(0, ['a', 'b', 'a']),
      ...['a', 'b', 'a'].map((tool, index) => run.started(0, index, { claims: claimsOf(tool) })),
    ]);
    await run.commit([toFinished(0, 2)]);
    script.authority = toAuthority(principal, { revision: 2, plugins: [MACHINE], ...over });
    await client.authorityChanged(2);
    const keys = ending.map((index) => `${run.turn.turnId}/0/${index}`);
    expect(script.cancelledCalls).toEqual(keys);
    expect(await statusOf(fixture, run.turn.turnId)).toMatchObject({ status: 'running' });
  });
});

describe('a turn that runs', () => {
  it.each([
    ['its principal', undefined],
    ['the grant to take turns', TO_ASK.slice(1)],
    ['the grant to ask its model', TO_TALK],
  ])('has ended before it is acknowledged that %s is gone', async (_, grants) => {
    const fixture = openFixture();
    const { client, principal, script } = fixture;
    const { turn } = await beginRemote(fixture);
    script.authority = grants && toAuthority(principal, { revision: 2, grants });
    await client.authorityChanged(2);
    expect(await statusOf(fixture, turn.turnId)).toMatchObject(DENIED);
    expect(await client.holdLease(turn.turnId, turn.epoch)).toBe('lease_lost');
  });

  it('goes on under whatever else has changed, and its provider is asked by the newest', async () => {
    const fixture = openFixture();
    const { client, principal, script } = fixture;
    const run = await beginRemote(fixture);
    script.authority = toAuthority(principal, { revision: 2, grants: TO_ASK });
    const asked = script.asked;
    await client.authorityChanged(2);
    await client.authorityChanged(2);
    expect(script.asked - asked).toBe(1);
    expect((await run.commit([toReply(0)])).ok).toBe(true);
    expect(await run.commit([], { thenAsks: true })).toEqual({
      ok: false,
      error: 'authority_stale',
    });
    expect((await run.commit([], { thenAsks: true, revision: 2 })).ok).toBe(true);
  });

  it('ends by itself with the last grant that it needs', async () => {
    const fixture = openFixture();
    const expiresAt = Date.now() + 2_000;
    const grants = TO_ASK.map((grant) => ({ ...grant, expiresAt }));
    const { turn } = await beginRemote(fixture, grants);
    await eventually(async () =>
      expect(await statusOf(fixture, turn.turnId)).toMatchObject(DENIED),
    );
    expect(Date.now()).toBeGreaterThanOrEqual(expiresAt);
  });

  it('ends by itself with a newer grant that ends sooner', async () => {
    const fixture = openFixture();
    const { client, connect, principal, script } = fixture;
    await beginRemote(fixture);
    // Before its lease lapses, which is looked at in any case.
    const expiresAt = Date.now() + LEASE_MS / 2;
    const grants = TO_ASK.map((grant) => ({ ...grant, expiresAt }));
    script.authority = toAuthority(principal, { revision: 2, grants });
    await client.authorityChanged(2);
    const [row] = await runInDurableObject(connect(), (_, { storage }) =>
      storage.sql
        .exec<{ at: number }>("SELECT due_at AS at FROM timers WHERE name = 'turn'")
        .toArray(),
    );
    expect(row?.at).toBe(expiresAt);
  });

  it('is not begun if its principal has ended while it was admitted', async () => {
    const fixture = openFixture();
    const { admit, client, create, principal, script } = fixture;
    await client.create(create);
    const authority = toAuthority(principal, { grants: TO_ASK });
    script.beforeOpening = async () => {
      await client.authorityChanged(2);
      // On its way with the opening, and gone when it is asked for again.
      const said = [authority];
      Object.defineProperty(script, 'authority', { get: () => said.pop() });
    };
    const turnId = await admit({ driver: { kind: 'model', model: REMOTE } });
    await eventually(async () => expect(await statusOf(fixture, turnId)).toMatchObject(DENIED));
    expect(script.runs).toEqual([]);
  });
});
