/**
 * Hands the answer of a run to whoever is to have it, under a name made of the run, so that it comes once
 * however often it is handed over.
 *
 * @module
 */

import { openChannels } from '../channel/channel-client.ts';
import type { TurnSummary } from '../session/session-api.ts';
import { authorityFor } from '../workspace/authority-for.ts';
import type { Delivery, ScheduleRun } from './schedule-api.ts';
import { openNamedBlock, principalOf, type ScheduleParts } from './schedule-parts.ts';
import type { StoredSchedule } from './schedule-store.ts';

type Receiver = NonNullable<StoredSchedule['spec']['deliverTo']>;
type ChannelReceiver = Exclude<Receiver, { readonly block: string }>;

interface Answer {
  readonly run: ScheduleRun;
  readonly turn: TurnSummary;
}

/** `undefined`: nobody is to have it. */
export async function deliverAnswer(
  parts: ScheduleParts,
  schedule: StoredSchedule,
  answer: Answer,
): Promise<Delivery | undefined> {
  const { deliverTo } = schedule.spec;
  if (deliverTo === undefined) return undefined;
  return 'block' in deliverTo
    ? sendToBlock(parts, schedule, { ...answer, block: deliverTo.block })
    : sayInChannel(parts, schedule, { ...answer, to: deliverTo });
}

async function sendToBlock(
  parts: ScheduleParts,
  schedule: StoredSchedule,
  { run, turn, block: id }: Answer & { readonly block: string },
): Promise<Delivery> {
  const block = openNamedBlock(parts, id);
  if (block === undefined) return 'no-receiver';
  const principal = principalOf(parts, schedule);
  if ((await authorityFor(parts, principal, 'block:send')) === undefined) return 'denied';
  const { requestId, spec } = schedule;
  const message = {
    from: { principal, requestId, ownsAll: false },
    body: JSON.stringify({ schedule: spec.name, dueAt: run.dueAt, output: turn.output }),
    label: turn.label,
    messageId: nameOf(schedule, run),
  };
  const sent = await block.again((api) => api.send(message));
  if (sent.ok) return 'taken';
  return sent.error.code === 'denied' ? 'denied' : 'no-receiver';
}

/** It leaves the workspace, so the flow rules are asked; nobody is there who could approve. */
async function sayInChannel(
  parts: ScheduleParts,
  schedule: StoredSchedule,
  { run, turn, to }: Answer & { readonly to: ChannelReceiver },
): Promise<Delivery> {
  if (turn.output.trim() === '') return 'nothing-to-say';
  const { channel, ...place } = to;
  const principal = principalOf(parts, schedule);
  const authority = await authorityFor(parts, principal, `channel:send:${channel}`);
  if (authority === undefined) return 'denied';
  const { integrity, confidentiality } = turn.label;
  if (authority.policy.flow.send[integrity][confidentiality] !== 'allow') return 'flow-denied';
  const { requestId } = schedule;
  const { kind } = await openChannels(parts.env, parts.workspace).say({
    ...{ id: nameOf(schedule, run), principal, requestId, channel },
    message: { ...place, text: turn.output },
  });
  return kind === 'taken' || kind === 'denied' ? kind : 'no-receiver';
}

/** A schedule that is made anew under an old name has runs of its own. */
function nameOf({ spec, createdAt }: StoredSchedule, { dueAt }: ScheduleRun): string {
  return `schedule/${spec.name}/${createdAt}/${dueAt}`;
}
