import { runInDurableObject } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { MAX_RESUMES } from '../../../src/blocks/session/lane.ts';
import type { JournalEntry } from '../../../src/core/conversation/journal-entry.ts';
import { deny } from '../../../src/core/errors/denial.ts';
import { toPrincipalName } from '../../../src/core/policy/principal.ts';
import { eventually } from '../../support/eventually.ts';
import { crash, crashLongAgo, ring } from './support/crash.ts';
import {
  REPLY_USAGE,
  type ScriptedRun,
  toFinished,
  toReply,
  toResult,
  toTurnFinished,
} from './support/scripted-run.ts';
import {
  openFixture,
  type SessionFixture,
  TO_TALK,
  toAuthority,
} from './support/session-fixture.ts';

const ROUND_FINISHED = { kind: 'round-finished', round: 0, usage: REPLY_USAGE } as const;

/** Commits the batches one by one, lets the run die after them, and answers the next run. */
async function resumeAfter(
  fixture: SessionFixture,
  toBatches: (run: ScriptedRun) => readonly (readonly JournalEntry[])[],
): Promise<{ first: ScriptedRun; second: ScriptedRun }> {
  const first = await fixture.begin();
  for (const batch of toBatches(first)) await first.commit(batch);
  await crashLongAgo(fixture.connect);
  return { first, second: await fixture.run(1) };
}

