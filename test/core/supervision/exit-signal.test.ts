import { describe, expect, test } from 'vitest';
import {
  type ExitReason,
  isOrderly,
  reasonWord,
} from '../../../src/core/supervision/exit-reason.ts';
import { decideExit } from '../../../src/core/supervision/exit-signal.ts';

const plain = { trapsExits: false, isLinked: true };
const trapping = { trapsExits: true, isLinked: true };
const REASONS: readonly ExitReason[] = [
  ...(['normal', 'shutdown', 'kill', 'killed', 'noproc', 'timeout'] as const),
  { shutdown: 'done' },
  { crash: 'boom' },
];

describe('an exit over a link', () => {
  test.each(REASONS.filter((reason) => reason !== 'normal'))(
    '%j ends who does not trap',
    (reason) => {
      expect(decideExit({ reason, via: 'link' }, plain)).toEqual({ kind: 'end', reason });
    },
  );
  test('normal is ignored by who does not trap', () => {
    expect(decideExit({ reason: 'normal', via: 'link' }, plain)).toEqual({ kind: 'ignore' });
  });
  test.each(REASONS)('%j is heard by who traps, even kill', (reason) => {
    expect(decideExit({ reason, via: 'link' }, trapping)).toEqual({ kind: 'hear', reason });
  });
  test.each(REASONS)('%j is nothing once the link is gone', (reason) => {
    for (const trapsExits of [false, true]) {
      const effect = decideExit({ reason, via: 'link' }, { trapsExits, isLinked: false });
      expect(effect).toEqual({ kind: 'ignore' });
    }
  });
});

describe('an exit that another block sends', () => {
  test('kill cannot be trapped, and is heard as killed', () => {
    for (const receiver of [plain, trapping]) {
      const effect = decideExit({ reason: 'kill', via: 'exit' }, receiver);
      expect(effect).toEqual({ kind: 'end', reason: 'killed' });
    }
  });
  test('normal is ignored unless trapped', () => {
    expect(decideExit({ reason: 'normal', via: 'exit' }, plain)).toEqual({ kind: 'ignore' });
    expect(decideExit({ reason: 'normal', via: 'exit' }, trapping)).toEqual({
      kind: 'hear',
      reason: 'normal',
    });
  });
  test('needs no link', () => {
    const effect = decideExit({ reason: 'shutdown', via: 'exit' }, { ...plain, isLinked: false });
    expect(effect).toEqual({ kind: 'end', reason: 'shutdown' });
  });
});

describe('an exit by the owner', () => {
  test.each(REASONS)('%j ends, whatever is trapped', (reason) => {
    const ended = reason === 'kill' ? 'killed' : reason;
    expect(decideExit({ reason, via: 'owner' }, trapping)).toEqual({ kind: 'end', reason: ended });
  });
});

test('only normal and the shutdowns are orderly', () => {
  expect(REASONS.filter(isOrderly)).toEqual(['normal', 'shutdown', { shutdown: 'done' }]);
});

test('the word of a reason holds no text of a block', () => {
  expect(REASONS.map(reasonWord)).toEqual([
    ...['normal', 'shutdown', 'kill', 'killed', 'noproc', 'timeout', 'shutdown', 'crash'],
  ]);
});
