import { describe, expect, it, vi } from 'vitest';
import {
  type Append,
  MAX_BACKLOG_AGE_MS,
  MAX_BACKLOG_EVENTS,
  MAX_DRAIN_EVENTS,
  Outbox,
} from '../../../src/blocks/kit/outbox.ts';
import type { AuditEvent } from '../../../src/core/audit/audit-event.ts';
import { inScratchObject } from './scratch-object.ts';

const NOW = 1_800_000_000_000;

const event = (tool: string): AuditEvent => ({
  action: 'tool-call',
  decision: 'allowed',
  at: NOW,
  actor: 'user:alice',
  tool,
});

const events = (count: number): AuditEvent[] =>
  Array.from({ length: count }, (_, index) => event(`t${index}`));

/** A chain that keeps what it is sent, absorbs what it knows and refuses a gap. */
class ScriptedChain {
  readonly tools: (string | undefined)[] = [];
  readonly batches: number[] = [];
  /** Calls, counted from 1, whose answer is lost: before or after the events were stored. */
  readonly lost = new Map<number, 'before' | 'after'>();

  readonly append: Append = async (firstSeq, batch) => {
    this.batches.push(batch.length);
    const fate = this.lost.get(this.batches.length);
    if (fate === 'before') throw new Error('unreachable');
    if (firstSeq > this.tools.length + 1) throw new Error('gap');
    for (const [index, { tool }] of batch.entries()) {
      if (firstSeq + index > this.tools.length) this.tools.push(tool);
    }
    await Promise.resolve();
    if (fate === 'after') throw new Error('answer lost');
    return this.tools.length;
  };
}

function openOutbox({ sql }: DurableObjectStorage): Outbox {
  const outbox = new Outbox(sql);
  outbox.createTable();
  return outbox;
}

const inOutbox = (
  use: (outbox: Outbox, storage: DurableObjectStorage) => void | Promise<void>,
): Promise<void> => inScratchObject((storage) => use(openOutbox(storage), storage));

