/** A model that summarises, with answers made by hand and a session that may be lost at any time. */

import { runInDurableObject } from 'cloudflare:test';
import { describe, expect, test } from 'vitest';
import { MAX_ATTEMPTS } from '../../../src/core/memory/summary-attempts.ts';
import type { SummaryAnswer } from '../../../src/core/memory/summary-order.ts';
import { UNTRUSTED_LABEL } from '../../../src/core/policy/labels.ts';
import type { Spend } from '../../../src/core/policy/ledger.ts';
import { DEFAULT_POLICY } from '../../../src/core/policy/policy.ts';
import { eventually } from '../../support/eventually.ts';
import { crash, ring } from './support/crash.ts';
import { toReply, toTurnFinished } from './support/scripted-run.ts';
import { openFixture, type SessionFixture, toAuthority } from './support/session-fixture.ts';

const WRITTEN: SummaryAnswer = { kind: 'written', text: 'They greeted.', model: 'a/sum' };
const memory = {
  ...DEFAULT_POLICY.memory,
  window: { messages: 4, characters: 100_000 },
  summaries: 'a/sum',
};

interface Scene extends SessionFixture {
  /** Runs one more turn to its end. */
  readonly talk: () => Promise<void>;
  /** As if the time of every timer had come. */
  readonly later: () => Promise<void>;
  /** As if they had been revoked, and it were time to look again. */
  readonly noLongerAllowed: () => Promise<void>;
  readonly shown: () => ReturnType<SessionFixture['client']['shortened']>;
  /** Answers the attempt with that ordinal. */
  readonly answer: (attempt: number, answer: SummaryAnswer | Error) => void;
}

/** A conversation of as many turns as are just too long. */
async function tooLong(ceiling?: Spend, limits = DEFAULT_POLICY.limits): Promise<Scene> {
  const fixture = openFixture();
  const { client, create, script, principal, run, admit, connect } = fixture;
  script.authority = toAuthority(principal, { policy: { ...DEFAULT_POLICY, memory, limits } });
  // Each is asked for in a request of its own, which no other may wake.
  const answers: (SummaryAnswer | Error)[] = [];
  let attempts = 0;
  script.summarise = async () => {
    const attempt = attempts++;
    const given = await eventually(() => answers[attempt] ?? Promise.reject(new TypeError('none')));
    if (given instanceof Error) throw given;
    return given;
  };
  await client.create(create);
  let turns = 0;
  const talk = async () => {
    await admit(ceiling && { ceiling });
    const running = await run(turns++);
    const said = await running.commit([toReply(0, [], `Answer ${turns}.`), toTurnFinished()]);
    if (!said.ok) throw new TypeError(`not taken: ${said.error}`);
  };
  const later = async () => {
    await runInDurableObject(connect(), (_, { storage }) => {
      storage.sql.exec("UPDATE timers SET due_at = 1 WHERE name = 'shorten'");
      const job = storage.sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'summary_job'");
      if (job.toArray().length > 0) storage.sql.exec('UPDATE summary_job SET not_before = 1');
    });
    await crash();
    await ring(connect());
  };
  const noLongerAllowed = async () => {
    script.authority = undefined;
    await client.authorityChanged(2);
    await runInDurableObject(connect(), (_, { storage }) => {
      storage.sql.exec("UPDATE timers SET due_at = 1 WHERE name = 'shorten'");
    });
    await ring(connect());
  };
  const answer = (attempt: number, given: SummaryAnswer | Error) => {
    answers[attempt - 1] = given;
  };
  for (let turn = 1; turn <= 3; turn++) await talk();
  return { ...fixture, talk, later, noLongerAllowed, shown: () => client.shortened(), answer };
}

const isAsked = ({ script }: Scene, times: number) =>
  eventually(() => expect(script.summaries).toHaveLength(times));

