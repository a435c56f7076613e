import { describe, expect, it } from 'vitest';
import type { SessionEntry } from '../../../src/blocks/session/session-entry.ts';
import { TurnProgress } from '../../../src/blocks/session/turn-progress.ts';
import { deny } from '../../../src/core/errors/denial.ts';
import type { TicketClaims } from '../../../src/core/executor-protocol/ticket.ts';
import { PRINCIPAL_LABEL } from '../../../src/core/policy/labels.ts';
import { REPLY_USAGE, toFinished, toReply, toTurnFinished } from './support/scripted-run.ts';

const DENIED: SessionEntry = {
  kind: 'call-denied',
  round: 0,
  index: 0,
  tool: 'fetch',
  denial: deny('registry', 'unknown_tool'),
};

const CLAIMS: TicketClaims = {
  workspace: 'acme',
  session: 'ses',
  callKey: 'turn/0/0',
  tool: 'fetch',
  plugin: 'web',
  pluginVersion: '1.0.0',
  codeHash: 'c',
  argumentHash: 'a',
  tier: 'wasm',
  label: PRINCIPAL_LABEL,
  revision: 1,
  epoch: 1,
  deadlineAt: 1,
};

function toStarted(claims: Partial<TicketClaims> = {}, repeatable = true) {
  return {
    kind: 'call-started',
    round: 0,
    index: 0,
    tool: 'fetch',
    claims: { ...CLAIMS, ...claims },
    arguments: {},
    repeatable,
  } as const satisfies SessionEntry;
}

const roundFinished = (round: number): SessionEntry => ({
  kind: 'round-finished',
  round,
  usage: REPLY_USAGE,
});

function fold(...entries: readonly SessionEntry[]): TurnProgress {
  const progress = new TurnProgress();
  for (const entry of entries) progress.apply(entry);
  return progress;
}

const REPLIED = [toReply(0, ['fetch'])] as const;

describe('TurnProgress.apply()', () => {
  it.each<[string, readonly SessionEntry[], SessionEntry]>([
    ['text after its reply', REPLIED, { kind: 'text', round: 0, text: 'x' }],
    ['a second reply', REPLIED, toReply(0)],
    ['a start without a reply', [], toStarted()],
    ['an end without a reply', [], DENIED],
    ['a call that the reply does not have', REPLIED, { ...toStarted(), index: 1 }],
    ['a call in a finished round', [...REPLIED, roundFinished(0)], toStarted()],
    ['a start after a denial', [...REPLIED, DENIED], toStarted()],
    ['a start after the end', [...REPLIED, toStarted(), toFinished(0, 0)], toStarted({ epoch: 2 })],
    ['a second end', [...REPLIED, toStarted(), toFinished(0, 0)], toFinished(0, 0)],
    ['a second start by the same run', [...REPLIED, toStarted()], toStarted({ argumentHash: 'b' })],
    ['a start by an older run', [...REPLIED, toStarted({ epoch: 2 })], toStarted()],
    [
      'a second start of what must not run twice',
      [...REPLIED, toStarted({}, false)],
      toStarted({ epoch: 2 }),
    ],
    [
      'a second start of what went outward',
      [...REPLIED, toStarted(), { kind: 'call-went-outward', round: 0, index: 0 }],
      toStarted({ epoch: 2 }),
    ],
    ['the end of a round without a reply', [], roundFinished(0)],
    ['the second end of a round', [...REPLIED, roundFinished(0)], roundFinished(0)],
    ['anything after the end of the turn', [toTurnFinished()], toReply(0)],
  ])('refuses %s', (_, before, entry) => {
    expect(() => fold(...before, entry)).toThrow(/^Cannot journal ".+": it must belong to /);
  });

  it('takes a second start by a later run, or under a newer revision, and shows it once', () => {
    const progress = fold(...REPLIED, toStarted());
    expect(progress.apply(toStarted({ revision: 2 }))).toBe(0);
    expect(progress.apply(toStarted({ revision: 2, epoch: 2 }))).toBe(0);
    expect(progress.toJournaledRounds()[0]?.calls[0]).toMatchObject({
      claims: { revision: 2, epoch: 2 },
    });
  });

  it('takes the denial of a call that an earlier run had started', () => {
    const progress = fold(...REPLIED, toStarted(), DENIED);
    expect(progress.toJournaledRounds()[0]?.calls[0]).toMatchObject({ kind: 'denied' });
  });

  it('counts what it shows', () => {
    const progress = new TurnProgress();
    expect(progress.apply({ kind: 'text', round: 0, text: '' })).toBe(0);
    expect(progress.apply({ kind: 'text', round: 0, text: 'a' })).toBe(1);
    expect(progress.apply(toReply(0, ['fetch', 'fetch'], 'b'))).toBe(3);
    expect(progress.apply(roundFinished(0))).toBe(1);
    expect(progress.apply({ kind: 'reply', ...withoutText(1) })).toBe(0);
  });
});

function withoutText(round: number) {
  const { message, usage } = toReply(round);
  return { round, message, usage, unsentText: '' };
}

describe('TurnProgress.holds()', () => {
  it('knows an equal entry, and no other', () => {
    const progress = fold(...REPLIED, toStarted());
    expect(progress.holds(REPLIED[0])).toBe(true);
    expect(progress.holds(toReply(0, ['shell']))).toBe(false);
    expect(progress.holds(toReply(1, ['fetch']))).toBe(false);
    expect(progress.holds(toStarted())).toBe(true);
    expect(progress.holds(toStarted({ epoch: 2 }))).toBe(false);
    expect(progress.holds(toFinished(0, 0))).toBe(false);
    progress.apply(toFinished(0, 0));
    expect(progress.holds(toFinished(0, 0))).toBe(true);
    expect(progress.holds(toFinished(0, 0, 'other'))).toBe(false);
  });

  it('can say nothing of text, which may well be equal', () => {
    const text = { kind: 'text', round: 0, text: 'x' } as const;
    expect(fold(text).holds(text)).toBe(false);
  });
});

describe('TurnProgress.usage() and startedByTool()', () => {
  it('add up the replies, and the calls that were started', () => {
    const progress = fold(toReply(0, ['fetch', 'fetch']), toStarted(), toReply(1));
    expect(progress.usage()).toEqual({ inputTokens: 20, outputTokens: 10, costMicroUsd: 14 });
    expect(progress.startedByTool()).toEqual({ fetch: 1 });
  });

  it('count a tool whose name is a member of every object', () => {
    const hostile = { ...toStarted({ tool: 'constructor' }), tool: 'constructor' };
    expect(fold(...REPLIED, hostile).startedByTool()).toEqual({ constructor: 1 });
  });
});
