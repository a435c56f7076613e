import { runInDurableObject } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { SessionBlock } from '../../../src/blocks/session/session-block.ts';
import type { Turn } from '../../../src/core/conversation/turn.ts';
import { deny } from '../../../src/core/errors/denial.ts';
import type { TicketClaims } from '../../../src/core/executor-protocol/ticket.ts';
import { DEFAULT_EXECUTOR_LIMITS } from '../../../src/core/manifest/executor-limits.ts';
import { eventually } from '../../support/eventually.ts';
import { crash, ring } from './support/crash.ts';
import { LEASE_MS } from './support/lease-ms.ts';
import { toFinished, toReply } from './support/scripted-run.ts';
import { bindings, openFixture } from './support/session-fixture.ts';

const ON_MACHINE: Partial<TicketClaims> = {
  tier: 'process',
  executor: {
    ...{ entry: 'fetch', principal: 'user:alice', capabilities: [] },
    granted: { allow: [], deny: [] },
    limits: DEFAULT_EXECUTOR_LIMITS,
  },
};

describe('the lease', () => {
  it('keeps a run that says something, though the alarm rings', async () => {
    const { begin, connect, script } = openFixture();
    const run = await begin();
    await crash();
    await ring(connect());
    expect(script.runs).toHaveLength(1);
    expect((await run.commit([toReply(0)])).ok).toBe(true);
  });

  it('lapses by itself: the alarm of an idle object starts the next run', async () => {
    const { begin, run } = openFixture();
    const first = await begin();
    await crash();
    // Nobody touches the object any more.
    const second = await eventually(() => run(1));
    expect(second.turn).toMatchObject({ turnId: first.turn.turnId, epoch: 2 });
  });

  it('is held by a run that has nothing to say', async () => {
    const { begin, connect } = openFixture();
    const run = await begin();
    await runInDurableObject(connect(), (_, { storage }) => {
      storage.sql.exec('UPDATE turns SET lease_until = 1');
    });
    await crash();
    expect(await run.holdLease()).toBe('held');
    const { lease_until: leaseUntil } = await runInDurableObject(connect(), (_, { storage }) =>
      storage.sql.exec<{ lease_until: number }>('SELECT lease_until FROM turns').one(),
    );
    expect(leaseUntil).toBeGreaterThan(Date.now());
  });
});

describe('the lease of a run inside the object', () => {
  it('does not lapse while the run lives, however little time it gets, and does when it is over', async () => {
    const { admission, connect, create } = openFixture();
    await runInDurableObject(connect(), async (_, state) => {
      const epochs: number[] = [];
      const over = Promise.withResolvers<void>();
      const inside = async ({ epoch }: Turn): Promise<void> => {
        epochs.push(epoch);
        await over.promise;
      };
      const block = new SessionBlock(state, bindings, inside);
      await block.create(create);
      expect((await block.admitTurn(admission())).ok).toBe(true);
      await expect.poll(() => epochs).toEqual([1]);
      // The run says nothing.
      const lapsesAt = Date.now() + LEASE_MS + 100;
      await expect.poll(() => Date.now()).toBeGreaterThan(lapsesAt);
      await block.alarm();
      expect(epochs).toEqual([1]);
      over.resolve();
      await expect.poll(() => epochs).toEqual(expect.arrayContaining([1, 2]));
    });
  });
});

describe('the deadline', () => {
  it('ends the turn by the alarm, and stops its run', async () => {
    const { begin, connect, client, chain, script } = openFixture();
    const run = await begin();
    const { turnId } = run.turn;
    await run.commit([toReply(0, ['fetch'], 'so far'), run.started(0, 0)]);
    await runInDurableObject(connect(), (_, { storage }) => {
      storage.sql.exec('UPDATE turns SET deadline_at = 1');
      storage.sql.exec("UPDATE timers SET due_at = 1 WHERE name = 'turn'");
    });
    await crash();
    await ring(connect());
    expect(await client.summary(turnId)).toMatchObject({
      status: 'failed',
      code: 'deadline_exceeded',
      output: 'so far',
      toolCalls: [{ status: 'unknown' }],
    });
    expect(await run.commit([toFinished(0, 0)])).toEqual({ ok: false, error: 'lease_lost' });
    expect(await run.holdLease()).toBe('lease_lost');
    expect(script.runs).toHaveLength(1);
    await eventually(async () =>
      expect(chain()).toContainEqual(
        expect.objectContaining({
          action: 'turn-failed',
          reason: 'deadline_exceeded',
          usage: (await client.summary(turnId))?.usage,
        }),
      ),
    );
  });

  it('leaves the calls that may be on a machine to the nodes', async () => {
    const { begin, connect, script } = openFixture();
    const run = await begin();
    await run.commit([
      toReply(0, ['fetch', 'fetch', 'fetch']),
      run.started(0, 0),
      ...[1, 2].map((index) => run.started(0, index, { claims: ON_MACHINE })),
    ]);
    await run.commit([toFinished(0, 1)]);
    await runInDurableObject(connect(), (_, { storage }) => {
      storage.sql.exec('UPDATE turns SET deadline_at = 1');
      storage.sql.exec("UPDATE timers SET due_at = 1 WHERE name = 'turn'");
    });
    await crash();
    await ring(connect());
    await eventually(() => expect(script.lookedAfter).toEqual([`${run.turn.turnId}/0/2`]));
  });

  it('is not waited for to leave a call of which its run could hear nothing', async () => {
    const { begin, script } = openFixture();
    const run = await begin();
    await run.commit([
      toReply(0, ['fetch', 'fetch', 'fetch']),
      run.started(0, 0),
      ...[1, 2].map((index) => run.started(0, index, { claims: ON_MACHINE })),
    ]);
    const endOf = (index: number, reason: 'unknown' | 'deadline') => ({
      ...toFinished(0, index),
      end: { kind: 'denied', denial: deny('dispatch', reason) } as const,
    });
    await run.commit([endOf(0, 'unknown'), endOf(1, 'unknown'), endOf(2, 'deadline')]);
    await eventually(() => expect(script.lookedAfter).toEqual([`${run.turn.turnId}/0/1`]));
    await run.commit([endOf(0, 'unknown'), endOf(1, 'unknown'), endOf(2, 'deadline')]);
    expect(script.lookedAfter).toHaveLength(1);
  });
});
