import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { toFacts } from '../../../src/blocks/node/call-facts.ts';
import { CallOutputs } from '../../../src/blocks/node/call-outputs.ts';
import { CallStore } from '../../../src/blocks/node/call-store.ts';
import { claimsOf, nodeOf } from './support/parts.ts';

const NODE = nodeOf('a').id;
const cost = { durationMs: 1 };

/** A store whose outputs have room for ten code units. */
async function withStore(
  name: string,
  test: (calls: CallStore, nextLife: () => CallStore) => void,
): Promise<void> {
  const { NODES } = env as unknown as { NODES: DurableObjectNamespace };
  await runInDurableObject(NODES.getByName(name), (_, { storage: { sql } }) => {
    const open = () => new CallStore(sql, undefined, new CallOutputs(sql, 10));
    test(open(), open);
  });
}

function end(calls: CallStore, callKey: string, output: string, now = 0): void {
  const facts = toFacts(claimsOf(callKey), NODE);
  calls.add({ facts, state: 'sent', settleAt: 1 }, now);
  calls.settle(callKey, 'done', { kind: 'ok', output, cost } as never, now);
}

describe('CallStore', () => {
  it('keeps of what calls answered the newest that there is room for, and never says less than there was', async () => {
    await withStore('outputs', (calls) => {
      end(calls, 'one', 'four');
      end(calls, 'two', '');
      end(calls, 'three', 'six of');
      expect(calls.find('one')?.outcome).toMatchObject({ kind: 'ok', output: 'four' });
      end(calls, 'four', '!');
      expect(calls.find('one')).toMatchObject({
        state: 'done',
        outcome: { kind: 'failed', reason: 'unknown', cost },
      });
      expect(calls.find('two')?.outcome).toMatchObject({ kind: 'ok', output: '' });
      expect(calls.find('three')?.outcome).toMatchObject({ kind: 'ok', output: 'six of' });
      expect(calls.one(NODE, 'one')).toMatchObject([{ state: 'done', outcome: 'ok' }]);
    });
  });

  it('has the room again of calls that it has forgotten', async () => {
    await withStore('forgotten', (calls) => {
      end(calls, 'one', 'all of ten');
      calls.sweep(3_600_000);
      expect(calls.find('one')).toBeUndefined();
      end(calls, 'two', 'nine more', 3_600_000);
      end(calls, 'three', '1', 3_600_000);
      expect(calls.find('two')?.outcome).toMatchObject({ kind: 'ok' });
    });
  });

  it('counts what an earlier life of the object has kept: it loses its memory whenever it is idle', async () => {
    await withStore('lives', (calls, nextLife) => {
      end(calls, 'one', 'four', 1);
      end(calls, 'two', 'five!', 2);
      const later = nextLife();
      end(later, 'three', 'six of', 3);
      const kinds = ['one', 'two', 'three'].map((key) => later.find(key)?.outcome?.kind);
      expect(kinds).toEqual(['failed', 'failed', 'ok']);
      end(later, 'four', 'four', 4);
      expect(later.find('three')?.outcome).toMatchObject({ output: 'six of' });
    });
  });
});
