import { describe, expect, it } from 'vitest';
import { REPLY_USAGE, toFinished, toReply, toTurnFinished } from './support/scripted-run.ts';
import { openFixture } from './support/session-fixture.ts';

describe('a batch that is sent again', () => {
  it('is answered as before, and written once', async () => {
    const { begin, events, client } = openFixture();
    const run = await begin();
    const batches = [
      run.batch([{ kind: 'text', round: 0, text: 'a' }, toReply(0, ['fetch']), run.started(0, 0)]),
      run.batch([
        toFinished(0, 0),
        { kind: 'round-finished', round: 0, usage: REPLY_USAGE },
        toReply(1),
        toTurnFinished(),
      ]),
    ];
    for (const batch of batches) {
      const answer = await client.commit(batch);
      expect(answer.ok).toBe(true);
      expect(await client.commit(batch)).toEqual(answer);
    }
    const kinds = (await events(run.turn.turnId)).map(({ body }) => body.kind);
    expect(kinds).toEqual([
      'turn-started',
      'text-delta',
      'tool-call-proposed',
      'tool-call-approved',
      'tool-result',
      'round-finished',
      'turn-finished',
    ]);
    expect((await client.messages(0, 50))?.messages).toHaveLength(4);
  });

  it('with another content breaks the journal: a fault, and nothing of it is written', async () => {
    const { begin, events } = openFixture();
    const run = await begin();
    await run.commit([toReply(0, ['fetch']), run.started(0, 0)]);
    await run.commit([toFinished(0, 0, 'one')]);
    const before = await events(run.turn.turnId);
    const text = { kind: 'text', round: 1, text: 'x' } as const;
    await expect(run.commit([text, toFinished(0, 0, 'two')])).rejects.toMatchObject({
      code: 'internal',
    });
    await expect(run.commit([text, toReply(0, ['shell'])])).rejects.toThrow(
      'Cannot journal "reply"',
    );
    expect(await events(run.turn.turnId)).toEqual(before);
    // The turn itself is unharmed.
    expect((await run.commit([text])).ok).toBe(true);
  });

  it('in a part only is a fault, never a silent loss of the other part', async () => {
    const { begin } = openFixture();
    const run = await begin();
    const reply = toReply(0, ['fetch']);
    await run.commit([reply]);
    await expect(run.commit([reply, run.started(0, 0)])).rejects.toMatchObject({
      code: 'internal',
    });
  });
});