describe('a session whose policy names a model', () => {
  test('is told what is too long for the window, and shows what it wrote', async () => {
    const scene = await tooLong();
    await isAsked(scene, 1);
    expect(scene.script.summaries[0]).toMatchObject({
      ...{ model: 'a/sum', of: 'conversation', principal: { id: 'alice' }, requestId: 'req_turn' },
      lines: [
        { from: 'user', text: 'hello' },
        { from: 'assistant', text: 'Answer 1.' },
        { from: 'user', text: 'hello' },
        { from: 'assistant', text: 'Answer 2.' },
      ],
    });
    expect(await scene.shown()).toBe('none');
    scene.answer(1, WRITTEN);
    await eventually(async () =>
      expect(await scene.shown()).toMatchObject({
        ...{ text: 'They greeted.', model: 'a/sum', turns: 2, messages: 4 },
        label: UNTRUSTED_LABEL,
      }),
    );
    await scene.talk();
    const { history } = scene.script.runs.at(-1) ?? {};
    expect(history?.map(({ role }) => role)).toEqual(['user', 'user', 'assistant', 'user']);
    expect(history?.[0]).toMatchObject({
      ...{ author: 'gateway', label: UNTRUSTED_LABEL },
      content: expect.stringContaining('They greeted.'),
    });
  });

  test('asks for one summary at a time, however many turns end meanwhile', async () => {
    const scene = await tooLong();
    await isAsked(scene, 1);
    await scene.talk();
    await scene.talk();
    await ring(scene.connect());
    await ring(scene.connect());
    expect(scene.script.summaries).toHaveLength(1);
    scene.answer(1, WRITTEN);
    await eventually(async () => expect(await scene.shown()).toMatchObject({ turns: 2 }));
    await isAsked(scene, 2);
    expect(scene.script.summaries[1]?.lines[0]).toMatchObject({
      ...{ from: 'summary so far', text: 'They greeted.', label: UNTRUSTED_LABEL },
    });
  });

  test('asks again after a crash, and hears the lost attempt no more', async () => {
    const scene = await tooLong();
    await isAsked(scene, 1);
    await scene.later();
    await isAsked(scene, 2);
    scene.answer(1, { ...WRITTEN, text: 'Too late.' });
    expect(await scene.shown()).toBe('none');
    scene.answer(2, WRITTEN);
    await eventually(async () => expect(await scene.shown()).toMatchObject({ model: 'a/sum' }));
  });

  test('shortens by rule once enough attempts have failed, and asks for the next one again', async () => {
    const scene = await tooLong();
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      await isAsked(scene, attempt);
      const failed =
        attempt === 1 ? new Error('lost') : ({ kind: 'failed', retryAfterMs: 1 } as const);
      scene.answer(attempt, failed);
      expect(await scene.shown()).toBe('none');
      await scene.later();
    }
    await eventually(async () =>
      expect(await scene.shown()).toMatchObject({ text: expect.stringContaining('- User: hello') }),
    );
    expect(await scene.shown()).not.toHaveProperty('model');
    expect(scene.script.summaries).toHaveLength(MAX_ATTEMPTS);
    for (let turn = 1; turn <= 3; turn++) await scene.talk();
    await isAsked(scene, MAX_ATTEMPTS + 1);
  });

  test('shortens by rule at once where asking again would not help', async () => {
    const scene = await tooLong();
    scene.answer(1, { kind: 'failed' });
    await eventually(async () => expect(await scene.shown()).not.toBe('none'));
    expect(scene.script.summaries).toHaveLength(1);
  });

  test('that is deleted while the model writes stays deleted', async () => {
    const scene = await tooLong();
    await isAsked(scene, 1);
    expect(await scene.client.remove(scene.principal, 'req_delete')).toBe(true);
    scene.answer(1, WRITTEN);
    await eventually(async () => expect(await scene.shown()).toBeUndefined());
    const left = await runInDurableObject(scene.connect(), (_, { storage }) =>
      storage.sql.exec("SELECT name FROM sqlite_master WHERE name = 'shortened'").toArray(),
    );
    expect(left).toEqual([]);
  });

  test('asks nobody for whom nothing is allowed any more', async () => {
    const scene = await tooLong();
    await isAsked(scene, 1);
    scene.answer(1, { kind: 'failed', retryAfterMs: 1 });
    await scene.noLongerAllowed();
    await eventually(async () => expect(await scene.shown()).not.toBe('none'));
    expect(await scene.shown()).not.toHaveProperty('model');
    expect(scene.script.summaries).toHaveLength(1);
  });
});

