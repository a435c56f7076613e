/**
 * Names that the gateway gives itself. A token in one of them would be the same principal as what bears
 * it: the same memory, budgets, blocks and name on the record.
 *
 * All other principals keep apart by themselves. Blocks and nodes are called by ids that nobody chooses;
 * a channel's name has no dot, and that of a sender there and of who has signed in has one.
 *
 * @module
 */

import { parseWorkspaceId, type WorkspaceId } from '../primitives/ids.ts';
import { type Principal, toPrincipalName } from './principal.ts';

type Named = Pick<Principal, 'kind' | 'id'>;

/** The deployment's root, in every workspace. */
export const ROOT_NAME: Named = { kind: 'user', id: 'root' };

/** The one that root acts in; in all others it only gives tokens. */
export const ROOT_WORKSPACE = requireWorkspaceId('default');

const SCHEDULE_PREFIX = 'schedule-';

/** As whom the runs of that schedule act. */
export function toScheduleName(schedule: string): {
  readonly kind: 'service';
  readonly id: string;
} {
  return { kind: 'service', id: SCHEDULE_PREFIX + schedule };
}

/** What must hold of the id, so that `giver` can issue a token in this name. */
export function findReserved(giver: Named, { kind, id }: Named): string | undefined {
  if (kind === 'service' && id.startsWith(SCHEDULE_PREFIX)) {
    return `must not begin with "${SCHEDULE_PREFIX}": schedules have such names`;
  }
  const root = toPrincipalName(ROOT_NAME);
  const isTaken = toPrincipalName({ kind, id }) === root && toPrincipalName(giver) !== root;
  return isTaken
    ? `must not be "${id}": it is the deployment’s, and gives its tokens itself`
    : undefined;
}

function requireWorkspaceId(text: string): WorkspaceId {
  const id = parseWorkspaceId(text);
  if (id === undefined) throw new Error('Cannot read workspace id: it must match its grammar');
  return id;
}
