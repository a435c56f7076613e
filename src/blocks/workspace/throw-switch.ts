/**
 * Throws and releases kill switches. Each is a new revision, of which every session with a live turn
 * has heard before the operator is answered.
 *
 * @module
 */

import { type KillSwitch, toSwitchKey } from '../../core/policy/kill-switch.ts';
import { toPrincipalName } from '../../core/policy/principal.ts';
import { announceRevision } from './announce-revision.ts';
import type { Actor } from './workspace-api.ts';
import {
  actorEvent,
  raiseRevision,
  record,
  transact,
  type WorkspaceParts,
} from './workspace-parts.ts';

/** Not refused while the record cannot be reached: ending something must always be possible. */
export async function throwSwitch(
  parts: WorkspaceParts,
  actor: Actor,
  { killSwitch, reason }: { readonly killSwitch: KillSwitch; readonly reason?: string },
): Promise<void> {
  const by = toPrincipalName(actor.principal);
  transact(parts, () => {
    const at = parts.now();
    parts.switches.put({ killSwitch, at, by, ...(reason !== undefined && { reason }) });
    recordSwitch(parts, actor, { action: 'switch-thrown', killSwitch });
  });
  parts.flush();
  await announceRevision(parts);
}

/** Whether it was thrown. */
export async function releaseSwitch(
  parts: WorkspaceParts,
  actor: Actor,
  killSwitch: KillSwitch,
): Promise<boolean> {
  const isReleased = transact(parts, () => {
    if (!parts.switches.delete(killSwitch)) return false;
    recordSwitch(parts, actor, { action: 'switch-released', killSwitch });
    return true;
  });
  parts.flush();
  if (isReleased) await announceRevision(parts);
  return isReleased;
}

/** Part of a transaction. */
function recordSwitch(
  parts: WorkspaceParts,
  actor: Actor,
  facts: {
    readonly action: 'switch-thrown' | 'switch-released';
    readonly killSwitch: KillSwitch;
  },
): void {
  const killSwitch = toSwitchKey(facts.killSwitch);
  const revision = raiseRevision(parts);
  record(parts, actorEvent(parts, actor, { ...facts, killSwitch, revision }));
}
