/** A run that comes to a call which a human must see: it asks, does the rest, and lets go. */

import { describe, expect, test } from 'vitest';
import type { Turn } from '../../src/core/conversation/turn.ts';
import { DENIAL_SENTENCE, deny } from '../../src/core/errors/denial.ts';
import { approvalPolicySchema } from '../../src/core/policy/approval-policy.ts';
import type { Authority } from '../../src/core/policy/authority.ts';
import { AUTHORITY, makeWorld, TO_TALK, type World } from './support/world.ts';

const echo = { name: 'echo', args: { text: 'a' } };
const notify = { name: 'notify', args: { text: 'b' } };

const asking = (...always: string[]): Authority => {
  const approvals = approvalPolicySchema.parse({ always });
  return { ...AUTHORITY, policy: { ...AUTHORITY.policy, approvals } };
};

function makeAskingWorld(calls: readonly object[], changes: Partial<Turn> = {}): World {
  const authority = asking('tool:call:notify');
  const steps = [{ calls: calls as (typeof notify)[] }, { text: 'Done.' }];
  return makeWorld(steps, { authority, ...changes });
}

const requestsOf = ({ session }: World) => [...session.progress.requests.values()];

/** What the session hands to the next run once a human has said yes. */
const approved = (world: World): Turn => ({
  ...world.session.takeOver(world.turn),
  approvals: requestsOf(world).map(({ hash }) => hash),
});

describe('a call that a human must approve', () => {
  test('is asked about, and the run is over without a word of it to the tier', async () => {
    const world = makeAskingWorld([notify]);
    await world.run();
    expect(world.session.commits).toEqual(['reply approval-needed', 'turn-waiting']);
    expect(world.tier.dispatched).toEqual([]);
    expect(requestsOf(world)).toMatchObject([
      { arguments: { text: 'b' }, binding: { tool: 'notify' }, capabilities: ['tool:call:notify'] },
    ]);
    const [request] = requestsOf(world);
    expect((request?.expiresAt ?? 0) - (request?.askedAt ?? 0)).toBe(86_400_000);
  });

  test('lets the calls beside it run first', async () => {
    const world = makeAskingWorld([echo, notify]);
    await world.run();
    expect(world.session.commits).toEqual([
      'reply approval-needed call-started',
      'call-finished turn-waiting',
    ]);
    expect(world.tier.dispatched.map(({ tool }) => tool)).toEqual(['echo']);
  });

  test('runs once it is approved, and is never run again by itself', async () => {
    const world = makeAskingWorld([{ ...echo, name: 'notify' }]);
    await world.run();
    await world.run(approved(world));
    expect([...world.tier.runs.values()]).toEqual([1]);
    const starts = world.session.entries.filter((entry) => entry.kind === 'call-started');
    expect(starts).toMatchObject([{ approval: requestsOf(world)[0]?.hash, repeatable: false }]);
    expect(world.session.progress.end).toMatchObject({ kind: 'turn-finished', output: 'Done.' });
  });

  test('is not asked about twice by a run that finds it unanswered', async () => {
    const world = makeAskingWorld([notify]);
    await world.run();
    await world.run(world.session.takeOver(world.turn));
    expect(requestsOf(world)).toHaveLength(1);
    expect(world.session.commits).toEqual([
      'reply approval-needed',
      'turn-waiting',
      '',
      'turn-waiting',
    ]);
  });

  test('is asked about anew under other rules, whatever was said before', async () => {
    const world = makeAskingWorld([notify]);
    await world.run();
    world.session.authority = { ...asking('tool:call:notify', 'tool:exec'), revision: 99 };
    await world.run(approved(world));
    expect(requestsOf(world)).toHaveLength(2);
    expect(world.tier.dispatched).toEqual([]);
  });

  test('is a denial like any other where it was denied meanwhile', async () => {
    const world = makeAskingWorld([notify]);
    await world.run();
    const denial = deny('sanitise', 'approval_denied');
    world.session.progress.apply({
      kind: 'call-denied',
      round: 0,
      index: 0,
      tool: 'notify',
      denial,
    });
    await world.run(world.session.takeOver(world.turn));
    expect(world.tier.dispatched).toEqual([]);
    expect(world.model.requests.at(-1)?.messages.at(-1)).toMatchObject({
      content: DENIAL_SENTENCE,
    });
  });

  test('is denied at once where nobody could come back for the answer', async () => {
    const world = makeAskingWorld([notify], { onAsk: 'deny' });
    await world.run();
    expect(world.session.commits[0]).toBe('reply call-denied round-finished');
    expect(requestsOf(world)).toEqual([]);
  });

  test('is denied without a question where approval would not help', async () => {
    const authority = { ...asking('tool:call:notify'), grants: TO_TALK };
    const world = makeAskingWorld([notify], { authority });
    await world.run();
    expect(requestsOf(world)).toEqual([]);
    expect(world.session.commits[0]).toBe('reply call-denied round-finished');
  });

  test('is one question however often its commit is lost', async () => {
    for (const kind of ['before', 'after'] as const) {
      const world = makeAskingWorld([notify]);
      world.session.dieAt(1, kind);
      await world.run().catch(() => {});
      await world.run(world.session.takeOver(world.turn));
      expect(requestsOf(world)).toHaveLength(1);
      expect(world.session.commits.at(-1)).toBe('turn-waiting');
    }
  });
});

test('the one call of a program waits too, and ends its turn once it has run', async () => {
  const call = { id: 'p', name: 'notify', argumentsText: '{"text":"b"}' };
  const world = makeAskingWorld([], { driver: { kind: 'program', call } });
  await world.run();
  expect(world.session.commits).toEqual(['reply approval-needed', 'turn-waiting']);
  await world.run(approved(world));
  expect(world.session.progress.end).toMatchObject({
    kind: 'turn-finished',
    output: '{"text":"b"}',
  });
});
