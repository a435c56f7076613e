import { describe, expect, it } from 'vitest';
import type { SessionApi } from '../../../src/blocks/session/session-api.ts';
import { SessionClient } from '../../../src/blocks/session/session-client.ts';
import type { JournalEntry } from '../../../src/core/conversation/journal-entry.ts';
import { crash } from './support/crash.ts';
import { ScriptedRun, toReply, toTurnFinished } from './support/scripted-run.ts';
import { openFixture, type SessionFixture } from './support/session-fixture.ts';

/** A client whose first call is done, and its answer lost in a reset of the object. */
function losingFirstAnswer({ client }: SessionFixture): { lossy: SessionClient; calls: string[] } {
  const calls: string[] = [];
  const stub = new Proxy(client, {
    get:
      (target, method: keyof SessionApi) =>
      async (...values: never[]) => {
        calls.push(method);
        const answer = await (target[method] as (...values: never[]) => Promise<unknown>).apply(
          target,
          values,
        );
        if (calls.length > 1) return answer;
        throw Object.assign(new Error('reset'), { durableObjectReset: true });
      },
  });
  return { lossy: new SessionClient(client.sessionId, () => stub), calls };
}

describe('SessionClient', () => {
  it.each<[string, JournalEntry]>([
    ['a reply', toReply(0)],
    ['the end of a turn', toTurnFinished()],
  ])('sends %s again when its answer was lost, and it is written once', async (_, entry) => {
    const fixture = openFixture();
    const { turn } = await fixture.begin();
    const { lossy, calls } = losingFirstAnswer(fixture);
    expect((await new ScriptedRun(lossy, turn).commit([entry])).ok).toBe(true);
    expect(calls).toEqual(['commit', 'commit']);
  });

  it('does not send text again, of which nobody can tell whether it was written', async () => {
    const fixture = openFixture();
    const { turn } = await fixture.begin();
    const { lossy, calls } = losingFirstAnswer(fixture);
    const text = { kind: 'text', round: 0, text: 'x' } as const;
    await expect(new ScriptedRun(lossy, turn).commit([text])).rejects.toThrow('reset');
    expect(calls).toEqual(['commit']);
  });

  it('admits again only under an idempotency key, and then not twice', async () => {
    const fixture = openFixture();
    await fixture.client.create(fixture.create);
    const unkeyed = losingFirstAnswer(fixture);
    await expect(unkeyed.lossy.admitTurn(fixture.admission())).rejects.toThrow('reset');
    const keyed = losingFirstAnswer(fixture);
    const idempotency = { key: 'k', bodyHash: 'h' };
    expect(await keyed.lossy.admitTurn(fixture.admission({ idempotency }))).toMatchObject({
      ok: true,
      value: { replayed: true },
    });
    expect(await fixture.client.describe()).toMatchObject({ turns: 2 });
  });

  it('reaches the object again after a crash', async () => {
    const { client, begin } = openFixture();
    const run = await begin();
    await crash();
    expect((await run.commit([toReply(0)])).ok).toBe(true);
    expect(await client.describe()).toMatchObject({ turns: 1 });
  });
});
