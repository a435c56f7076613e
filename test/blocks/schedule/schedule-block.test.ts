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
