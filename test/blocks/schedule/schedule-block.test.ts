import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import type { CreateSchedule } from '../../../src/blocks/schedule/schedule-api.ts';
import type { ScheduleBlock } from '../../../src/blocks/schedule/schedule-block.ts';
import { scheduleSchema } from '../../../src/core/schedules/schedule-spec.ts';
import { workspaceId } from '../../core/policy/authority-builder.ts';

/** The full types of its stubs are too deep for the compiler. */
const { SCHEDULES } = env as unknown as {
  readonly SCHEDULES: DurableObjectNamespace<ScheduleBlock>;
};

const ACTOR = { name: 'user:ann', requestId: 'req_2' };

const orderAt = (at: number): CreateSchedule => ({
  creator: { kind: 'user', id: 'ann', workspace: workspaceId('pausing'), tokenId: 'tok' },
  ...{ requestId: 'req_1', grants: [] },
  spec: scheduleSchema.parse({ name: 'once', when: { at }, input: 'Go on', capabilities: [] }),
});

describe('a schedule that is due', () => {
  test('is not passed over because somebody lets it go on that was not paused', async () => {
    const at = Date.now() - 1_000;
    // Nothing else comes in between: its alarm has to wait.
    const [again, resumed] = await runInDurableObject(
      SCHEDULES.getByName('pausing'),
      async (block) => {
        await block.create(orderAt(at));
        const untouched = await block.setPaused(ACTOR, 'once', false);
        await block.setPaused(ACTOR, 'once', true);
        return [untouched, await block.setPaused(ACTOR, 'once', false)];
      },
    );
    expect(again).toMatchObject({ isPaused: false, nextAt: at });
    // What comes due while it is paused is not made up for.
    expect(resumed?.nextAt).toBeUndefined();
  });
});

describe('the schedules of a workspace', () => {
  const orderOf = (creator: string, name: string): CreateSchedule => {
    const order = orderAt(Date.now() + 3_600_000);
    const principal = { ...order.creator, id: creator };
    return {
      ...order,
      creator: principal,
      requestId: `${creator}/${name}`,
      spec: { ...order.spec, name },
    };
  };

  test('are bounded, so that no creator takes the room of the others', async () => {
    const states = await runInDurableObject(
      SCHEDULES.getByName('many'),
      async (block, { storage }) => {
        const create = async (creator: string, name: string) => {
          const created = await block.create(orderOf(creator, name));
          return typeof created === 'string' ? created : 'created';
        };
        const copy = (name: string, count: number) =>
          storage.sql.exec(
            `INSERT INTO schedules (name, facts)
             WITH RECURSIVE more (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM more WHERE n < ?)
             SELECT name || '-' || n, facts FROM schedules, more WHERE name = ?`,
            ...[count, name],
          );
        await create('ann', 'of-ann');
        copy('of-ann', 498);
        const first = [await create('ann', 'last'), await create('ann', 'more')];
        first.push(await create('bob', 'of-bob'), await create('bob', 'of-ann'));
        copy('of-bob', 498);
        await create('eve', 'of-eve');
        return [...first, await create('eve', 'more')];
      },
    );
    expect(states).toEqual(['created', 'too-many', 'created', 'taken', 'too-many']);
  });
});