describe('Outbox', () => {
  it('begins after the numbers that go another way', () =>
    inOutbox(async (outbox) => {
      outbox.startAfter(3);
      expect(outbox.isEmpty()).toBe(true);
      outbox.add(events(2), NOW);
      const append = vi.fn<Append>(async (firstSeq, batch) => firstSeq + batch.length - 1);
      await outbox.drain(append);
      expect(append.mock.calls.map(([firstSeq]) => firstSeq)).toEqual([4]);
      expect(outbox.isEmpty()).toBe(true);
    }));

  it('numbers events from 1 and never gives a number again, even when all were sent', () =>
    inOutbox(async (outbox) => {
      const firsts: number[] = [];
      const chain = new ScriptedChain();
      const append: Append = (firstSeq, batch) => {
        firsts.push(firstSeq);
        return chain.append(firstSeq, batch);
      };
      for (const tool of ['a', 'b', 'c']) {
        outbox.add([event(tool)], NOW);
        await outbox.drain(append);
      }
      expect(firsts).toEqual([1, 2, 3]);
      expect(chain.tools).toEqual(['a', 'b', 'c']);
    }));

  it('gives the numbers of a rolled-back transaction back, so that no gap can appear', () =>
    inOutbox(async (outbox, storage) => {
      outbox.add([event('a')], NOW);
      expect(() =>
        storage.transactionSync(() => {
          outbox.add([event('undone'), event('undone too')], NOW);
          throw new Error('no');
        }),
      ).toThrow('no');
      outbox.forget();
      outbox.add([event('b')], NOW);
      const chain = new ScriptedChain();
      await outbox.drain(chain.append);
      expect(chain.tools).toEqual(['a', 'b']);
    }));

  it('sends in batches, in order', () =>
    inOutbox(async (outbox) => {
      const sent = events(2 * MAX_DRAIN_EVENTS + 1);
      outbox.add(sent, NOW);
      const chain = new ScriptedChain();
      await outbox.drain(chain.append);
      expect(chain.batches).toEqual([MAX_DRAIN_EVENTS, MAX_DRAIN_EVENTS, 1]);
      expect(chain.tools).toEqual(sent.map(({ tool }) => tool));
      expect(outbox.backlog()).toEqual({ count: 0 });
    }));

  it.each(['before', 'after'] as const)(
    'delivers everything exactly once when the second answer is lost %s it was stored',
    (fate) =>
      inOutbox(async (outbox) => {
        const sent = events(2 * MAX_DRAIN_EVENTS);
        outbox.add(sent, NOW);
        const chain = new ScriptedChain();
        chain.lost.set(2, fate);
        await expect(outbox.drain(chain.append)).rejects.toThrow();
        expect(outbox.backlog().count).toBe(MAX_DRAIN_EVENTS);
        outbox.add([event('late')], NOW);
        await outbox.drain(chain.append);
        expect(chain.tools).toEqual([...sent.map(({ tool }) => tool), 'late']);
      }),
  );

  it('has one page under way at a time, whoever asks', () =>
    inOutbox(async (outbox) => {
      outbox.add([event('a')], NOW);
      const chain = new ScriptedChain();
      const first = outbox.drain(chain.append);
      outbox.add([event('b')], NOW);
      await Promise.all([first, outbox.drain(chain.append)]);
      expect(chain.batches).toEqual([1, 1]);
      expect(chain.tools).toEqual(['a', 'b']);
    }));

  it('keeps nobody waiting for what is added meanwhile, though others ask for it for ever', () =>
    inOutbox(async (outbox) => {
      outbox.add([event('first')], NOW);
      const chain = new ScriptedChain();
      const others: Promise<void>[] = [];
      const append: Append = async (firstSeq, batch) => {
        await Promise.resolve();
        if (others.length < 100) {
          outbox.add([event('next')], NOW);
          others.push(outbox.drain(append));
        }
        return await chain.append(firstSeq, batch);
      };
      await outbox.drain(append);
      expect(others.length).toBeLessThan(3);
      while (!outbox.isEmpty()) await outbox.drain(append);
      await Promise.all(others);
    }));

  it.each([0, 3, -1])(
    'keeps its events when the chain claims to hold number %i of 1 to 2',
    (held) =>
      inOutbox(async (outbox) => {
        outbox.add(events(2), NOW);
        await expect(outbox.drain(async () => held)).rejects.toMatchObject({
          code: 'audit_unavailable',
        });
        expect(outbox.backlog().count).toBe(2);
      }),
  );

  it('drops only what the chain holds when it took a part', () =>
    inOutbox(async (outbox) => {
      outbox.add(events(3), NOW);
      const answers = [2, 3];
      const firsts: number[] = [];
      await outbox.drain(async (firstSeq) => {
        firsts.push(firstSeq);
        return answers.shift() ?? 0;
      });
      expect(firsts).toEqual([1, 3]);
    }));
});

describe('Outbox.isBlocked()', () => {
  it('says yes from one event beyond the limit', () =>
    inOutbox((outbox) => {
      outbox.add(events(MAX_BACKLOG_EVENTS), NOW);
      expect(outbox.isBlocked(NOW)).toBe(false);
      outbox.add(events(1), NOW);
      expect(outbox.isBlocked(NOW)).toBe(true);
    }));

  it('says yes once the oldest event has waited too long', () =>
    inOutbox((outbox) => {
      expect(outbox.isBlocked(NOW)).toBe(false);
      outbox.add(events(1), NOW);
      outbox.add(events(1), NOW + 1_000);
      expect(outbox.backlog()).toEqual({ count: 2, oldestAt: NOW });
      expect(outbox.isBlocked(NOW + MAX_BACKLOG_AGE_MS)).toBe(false);
      expect(outbox.isBlocked(NOW + MAX_BACKLOG_AGE_MS + 1)).toBe(true);
    }));
});
