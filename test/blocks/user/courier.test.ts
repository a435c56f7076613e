import { env, runInDurableObject } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import type { BlockBindings } from '../../../src/blocks/kit/bindings.ts';
import { assembleBlock } from '../../../src/blocks/user/assemble-block.ts';
import type { AcceptedStream } from '../../../src/blocks/user/block-api.ts';
import { type BlockParts, transact } from '../../../src/blocks/user/block-parts.ts';
import { Courier } from '../../../src/blocks/user/courier.ts';
import type { BlockSignal, NumberedSignal } from '../../../src/core/blocks/block-signal.ts';
import { UNTRUSTED_LABEL } from '../../../src/core/policy/labels.ts';

const message = (text: string): BlockSignal => ({
  kind: 'message',
  envelope: { messageId: text, body: JSON.stringify(text), label: UNTRUSTED_LABEL },
});

/** A peer that keeps what it hears, in the order of its numbers, as a block does. */
class Peer {
  readonly heard: string[] = [];
  readonly calls: number[][] = [];
  upTo = 0;
  state: 'there' | 'unreachable' | 'silent-after' | 'gone' = 'there';
  /** Set to hold back what is under way. */
  gate: Promise<void> = Promise.resolve();

  async tell(signals: readonly NumberedSignal[]): Promise<AcceptedStream> {
    this.calls.push(signals.map(({ seq }) => seq));
    await this.gate;
    if (this.state === 'unreachable') throw new Error('unreachable');
    if (this.state === 'gone') return { kind: 'noproc' };
    const answers: Record<number, { kind: 'accepted'; seq: number }> = {};
    for (const { seq, signal } of signals) {
      if (seq <= this.upTo) continue;
      this.upTo = seq;
      if (signal.kind === 'message') this.heard.push(signal.envelope.messageId);
      answers[seq] = { kind: 'accepted', seq: this.heard.length };
    }
    if (this.state === 'silent-after') throw new Error('the answer is lost');
    return { kind: 'accepted', upTo: this.upTo, answers };
  }
}

interface Life {
  readonly parts: BlockParts;
  readonly courier: Courier;
}

const never = async () => {};
const tasks = {
  forget: never,
  supervise: never,
  inherit: never,
  'user-timers': never,
  push: never,
  requests: never,
};

let scratches = 0;

/** In an object of its own; `wake` makes the pieces as they are after the object was lost. */
async function inBlock(use: (wake: () => Life, peer: Peer) => Promise<void>): Promise<void> {
  const { BLOCKS } = env as unknown as { BLOCKS: DurableObjectNamespace };
  const stub = BLOCKS.getByName(`default/scratch-${scratches++}`);
  await runInDurableObject(stub, async (_, state) => {
    const peer = new Peer();
    const wake = (): Life => {
      const bindings = env as unknown as BlockBindings;
      const parts = assembleBlock(state, bindings, {
        ...tasks,
        process: never,
        promptly: () => {},
      });
      return { parts, courier: new Courier(parts, (_peer, signals) => peer.tell(signals)) };
    };
    await use(wake, peer);
    await state.storage.deleteAll();
  });
}

const unsentRows = ({ storage, tables }: BlockParts): number =>
  tables.has('unsent')
    ? storage.sql.exec<{ count: number }>('SELECT count(*) AS count FROM unsent').one().count
    : 0;

