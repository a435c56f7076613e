import { describe, expect, it, vi } from 'vitest';
import { toTurnId } from '../../../src/core/primitives/ids.ts';
import { eventually } from '../../support/eventually.ts';
import { crash } from './support/crash.ts';
import { toTurnFinished } from './support/scripted-run.ts';
import { openFixture } from './support/session-fixture.ts';

const STRANGE = toTurnId('0'.repeat(32));

describe('willSettle()', () => {
  it('knows no turn of a session that is not there, and none of another one', async () => {
    const { client, create } = openFixture();
    expect(await client.willSettle(STRANGE)).toBe(false);
    await client.create(create);
    expect(await client.willSettle(STRANGE)).toBe(false);
  });

  it('knows a turn from its opening on until it is settled', async () => {
    const fixture = openFixture();
    await fixture.client.create(fixture.create);
    const opened = Promise.withResolvers<void>();
    fixture.script.beforeOpening = () => opened.promise;
    const admitted = fixture.admit();
    const reservation = await eventually(() => {
      const [opening] = fixture.script.openings;
      if (opening === undefined) throw new TypeError('nothing was opened');
      return opening.turnId;
    });
    const early = fixture.client.willSettle(reservation);
    opened.resolve();
    await admitted;
    expect(await early).toBe(true);
    const run = await fixture.run();
    expect(await fixture.client.willSettle(reservation)).toBe(true);
    await crash();
    expect(await fixture.client.willSettle(reservation)).toBe(true);
    await run.commit([toTurnFinished()]);
    await vi.waitFor(async () => expect(await fixture.client.willSettle(reservation)).toBe(false), {
      timeout: 20_000,
    });
    expect(fixture.script.settled).toMatchObject([{ turnId: reservation }]);
  });

  it('knows one that has ended for as long as it cannot be settled', async () => {
    const fixture = openFixture();
    fixture.script.failingSettlements = 1_000;
    const run = await fixture.begin();
    await run.commit([toTurnFinished()]);
    expect(await fixture.client.willSettle(run.turn.turnId)).toBe(true);
    await fixture.client.remove(fixture.principal, 'req_delete');
    expect(await fixture.client.willSettle(run.turn.turnId)).toBe(true);
    fixture.script.failingSettlements = 0;
  });

  it('knows none whose admission came to nothing, and gives it back', async () => {
    const fixture = openFixture();
    await fixture.client.create(fixture.create);
    fixture.script.beforeOpening = async () => {
      throw new Error('the answer is lost');
    };
    await expect(fixture.admit()).rejects.toThrow();
    const [opening] = fixture.script.openings;
    expect(opening && (await fixture.client.willSettle(opening.turnId))).toBe(false);
    await eventually(() => expect(fixture.script.settled).toHaveLength(1));
    expect(fixture.script.settled).toMatchObject([{ turnId: opening?.turnId }]);
  });
});
