import { describe, expect, test, vi } from 'vitest';
import type { AdmitTurn } from '../../../src/blocks/session/session-api.ts';
import { SessionBlock } from '../../../src/blocks/session/session-block.ts';
import { openSession, type SessionClient } from '../../../src/blocks/session/session-client.ts';
import { openErrands } from '../../../src/blocks/workspace/errand-client.ts';
import type { OpenTurn } from '../../../src/blocks/workspace/workspace-api.ts';
import { NO_USAGE } from '../../../src/core/conversation/usage.ts';
import { PRINCIPAL_LABEL } from '../../../src/core/policy/labels.ts';
import { DEFAULT_POLICY } from '../../../src/core/policy/policy.ts';
import {
  bindings,
  evict,
  type Fixture,
  foundWorkspace,
  inside,
  newTurnId,
  opening,
  ring,
  rowsOf,
} from './workspace-fixture.ts';

const WORTH = { tokens: DEFAULT_POLICY.limits.maxTokens, costMicroUsd: 1_000_000 };

const FREE = { kind: 'model', model: 'embedded/script' } as const;

/** A workspace whose budget for good is so many turns' worth. */
async function foundWithTotal(turns: number): Promise<Fixture> {
  const fixture = await foundWorkspace();
  const total = { tokens: WORTH.tokens * turns, costMicroUsd: WORTH.costMicroUsd * turns };
  const budgets = {
    ...DEFAULT_POLICY.budgets,
    workspace: { day: total, total },
  };
  const plenty = { calls: 1_000_000, periodMs: 60_000 };
  const rates = { ...DEFAULT_POLICY.rates, workspace: plenty, principal: plenty };
  const policy = { ...DEFAULT_POLICY, budgets, rates };
  await fixture.block.change(fixture.root, { policy });
  return fixture;
}

async function usedOf({ block, root }: Fixture): Promise<{ tokens: number } | undefined> {
  const described = await block.describeBudgets({ principal: `user:${root.principal.id}` });
  return described.find(({ period }) => period === 'total')?.used;
}

const openTurns = (fixture: Fixture) =>
  rowsOf(fixture, 'SELECT turn_id, provisional FROM open_turns');

/** What a session that is lost right after it has asked leaves behind. */
async function openAndForget(fixture: Fixture, facts: Partial<OpenTurn> = {}): Promise<OpenTurn> {
  const request = opening(fixture, fixture.root, facts);
  expect(await fixture.block.openTurn(request)).toMatchObject({ ok: true });
  return request;
}

function sessionOf(fixture: Fixture, request: OpenTurn): SessionClient {
  return openSession(bindings, fixture.id, request.sessionId);
}

const admission = ({ root }: Fixture, sessionId: OpenTurn['sessionId']): AdmitTurn => ({
  sessionId,
  principal: root.principal,
  requestId: 'req-turn',
  driver: FREE,
  messages: [
    {
      role: 'user',
      content: JSON.stringify([{ text: 'Late.', delayMs: 60_000 }]),
      label: PRINCIPAL_LABEL,
    },
  ],
});

describe('a turn that its session has never written', () => {
  test('gives all back that it had reserved, of a budget that never comes back too', async () => {
    const fixture = await foundWithTotal(1);
    await openAndForget(fixture);
    expect(await fixture.block.openTurn(opening(fixture, fixture.root))).toMatchObject({
      ok: false,
      error: { budget: expect.stringContaining('workspace') },
    });
    await ring(fixture, 'sweep');
    expect(await usedOf(fixture)).toEqual({ tokens: 0, costMicroUsd: 0 });
    expect(await openTurns(fixture)).toEqual([]);
    await openAndForget(fixture);
  });

  test('does so soon after a restart, by itself', async () => {
    const fixture = await foundWithTotal(1);
    await openAndForget(fixture);
    await evict(fixture);
    await vi.waitFor(async () => expect(await openTurns(fixture)).toEqual([]), { timeout: 20_000 });
    expect(await usedOf(fixture)).toEqual({ tokens: 0, costMicroUsd: 0 });
  });

  test('leaves no trace in a session that is not there', async () => {
    const fixture = await foundWithTotal(1);
    const request = await openAndForget(fixture);
    await ring(fixture, 'sweep');
    expect(await sessionOf(fixture, request).describe()).toBeUndefined();
  });

  test('is found among more of them than one sweep asks about', async () => {
    const fixture = await foundWithTotal(300);
    for (let turn = 0; turn < 300; turn++) await openAndForget(fixture, { driver: FREE });
    await ring(fixture, 'sweep');
    expect(await openTurns(fixture)).toHaveLength(300 - 256);
    await vi.waitFor(async () => expect(await openTurns(fixture)).toEqual([]), { timeout: 20_000 });
    expect(await usedOf(fixture)).toEqual({ tokens: 0, costMicroUsd: 0 });
  });
});

