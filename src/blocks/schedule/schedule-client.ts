/**
 * The way to the schedules of a workspace.
 *
 * @module
 */

import type { WorkspaceId } from '../../core/primitives/ids.ts';
import { workspaceObjectName } from '../kit/address.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import { callAgainAfterReset } from '../kit/call.ts';
import type { ScheduleApi } from './schedule-api.ts';

/** All that it does may happen twice but `runNow`, which the last run's status tells apart. */
export function openSchedules(
  env: Pick<BlockBindings, 'SCHEDULES'>,
  workspace: WorkspaceId,
): ScheduleApi {
  const again = <T>(call: (schedules: ScheduleApi) => Promise<T>) =>
    callAgainAfterReset(() => env.SCHEDULES.getByName(workspaceObjectName(workspace)), call);
  return {
    create: (request) => again((schedules) => schedules.create(request)),
    list: () => again((schedules) => schedules.list()),
    find: (name) => again((schedules) => schedules.find(name)),
    remove: (actor, name) => again((schedules) => schedules.remove(actor, name)),
    setPaused: (actor, name, isPaused) =>
      again((schedules) => schedules.setPaused(actor, name, isPaused)),
    runNow: (actor, name) => again((schedules) => schedules.runNow(actor, name)),
  };
}