describe('a session whose turns have few tokens', () => {
  const limits = { ...DEFAULT_POLICY.limits, maxTokens: 4_000 };

  test('keeps no more of what a model wrote than leaves them room', async () => {
    const scene = await tooLong(undefined, limits);
    await isAsked(scene, 1);
    scene.answer(1, { ...WRITTEN, text: 'x'.repeat(5_000) });
    await eventually(async () =>
      expect(await scene.shown()).toMatchObject({ text: 'x'.repeat(1_000), model: 'a/sum' }),
    );
  });

  test('shortens by rule to as much', async () => {
    const scene = await tooLong({ tokens: 15, costMicroUsd: 50 }, { ...limits, maxTokens: 1 });
    await eventually(async () => expect(await scene.shown()).not.toBe('none'));
    for (let turn = 0; turn < 20; turn++) await scene.talk();
    await scene.later();
    await eventually(async () => expect(await scene.shown()).toMatchObject({ turns: 22 }));
    const shown = await scene.shown();
    if (shown === undefined || shown === 'none') throw new Error('nothing was shortened');
    expect(shown.text).toContain('Answer 22.');
    expect(shown.text.length).toBeLessThanOrEqual(512);
  });
});

describe('a turn that may spend no more than so much', () => {
  const ofOrders = ({ script }: Scene) => script.summaries.map(({ ceiling }) => ceiling);

  test('pays for the summary with what it has left', async () => {
    const scene = await tooLong({ tokens: 100, costMicroUsd: 50 });
    await isAsked(scene, 1);
    expect(ofOrders(scene)).toEqual([{ tokens: 85, costMicroUsd: 43 }]);
    scene.answer(1, { kind: 'failed', retryAfterMs: 1, spent: { tokens: 80, costMicroUsd: 3 } });
    await eventually(() =>
      runInDurableObject(scene.connect(), (_, { storage }) => {
        const jobs = storage.sql.exec('SELECT spent_tokens, spent_cost FROM summary_job');
        expect(jobs.toArray()).toEqual([{ spent_tokens: 80, spent_cost: 3 }]);
      }),
    );
    await scene.later();
    await isAsked(scene, 2);
    expect(ofOrders(scene)[1]).toEqual({ tokens: 5, costMicroUsd: 40 });
    scene.answer(2, WRITTEN);
    await eventually(async () => expect(await scene.shown()).toMatchObject({ model: 'a/sum' }));
  });

  test.each([
    ['none where nothing is left', 15, 0],
    ['one where a token is', 16, 1],
  ])('asks a model for a summary, and %s', async (_, tokens, times) => {
    const scene = await tooLong({ tokens, costMicroUsd: 50 });
    if (times === 0) {
      await eventually(async () => expect(await scene.shown()).not.toBe('none'));
      expect(await scene.shown()).not.toHaveProperty('model');
    } else await isAsked(scene, times);
    expect(scene.script.summaries).toHaveLength(times);
  });

  test('counts an attempt of which nothing was heard as all that it might have cost', async () => {
    const scene = await tooLong({ tokens: 100, costMicroUsd: 50 });
    await isAsked(scene, 1);
    await scene.later();
    await eventually(async () => expect(await scene.shown()).not.toBe('none'));
    expect(scene.script.summaries).toHaveLength(1);
  });
});
