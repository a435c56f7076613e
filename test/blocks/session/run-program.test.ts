import { describe, expect, it } from 'vitest';
import type { AdmitTurn } from '../../../src/blocks/session/session-api.ts';
import type { JournalEntry } from '../../../src/core/conversation/journal-entry.ts';
import { deny } from '../../../src/core/errors/denial.ts';
import {
  type ScriptedRun,
  toFinished,
  toReply,
  toResult,
  toTurnFinished,
} from './support/scripted-run.ts';
import { openFixture, type SessionFixture } from './support/session-fixture.ts';

const CALL = { id: 'program', name: 'fetch', argumentsText: '{}' };

function toProgram({ admission, create }: SessionFixture): AdmitTurn {
  const ephemeral = { ...create, ephemeralMs: 60_000 };
  return admission({ driver: { kind: 'program', call: CALL }, messages: [], create: ephemeral });
}

/** Runs a program whose run commits these entries. */
async function outcomeOf(toEntries: (run: ScriptedRun) => readonly JournalEntry[]) {
  const fixture = openFixture();
  const ran = fixture.client.runProgram(toProgram(fixture), 10_000);
  const run = await fixture.run();
  for (const entry of toEntries(run)) await run.commit([entry]);
  return await ran;
}

describe('SessionApi.runProgram()', () => {
  it('answers the inspected result of its one call', async () => {
    expect(
      await outcomeOf((run) => [
        toReply(0, ['fetch']),
        run.started(0, 0),
        toFinished(0, 0, 'page'),
        toTurnFinished(''),
      ]),
    ).toEqual({ ok: true, value: { kind: 'result', result: toResult('page') } });
  });

  it('answers the denial, of a check or of a tier', async () => {
    const ref = { round: 0, index: 0, tool: 'fetch' };
    const byCheck = deny('sanitise', 'unsafe_url', { pointer: '/url' });
    expect(
      await outcomeOf(() => [
        toReply(0, ['fetch']),
        { kind: 'call-denied', ...ref, denial: byCheck },
        toTurnFinished(''),
      ]),
    ).toEqual({ ok: true, value: { kind: 'denied', denial: byCheck } });

    const byTier = deny('dispatch', 'fuel');
    const cost = { durationMs: 4, fuel: 100, memoryPages: 1, suspendedMs: 0 };
    expect(
      await outcomeOf((run) => [
        toReply(0, ['fetch']),
        run.started(0, 0),
        { kind: 'call-finished', ...ref, end: { kind: 'denied', denial: byTier, cost } },
        toTurnFinished(''),
      ]),
    ).toEqual({ ok: true, value: { kind: 'denied', denial: byTier, cost } });
  });

  it('answers why the turn failed before the call was decided', async () => {
    const usage = { inputTokens: 0, outputTokens: 0, costMicroUsd: 0 };
    expect(
      await outcomeOf(() => [{ kind: 'turn-failed', code: 'audit_unavailable', usage }]),
    ).toEqual({ ok: true, value: { kind: 'failed', code: 'audit_unavailable' } });
  });

  it.each([
    [{}, 'turn-failed'],
    [{ idempotency: { key: 'k', bodyHash: 'h' } }, 'turn-started'],
  ])('of a call that takes longer answers nothing, and with %o ends as %s', async (keyed, last) => {
    const fixture = openFixture();
    const ran = await fixture.client.runProgram({ ...toProgram(fixture), ...keyed }, 20);
    expect(ran).toEqual({ ok: true, value: undefined });
    const { turn } = await fixture.run();
    expect((await fixture.events(turn.turnId)).at(-1)?.body.kind).toBe(last);
  });

  it('shows the turn as one of a program', async () => {
    const fixture = openFixture();
    const keyed = { ...toProgram(fixture), idempotency: { key: 'k', bodyHash: 'h' } };
    await fixture.client.runProgram(keyed, 0);
    const { turn } = await fixture.run();
    expect((await fixture.events(turn.turnId))[0]?.body).toMatchObject({ model: 'program' });
  });
});