describe('Courier.tellDirectly()', () => {
  it('stores nothing of what is heard at once', () =>
    inBlock(async (wake, peer) => {
      const { parts, courier } = wake();
      const answers = ['a', 'b', 'c'].map((text) =>
        courier.answers.wait('p', courier.tellDirectly('p', [message(text)])),
      );
      expect(await Promise.all(answers)).toEqual([
        { kind: 'accepted', seq: 1 },
        { kind: 'accepted', seq: 2 },
        { kind: 'accepted', seq: 3 },
      ]);
      expect([peer.heard, unsentRows(parts)]).toEqual([['a', 'b', 'c'], 0]);
      expect(await parts.storage.getAlarm()).toBeNull();
    }));

  it('keeps the order among what was stored before and after', () =>
    inBlock(async (wake, peer) => {
      const { parts, courier } = wake();
      transact(parts, () => parts.pairs.say('p', message('1')));
      courier.tellDirectly('p', [message('2'), message('3')]);
      transact(parts, () => parts.pairs.say('p', message('4')));
      courier.tellDirectly('p', [message('5')]);
      await courier.tell('p');
      expect(peer.heard).toEqual(['1', '2', '3', '4', '5']);
    }));

  it('stores what could not be told, with an alarm, and tells it once the peer is there', () =>
    inBlock(async (wake, peer) => {
      const { parts, courier } = wake();
      peer.state = 'unreachable';
      const answer = courier.answers.wait('p', courier.tellDirectly('p', [message('a')]));
      await courier.tell('p').catch(() => {});
      expect(unsentRows(parts)).toBe(1);
      expect(await parts.storage.getAlarm()).not.toBeNull();
      peer.state = 'there';
      courier.tellDirectly('p', [message('b')]);
      await courier.tell('p');
      expect([peer.heard, await answer]).toEqual([['a', 'b'], { kind: 'accepted', seq: 1 }]);
    }));

  it('tells it again in the next life, and the peer absorbs what it had heard', () =>
    inBlock(async (wake, peer) => {
      const first = wake();
      peer.state = 'silent-after';
      first.courier.tellDirectly('p', [message('a')]);
      await first.courier.tell('p').catch(() => {});
      peer.state = 'there';
      const second = wake();
      second.courier.tellDirectly('p', [message('b')]);
      await second.courier.everybody();
      expect(peer.heard).toEqual(['a', 'b']);
    }));

  it('gives no number twice, though the last life stored none of its messages', () =>
    inBlock(async (wake, peer) => {
      for (const text of ['a', 'b', 'c']) {
        const { courier } = wake();
        await courier.answers.wait('p', courier.tellDirectly('p', [message(text)]));
      }
      expect(peer.heard).toEqual(['a', 'b', 'c']);
    }));

  it('answers noproc for whoever is not there, and keeps nothing', () =>
    inBlock(async (wake, peer) => {
      const { parts, courier } = wake();
      peer.state = 'gone';
      const answer = courier.answers.wait('p', courier.tellDirectly('p', [message('a')]));
      expect(await answer).toEqual({ kind: 'noproc' });
      expect(unsentRows(parts)).toBe(0);
    }));
});

describe('Courier.tell()', () => {
  it('tells one after the other, and what is said meanwhile with the next call', () =>
    inBlock(async (wake, peer) => {
      const { courier } = wake();
      const gate = Promise.withResolvers<void>();
      peer.gate = gate.promise;
      courier.tellDirectly('p', [message('a')]);
      courier.tellDirectly('p', [message('b')]);
      const told = courier.tell('p');
      expect(peer.calls).toEqual([[1]]);
      gate.resolve();
      await told;
      expect(peer.calls).toEqual([[1], [2]]);
    }));

  it('tells in several calls what is too long for one, and in order, whether it was stored or not', () =>
    inBlock(async (wake, peer) => {
      const { parts, courier } = wake();
      const body = JSON.stringify('x'.repeat(1_048_574));
      const envelope = { messageId: 'long', body, label: UNTRUSTED_LABEL };
      const long = { kind: 'message', envelope } as const;
      transact(parts, () => {
        for (let said = 0; said < 10; said++) parts.pairs.say('p', long);
      });
      courier.tellDirectly('p', [long, long]);
      await courier.tell('p');
      expect(peer.calls).toEqual([
        [1, 2, 3, 4, 5, 6, 7, 8],
        [9, 10, 11, 12],
      ]);
    }));

  it('tells the next after a failure', () =>
    inBlock(async (wake, peer) => {
      const { courier } = wake();
      peer.state = 'unreachable';
      courier.tellDirectly('p', [message('a')]);
      await expect(courier.tell('p')).rejects.toThrow('unreachable');
      peer.state = 'there';
      await courier.tell('p');
      expect(peer.heard).toEqual(['a']);
    }));
});

describe('Courier.giveUp()', () => {
  it('sends away nobody who has only begun to wait', () =>
    inBlock(async (wake) => {
      const { courier } = wake();
      const answer = courier.answers.wait('p', 1);
      courier.giveUp();
      courier.answers.answer('p', 1, { kind: 'dropped' });
      expect(await answer).toEqual({ kind: 'dropped' });
    }));

  it('stores first what is still under way, so that what was taken for said outlives the object', () =>
    inBlock(async (wake, peer) => {
      const { parts } = wake();
      let now = 0;
      const clocked = { ...parts, now: () => now };
      const courier = new Courier(clocked, (_peer, signals) => peer.tell(signals));
      const gate = Promise.withResolvers<void>();
      peer.gate = gate.promise;
      const answer = courier.answers.wait('p', courier.tellDirectly('p', [message('a')]));
      now = 10_000;
      courier.giveUp();
      expect([await answer, unsentRows(parts)]).toEqual([undefined, 1]);
      peer.gate = Promise.resolve();
      await wake().courier.everybody();
      gate.resolve();
      await courier.tell('p');
      expect(peer.heard).toEqual(['a']);
    }));
});
