/**
 * What a supervisor can tell of its children.
 *
 * @module
 */

import type { BlockId } from '../../core/primitives/ids.ts';
import type { BlockParts } from '../user/block-parts.ts';
import type { AwaitedChild } from '../user/tree-api.ts';
import { ownOf, readSupervisor } from './supervisor-store.ts';

/** How often each child was started again, by the id of its present life. */
export function restartsById(parts: BlockParts): ReadonlyMap<BlockId, number> {
  const record = readSupervisor(parts);
  if (record === undefined) return new Map();
  return new Map(
    record.state.children.flatMap(({ spec: { name }, restarts }) => {
      const life = ownOf(record.lives, name);
      return life === undefined ? [] : [[life.id, restarts] as const];
    }),
  );
}

/** Children that do not live and are to be started, in that order. */
export function awaitedChildren(parts: BlockParts): readonly AwaitedChild[] {
  const record = readSupervisor(parts);
  if (record === undefined) return [];
  const { plan, children } = record.state;
  const pause = record.alarms.find(({ event }) => event.kind === 'waited');
  const startsAt = pause === undefined ? {} : { startsAt: pause.at };
  return plan.flatMap((step) => {
    const child = step.do === 'start' && children.find(({ spec }) => spec.name === step.name);
    if (!child || child.status === 'running') return [];
    return [{ name: child.spec.name, restarts: child.restarts, ...startsAt }];
  });
}