describe('a run that follows a lost one', () => {
  it('begins from nothing when nothing was journaled', async () => {
    const { first, second } = await resumeAfter(openFixture(), () => []);
    expect(second.turn).toMatchObject({
      turnId: first.turn.turnId,
      epoch: 2,
      journaled: [],
      history: first.turn.history,
      deadlineAt: first.turn.deadlineAt,
      slice: first.turn.slice,
    });
    expect('tornRound' in second.turn).toBe(false);
  });

  it('is told of the round whose text was sent without its reply', async () => {
    const fixture = openFixture();
    const { first, second } = await resumeAfter(fixture, () => [
      [{ kind: 'text', round: 0, text: 'Once ' }],
      [{ kind: 'text', round: 0, text: 'upon' }],
    ]);
    expect(second.turn).toMatchObject({ journaled: [], tornRound: 0 });
    await second.commit([{ kind: 'round-restarted', round: 0 }]);
    await second.commit([{ kind: 'text', round: 0, text: 'Twice' }]);
    const { turnId } = first.turn;
    expect(await fixture.client.summary(turnId)).toMatchObject({ output: 'Twice' });
    expect((await fixture.events(turnId)).map(({ id, body }) => [id, body.kind])).toEqual([
      [1, 'turn-started'],
      [2, 'text-delta'],
      [3, 'text-delta'],
      [4, 'round-restarted'],
      [5, 'text-delta'],
    ]);
  });

  it('is told of a torn round again if it dies before it could say that', async () => {
    const fixture = openFixture();
    await resumeAfter(fixture, () => [[{ kind: 'text', round: 0, text: 'x' }]]);
    await crashLongAgo(fixture.connect);
    expect((await fixture.run(2)).turn.tornRound).toBe(0);
  });

  it('is told of every attempt at the reply that was lost, until there is one', async () => {
    const fixture = openFixture();
    const { second } = await resumeAfter(fixture, () => [
      [{ kind: 'text', round: 0, text: 'One' }],
    ]);
    expect(second.turn.lost).toEqual({ round: 0, attempts: 1, characters: 3 });
    await second.commit([{ kind: 'round-restarted', round: 0 }]);
    await second.commit([{ kind: 'text', round: 0, text: 'Three' }]);
    await crashLongAgo(fixture.connect);
    const third = await fixture.run(2);
    expect(third.turn.lost).toEqual({ round: 0, attempts: 2, characters: 8 });
    await third.commit([{ kind: 'round-restarted', round: 0 }]);
    await third.commit([toReply(0, ['fetch'], 'x')]);
    await crashLongAgo(fixture.connect);
    expect('lost' in (await fixture.run(3)).turn).toBe(false);
  });

  it('has no torn round after a restart, or once the reply is there', async () => {
    const text = { kind: 'text', round: 0, text: 'x' } as const;
    const restarted = await resumeAfter(openFixture(), () => [
      [text],
      [{ kind: 'round-restarted', round: 0 }],
    ]);
    expect('tornRound' in restarted.second.turn).toBe(false);
    const replied = await resumeAfter(openFixture(), () => [[text], [toReply(0, [], 'x')]]);
    expect('tornRound' in replied.second.turn).toBe(false);
  });

  it('gets the whole reply, and every call as far as it came', async () => {
    const denial = deny('registry', 'unknown_tool');
    const { first, second } = await resumeAfter(openFixture(), (run) => [
      [
        toReply(0, ['fetch', 'fetch', 'shell', 'fetch']),
        run.started(0, 0, { repeatable: true }),
        run.started(0, 1),
        { kind: 'call-denied', round: 0, index: 2, tool: 'shell', denial },
      ],
      [toFinished(0, 1, 'page')],
    ]);
    expect(second.turn.journaled).toEqual([
      {
        round: 0,
        message: toReply(0, ['fetch', 'fetch', 'shell', 'fetch']).message,
        usage: REPLY_USAGE,
        finished: false,
        calls: {
          0: {
            kind: 'started',
            claims: first.claims(0, 0),
            repeatable: true,
            wentOutward: false,
          },
          1: {
            kind: 'finished',
            end: { kind: 'result', result: toResult('page') },
            argumentHash: first.claims(0, 1).argumentHash,
          },
          2: { kind: 'denied', denial },
        },
      },
    ]);
  });

  it('gets finished rounds too, but not twice: the history stays as it was at the start', async () => {
    const { first, second } = await resumeAfter(openFixture(), (run) => [
      [toReply(0, ['fetch']), run.started(0, 0)],
      [toFinished(0, 0), ROUND_FINISHED],
    ]);
    expect(second.turn.journaled).toMatchObject([{ round: 0, finished: true }]);
    expect(second.turn.history).toEqual(first.turn.history);
  });

  it('completes the turn: one history, no event lost, none twice', async () => {
    const fixture = openFixture();
    const { first, second } = await resumeAfter(fixture, (run) => [
      [toReply(0, ['fetch']), run.started(0, 0, { repeatable: true })],
    ]);
    const seenBefore = await fixture.events(first.turn.turnId);
    const again = second.started(0, 0, { repeatable: true });
    expect((await second.commit([again])).ok).toBe(true);
    await second.commit([toFinished(0, 0, 'page'), ROUND_FINISHED, toReply(1, [], 'ok')]);
    await second.commit([
      { kind: 'round-finished', round: 1, usage: REPLY_USAGE },
      toTurnFinished('ok'),
    ]);
    const seen = await fixture.events(first.turn.turnId);
    expect(seen.slice(0, seenBefore.length)).toEqual(seenBefore);
    expect(seen.map(({ body }) => body.kind)).toEqual([
      'turn-started',
      'tool-call-proposed',
      'tool-call-approved',
      'tool-result',
      'round-finished',
      'text-delta',
      'round-finished',
      'turn-finished',
    ]);
    expect((await fixture.client.messages(0, 9))?.messages.map(({ role }) => role)).toEqual([
      'user',
      'assistant',
      'tool',
      'assistant',
    ]);
  });

  it('may not start a call again that is not repeatable', async () => {
    const { second } = await resumeAfter(openFixture(), (run) => [
      [toReply(0, ['fetch']), run.started(0, 0)],
    ]);
    await expect(second.commit([second.started(0, 0)])).rejects.toMatchObject({ code: 'internal' });
    const denial = deny('dispatch', 'unknown');
    const unknown = { kind: 'denied', denial } as const;
    expect(
      (
        await second.commit([
          { kind: 'call-finished', round: 0, index: 0, tool: 'fetch', end: unknown },
        ])
      ).ok,
    ).toBe(true);
  });

  it('is on the record, by the gateway itself', async () => {
    const fixture = openFixture();
    const { first } = await resumeAfter(fixture, () => []);
    await eventually(() =>
      expect(fixture.chain()).toContainEqual(
        expect.objectContaining({
          action: 'turn-resumed',
          actor: 'gateway',
          turnId: first.turn.turnId,
        }),
      ),
    );
  });

  it('has the newest grants, since the first snapshot went with the memory', async () => {
    const fixture = openFixture();
    const first = await fixture.begin();
    fixture.script.authority = toAuthority(fixture.principal, { revision: 5, grants: TO_TALK });
    await fixture.client.authorityChanged(5);
    await first.commit([toReply(0)]);
    await crashLongAgo(fixture.connect);
    expect((await fixture.run(1)).turn.authority).toMatchObject({ grants: TO_TALK });
  });
});

