/**
 * Within a turn authority only shrinks: what the first snapshot did not allow stays forbidden
 * though a newer one would allow it, and what a newer one forbids ends at once.
 *
 * @module
 */

import type { Authority } from './authority.ts';
import { type DecisionReason, findObjection, type Question } from './authorize.ts';

/** The two authorities of a turn; the same one until something changes. */
export interface TurnAuthority {
  /** As frozen when the turn was admitted. */
  readonly first: Authority;
  /** Of the newest revision that the turn has heard of. */
  readonly newest: Authority;
}

/** The reason of the first no, of the newest authority before the first one. */
export function findObjectionInTurn(
  { first, newest }: TurnAuthority,
  question: Question,
): DecisionReason | undefined {
  const objection = findObjection(newest, question);
  if (objection !== undefined || first === newest) return objection;
  return findObjection(first, question);
}

/**
 * The authority of a turn that began at an earlier revision, and whose snapshot was lost: what may
 * happen now, with the versions of the plugins that it began with. Those that were stopped since
 * then are not among them.
 */
export function asBegun(newest: Authority, revision: number): Authority {
  if (newest.revision <= revision) return newest;
  const plugins = newest.plugins.flatMap((plugin) => {
    const { state, sinceRevision = 0, untilRevision = Number.POSITIVE_INFINITY } = plugin;
    if (sinceRevision > revision || untilRevision <= revision) return [];
    return [state === 'draining' ? { ...plugin, state: 'running' as const } : plugin];
  });
  return { ...newest, revision, plugins };
}

/** Whether a question passes under both. */
export function bothAllow(authority: TurnAuthority, question: Question): boolean {
  return findObjectionInTurn(authority, question) === undefined;
}
