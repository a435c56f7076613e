/**
 * Refusals that the gateway decides by itself, put on the record.
 *
 * @module
 */

import { toPrincipalName } from '../../core/policy/principal.ts';
import type { RefusedUpload, RouteDenial } from './denials.ts';
import type { Actor } from './workspace-api.ts';
import { actorEvent, record, transact, type WorkspaceParts } from './workspace-parts.ts';

/** A route that a principal may not use. Of a flood of them not each is written down: see `DenialPace`. */
export function recordDenial(parts: WorkspaceParts, actor: Actor, denial: RouteDenial): void {
  const { operation, reason, family } = denial;
  const count = parts.denialPace.count(toPrincipalName(actor.principal), parts.now());
  if (count === undefined) return;
  const event = actorEvent(parts, actor, {
    action: 'request-denied',
    decision: 'denied',
    check: 'capability',
    reason,
    operation,
    resource: family,
    ...(count > 1 && { count }),
  });
  transact(parts, () => record(parts, event));
  parts.flush();
}

/** An upload of which nothing came as far as the registry. */
export function recordRefusedUpload(
  parts: WorkspaceParts,
  actor: Actor,
  upload: RefusedUpload,
): void {
  const facts = { action: 'plugin-refused', decision: 'denied', ...upload } as const;
  const event = actorEvent(parts, actor, facts);
  transact(parts, () => record(parts, event));
  parts.flush();
}

/** Credentials that nobody issued. There is no principal: they belong to no workspace. */
export function recordRefusedLogins(parts: WorkspaceParts, requestId: string, count: number): void {
  transact(parts, () =>
    record(parts, {
      action: 'login-refused',
      decision: 'denied',
      at: parts.now(),
      actor: 'gateway',
      reason: 'unauthenticated',
      requestId,
      count,
    }),
  );
  parts.flush();
}
