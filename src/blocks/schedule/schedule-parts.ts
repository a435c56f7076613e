/**
 * What the functions of a workspace's schedules share.
 *
 * @module
 */

import type { AuditEvent } from '../../core/audit/audit-event.ts';
import { type Principal, toPrincipalName } from '../../core/policy/principal.ts';
import { toScheduleName } from '../../core/policy/reserved-name.ts';
import { readBlockId, type WorkspaceId } from '../../core/primitives/ids.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import { keyedHash } from '../kit/keys.ts';
import type { Outbox } from '../kit/outbox.ts';
import type { TurnEndings } from '../session/turn-endings.ts';
import { type BlockClient, openBlock } from '../user/block-client.ts';
import type { GiveBackStore } from './give-back-store.ts';
import type { ScheduleDescription, ScheduleRun } from './schedule-api.ts';
import type { ScheduleStore, StoredRun, StoredSchedule } from './schedule-store.ts';

export interface ScheduleParts {
  readonly workspace: WorkspaceId;
  readonly env: BlockBindings;
  readonly schedules: ScheduleStore;
  readonly giveBacks: GiveBackStore;
  readonly endings: TurnEndings;
  readonly outbox: Outbox;
  readonly now: () => number;
  /** Storage and record change together, or not at all. */
  readonly transact: <T>(change: () => T) => T;
  /** Part of a transaction. */
  readonly record: (event: Omit<AuditEvent, 'at'>) => void;
}

/** Whom the runs of a schedule act as: within its own grants, and what its maker may still do. */
export function principalOf({ workspace }: ScheduleParts, schedule: StoredSchedule): Principal {
  const { creator, grants, spec } = schedule;
  const { kind, id, tokenId, caveats } = creator;
  return {
    ...{ ...toScheduleName(spec.name), workspace, tokenId },
    behalf: { kind, id, grants },
    ...(caveats && { caveats }),
  };
}

/** Whether it is still there: one that was made anew under its name is another. */
export function isStill(
  { schedules }: Pick<ScheduleParts, 'schedules'>,
  { spec, requestId }: StoredSchedule,
): boolean {
  return schedules.find(spec.name)?.requestId === requestId;
}

/** `undefined` if the text is no id of a block of this workspace. */
export function openNamedBlock(
  { env, workspace }: ScheduleParts,
  text: string,
): BlockClient | undefined {
  const id = readBlockId(workspace, text, keyedHash(env.SALLYPORT_MASTER_KEY, 'block-ids'));
  return id && openBlock(env, workspace, id);
}

export function describeSchedule(
  { schedules }: ScheduleParts,
  { spec, creator, createdAt, isPaused, nextAt, idleAt }: StoredSchedule,
): ScheduleDescription {
  return {
    ...{ name: spec.name, spec, isPaused, createdAt },
    createdBy: toPrincipalName(creator),
    ...(nextAt !== undefined && { nextAt }),
    ...(idleAt !== undefined && { idleAt }),
    runs: schedules.runs(spec.name).map(describeRun),
  };
}

function describeRun({ taken: _, ...told }: StoredRun): ScheduleRun {
  return told;
}
