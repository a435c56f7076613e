import { describe, expect, it, vi } from 'vitest';
import type { BlockParts } from '../../../src/blocks/user/block-parts.ts';
import { WorkThrough } from '../../../src/blocks/user/work-through.ts';

/** Pieces of work of a block that lives until it is killed. */
function begin() {
  let isAlive = true;
  const piece = Promise.withResolvers<'stop'>();
  const end = vi.fn(async () => piece.resolve('stop'));
  const dueAts = new Map<string, number>();
  const facts = { alive: () => (isAlive ? {} : undefined), read: () => ({}) };
  const timers = {
    dueAt: (name: string) => dueAts.get(name),
    set: (name: string, at: number) => dueAts.set(name, at),
  };
  const parts = { facts, timers, now: () => 0, defer: () => undefined };
  const next = () => (isAlive ? 'piece' : undefined);
  const rules = { timer: 'work', next, work: () => piece.promise, end };
  const open = () => new WorkThrough(parts as unknown as BlockParts, rules);
  return { open, end, dueAts, kill: () => (isAlive = false) };
}

describe('WorkThrough', () => {
  it('keeps no other timer of its block waiting, and looks after itself again', async () => {
    const { open, dueAts } = begin();
    const work = open();
    await work.ring();
    expect([work.running !== undefined, dueAts.get('work')]).toEqual([true, 5_000]);
  });

  it('ends what is under way with its block', async () => {
    const { open, end, kill } = begin();
    const work = open();
    work.wake();
    kill();
    work.end();
    await work.running;
    expect(end).toHaveBeenCalled();
  });

  it('ends what an earlier life of the object has left of a dead block, or tries again', async () => {
    const { open, end, kill } = begin();
    open().wake();
    kill();
    end.mockRejectedValueOnce(new Error('lost'));
    const later = open();
    await expect(later.ring()).rejects.toThrow('lost');
    await later.ring();
    expect(end).toHaveBeenCalledTimes(2);
  });
});
