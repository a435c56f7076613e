import { env, runInDurableObject } from 'cloudflare:test';
import { expect, it } from 'vitest';
import { ChunkedValues } from '../../../src/blocks/kit/chunked-values.ts';
import { Tables } from '../../../src/blocks/kit/tables.ts';
import {
  addChild,
  findUpgradeObjection,
  tellSupervisor,
} from '../../../src/blocks/supervisor/run-supervisor.ts';
import {
  type SupervisorRecord,
  SupervisorStore,
} from '../../../src/blocks/supervisor/supervisor-store.ts';
import type { BlockParts } from '../../../src/blocks/user/block-parts.ts';
import type { BlockFacts } from '../../../src/blocks/user/facts-store.ts';
import type { ChildOrder, SupervisorBehavior } from '../../../src/core/blocks/block-spec.ts';

const stub = (name: string) => {
  const { BLOCKS } = env as unknown as { BLOCKS: DurableObjectNamespace };
  return BLOCKS.getByName(`default/supervisor-scratch-${name}`);
};

const recordOf = (chars: number) =>
  ({
    state: { isEnding: false },
    orders: { a: { behavior: { kind: 'agent', system: 'x'.repeat(chars) } } },
    ...{ lives: {}, bounds: {}, alarms: [] },
  }) as unknown as SupervisorRecord;

it('what a supervisor keeps fits into rows of the platform, however long it is', () =>
  runInDurableObject(stub('long'), async (_, { storage }) => {
    const { sql } = storage;
    const tables = new Tables(sql);
    const store = new SupervisorStore(sql, tables, new ChunkedValues(sql, tables));
    store.create(recordOf(10));
    for (const chars of [4_000_000, 3_000_000, 20]) {
      store.write(recordOf(chars));
      expect(store.read()).toEqual(recordOf(chars));
      const longest = sql.exec('SELECT max(length(record)) AS n FROM supervisor').one();
      expect(Number(longest.n)).toBeLessThan(1_000_000);
    }
    expect(sql.exec('SELECT count(*) AS n FROM value_parts').one().n).toBe(0);
    await storage.deleteAll();
  }));

it('a supervisor that keeps much takes no more children', () =>
  runInDurableObject(stub('full'), async (_, { storage }) => {
    const { sql } = storage;
    const tables = new Tables(sql);
    const values = new ChunkedValues(sql, tables);
    new SupervisorStore(sql, tables, values).create(recordOf(4_194_304));
    const parts = { storage, tables, values } as unknown as BlockParts;
    const added = addChild(parts, {} as never, { name: 'b' } as ChildOrder);
    expect(added).toMatchObject({ ok: false, error: { code: 'limit_reached' } });
    const upgrade = (name: string) =>
      findUpgradeObjection(parts, { children: [{ name }] } as unknown as SupervisorBehavior);
    expect(upgrade('b')?.code).toBe('limit_reached');
    // In the place of the one that is long.
    expect(upgrade('a')).toBeUndefined();
    await storage.deleteAll();
  }));

it('of children that are gone a supervisor knows the last ones, however many there were', () =>
  runInDurableObject(stub('gone'), async (_, { storage }) => {
    const tables = new Tables(storage.sql);
    const values = new ChunkedValues(storage.sql, tables);
    const store = new SupervisorStore(storage.sql, tables, values);
    const names = ['present', ...Array.from({ length: 300 }, (_, at) => `job-${at}`)];
    const lives = Object.fromEntries(names.map((name) => [name, { id: `blk_${name}`, life: 1 }]));
    const state = { children: [{ spec: { name: 'present' } }], plan: [], isUp: true };
    store.create({ ...recordOf(0), state, lives } as unknown as SupervisorRecord);
    const timers = { clear: () => {}, ringBy: () => {} };
    const parts = { storage, tables, values, timers, now: () => 0 } as unknown as BlockParts;
    const facts = { order: { ancestors: [] } } as unknown as BlockFacts;
    tellSupervisor(parts, facts, { kind: 'waited' });
    const known = Object.keys(store.read()?.lives ?? {});
    expect([known.length, known[0], known.at(-2)]).toEqual([101, 'job-200', 'job-299']);
    await storage.deleteAll();
  }));