describe('a run whose end is known', () => {
  it('is followed at once when it has thrown, under the first snapshot', async () => {
    const { client, create, admit, run, script, principal } = openFixture();
    await client.create(create);
    script.run = async () => {
      script.run = () => new Promise((resolve) => setTimeout(resolve, 600_000));
      script.authority = toAuthority(principal, { revision: 2 });
      await client.authorityChanged(2);
      throw new Error('died');
    };
    await admit();
    const second = await run(1);
    expect(second.turn).toMatchObject({ epoch: 2, authority: { revision: 1 } });
    await second.commit([toReply(0, ['fetch'])]);
    expect(await second.commit([second.started(0, 0)])).toEqual({
      ok: false,
      error: 'authority_stale',
    });
  });

  it('is followed when it returned before the turn has ended', async () => {
    const { client, create, admit, run, script } = openFixture();
    await client.create(create);
    script.run = async () => {
      script.run = () => new Promise((resolve) => setTimeout(resolve, 600_000));
    };
    await admit();
    expect((await run(1)).turn.epoch).toBe(2);
  });

  it(`is followed ${MAX_RESUMES} times, and then the turn fails`, async () => {
    const { client, create, admit, script, chain, principal } = openFixture();
    await client.create(create);
    script.run = async () => Promise.reject(new Error('died'));
    const turnId = await admit();
    expect(await client.awaitTurn(turnId, 10_000)).toMatchObject({
      status: 'failed',
      code: 'internal',
    });
    expect(script.runs.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4, 5, 6]);
    await eventually(() =>
      expect(chain().map(({ action, actor }) => [action, actor])).toEqual([
        ['session-created', toPrincipalName(principal)],
        ['turn-admitted', toPrincipalName(principal)],
        ...Array.from({ length: MAX_RESUMES }, () => ['turn-resumed', 'gateway']),
        ['turn-failed', 'gateway'],
      ]),
    );
  });

  it('fails the turn when its credential was revoked meanwhile', async () => {
    const { client, create, admit, script } = openFixture();
    await client.create(create);
    script.run = async () => {
      script.authority = undefined;
      await client.authorityChanged(2);
      throw new Error('died');
    };
    const turnId = await admit();
    expect(await client.awaitTurn(turnId, 5_000)).toMatchObject({ code: 'denied' });
    expect(script.runs).toHaveLength(1);
  });

  it('lets the next turn in', async () => {
    const { client, create, admit, script } = openFixture();
    await client.create(create);
    script.run = async () => Promise.reject(new Error('died'));
    const failing = await admit();
    const next = await admit();
    await client.awaitTurn(failing, 5_000);
    script.run = () => new Promise((resolve) => setTimeout(resolve, 600_000));
    await eventually(() => expect(script.runs.at(-1)?.turnId).toBe(next));
  });
});

describe('a turn that waits in the lane of a dead object', () => {
  it('is started by the alarm', async () => {
    const { begin, admit, connect, run, script } = openFixture();
    const first = await begin();
    const waiting = await admit();
    // Ends the turn in storage alone, as if the object had died right after its last transaction.
    await runInDurableObject(connect(), (_, { storage }) => {
      storage.sql.exec("UPDATE turns SET status = 'finished' WHERE id = ?", first.turn.turnId);
      storage.sql.exec('UPDATE timers SET due_at = 1');
    });
    await crash();
    await ring(connect());
    expect((await run(1)).turn.turnId).toBe(waiting);
    expect((await run(1)).turn.history).toHaveLength(2);
    expect(script.runs).toHaveLength(2);
  });
});