describe('a session that cannot be asked', () => {
  test('keeps its turns what they reserved, and no other from being asked', async () => {
    const fixture = await foundWithTotal(2);
    const lost = await openAndForget(fixture);
    await inside(fixture, (_, sql) => {
      for (let turn = 0; turn < 256; turn++) {
        sql.exec(
          `INSERT INTO open_turns SELECT ?, 'of another key', principal, revision, slice, reservation,
             lost_at - 1, lost, provisional FROM open_turns WHERE turn_id = ?`,
          ...[newTurnId(), lost.turnId],
        );
      }
    });
    await vi.waitFor(
      async () => {
        await ring(fixture, 'sweep');
        expect(await openTurns(fixture)).toHaveLength(256);
      },
      { timeout: 20_000 },
    );
    expect(await openTurns(fixture)).not.toContainEqual({ turn_id: lost.turnId, provisional: 1 });
  });

  test('is waited for a few seconds', async () => {
    const fixture = await foundWithTotal(2);
    const [silent] = [await openAndForget(fixture), await openAndForget(fixture)];
    const { willSettle } = SessionBlock.prototype;
    let isSilent = true;
    const asked = vi.spyOn(SessionBlock.prototype, 'willSettle');
    asked.mockImplementation(async function (this: SessionBlock, reservation) {
      while (isSilent && reservation === silent.turnId) await scheduler.wait(50);
      return await willSettle.call(this, reservation);
    });
    await ring(fixture, 'sweep');
    expect(await openTurns(fixture)).toEqual([{ turn_id: silent.turnId, provisional: 1 }]);
    isSilent = false;
    asked.mockRestore();
    await ring(fixture, 'sweep');
    expect(await openTurns(fixture)).toEqual([]);
  });
});

describe('a turn that its session has written', () => {
  test('keeps its slice while it runs, is asked about once, and is settled at its end', async () => {
    const fixture = await foundWithTotal(2);
    const { sessionId } = opening(fixture, fixture.root);
    const session = openSession(bindings, fixture.id, sessionId);
    await session.create({ sessionId, ...fixture.root });
    const admitted = await session.admitTurn(admission(fixture, sessionId));
    if (!admitted.ok) throw new Error(admitted.error.code);
    const [turnId, lost] = [admitted.value.turnId, await openAndForget(fixture, { sessionId })];
    expect(await openTurns(fixture)).toContainEqual({ turn_id: lost.turnId, provisional: 1 });
    await ring(fixture, 'sweep');
    expect(await openTurns(fixture)).toEqual([{ turn_id: turnId, provisional: 0 }]);
    expect(await usedOf(fixture)).toMatchObject({ tokens: WORTH.tokens });
    await session.cancelTurn(turnId, fixture.root.principal, 'req-cancel');
    await vi.waitFor(async () => expect(await openTurns(fixture)).toEqual([]), { timeout: 30_000 });
    await vi.waitFor(async () => expect(await session.willSettle(turnId)).toBe(false));
  });
});

describe('an errand', () => {
  test('keeps what it reserved: no session knows of it', async () => {
    const fixture = await foundWithTotal(1);
    const { turnId: reservation, sessionId, deadlineAt } = opening(fixture, fixture.root);
    const model = { kind: 'embedding', model: 'embedded/lexical', count: 1 } as const;
    const order = { ...model, reservation, sessionId, deadlineAt, operation: 'createEmbeddings' };
    expect(await openErrands(bindings, fixture.id).openErrand(fixture.root, order)).toMatchObject({
      ok: true,
    });
    await ring(fixture, 'sweep');
    expect(await openTurns(fixture)).toEqual([{ turn_id: reservation, provisional: 0 }]);
  });
});

describe('a table of before there were provisional turns', () => {
  test('is taken over with its rows, about which nobody is asked', async () => {
    const fixture = await foundWithTotal(2);
    const request = await openAndForget(fixture);
    await rowsOf(fixture, 'ALTER TABLE open_turns DROP COLUMN provisional');
    await evict(fixture);
    await fixture.block.openTurn(opening(fixture, fixture.root, { turnId: newTurnId() }));
    await ring(fixture, 'sweep');
    expect(await openTurns(fixture)).toEqual([{ turn_id: request.turnId, provisional: 0 }]);
    await fixture.block.settleTurn(request.turnId, NO_USAGE, {});
    expect(await openTurns(fixture)).toEqual([]);
  });
});
