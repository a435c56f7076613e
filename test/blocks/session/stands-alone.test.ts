import { runInDurableObject } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { DEFAULT_POLICY } from '../../../src/core/policy/policy.ts';
import { eventually } from '../../support/eventually.ts';
import { crash } from './support/crash.ts';
import { toFinished, toReply, toTurnFinished } from './support/scripted-run.ts';
import { openFixture, type SessionFixture, toAuthority } from './support/session-fixture.ts';

const CALL = { id: 'program', name: 'fetch', argumentsText: '{}' };

/** Runs one call of a program in the fixture's session, and answers what it is told and was shown. */
async function callAlone(fixture: SessionFixture, ordinal: number, standsAlone = true) {
  const { admission, client, create } = fixture;
  const ran = client.runProgram(
    admission({
      driver: { kind: 'program', call: CALL },
      messages: [],
      create: { ...create, ephemeralMs: 86_400_000 },
      ...(standsAlone && { standsAlone }),
    }),
    10_000,
  );
  const run = await fixture.run(ordinal);
  await run.commit([toReply(0, ['fetch'])]);
  await run.commit([run.started(0, 0)]);
  await run.commit([toFinished(0, 0, `page ${ordinal}`)]);
  await run.commit([toTurnFinished('')]);
  const told = await ran;
  if (!told.ok || told.value === undefined) throw new TypeError('the call was not run to its end');
  return { outcome: told.value, history: run.turn.history };
}

function fixtureWithRate(calls: number): SessionFixture {
  const fixture = openFixture();
  const { rates } = DEFAULT_POLICY;
  const policy = { ...DEFAULT_POLICY, rates: { ...rates, session: { calls, periodMs: 60_000 } } };
  fixture.script.authority = toAuthority(fixture.principal, { policy });
  return fixture;
}

describe('a call that stands alone', () => {
  it('is shown nothing of those before it in its session, and adds nothing', async () => {
    const fixture = openFixture();
    for (const ordinal of [0, 1]) {
      const { outcome, history } = await callAlone(fixture, ordinal);
      expect(outcome).toMatchObject({ kind: 'result', result: { content: `page ${ordinal}` } });
      expect(history).toEqual([]);
    }
    expect(await fixture.client.messages(0, 100)).toEqual({ messages: [] });
    expect(await fixture.client.describe()).toMatchObject({ turns: 2 });
  });

  it('is told that its session would take another, and any other call is not', async () => {
    expect((await callAlone(openFixture(), 0)).outcome.takesAnother).toBe(true);
    expect((await callAlone(openFixture(), 0, false)).outcome).not.toHaveProperty('takesAnother');
  });

  it('shares a session only as long as the rate of one could refuse none of them', async () => {
    const { maxToolCalls } = DEFAULT_POLICY.limits;
    const short = await callAlone(fixtureWithRate(maxToolCalls), 0);
    expect(short.outcome).not.toHaveProperty('takesAnother');
    const fixture = fixtureWithRate(maxToolCalls + 1);
    expect((await callAlone(fixture, 0)).outcome.takesAnother).toBe(true);
    expect((await callAlone(fixture, 1)).outcome).not.toHaveProperty('takesAnother');
  });

  it.each([
    [59, true],
    [60, undefined],
  ])('of a session that is %d minutes old is told %s', async (minutes, takesAnother) => {
    const fixture = openFixture();
    await callAlone(fixture, 0);
    await eventually(() => expect(fixture.chain()).toHaveLength(1));
    await runInDurableObject(fixture.connect(), (_, { storage }) => {
      storage.sql.exec(
        "UPDATE session SET facts = json_set(facts, '$.createdAt', facts ->> '$.createdAt' - ?)",
        minutes * 60_000,
      );
    });
    await crash();
    expect((await callAlone(fixture, 1)).outcome.takesAnother).toBe(takesAnother);
  });
});
