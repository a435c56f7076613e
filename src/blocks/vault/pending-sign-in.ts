/**
 * Sign-ins under way: what is kept of them until they are finished, and for how long.
 *
 * @module
 */

import type { AuditEvent } from '../../core/audit/audit-event.ts';
import type { NamedActor } from '../../core/audit/named-actor.ts';
import type { JsonObject } from '../../core/primitives/json.ts';
import type { SealedText } from './sealed-json.ts';
import type { SignInPlace } from './sign-in-api.ts';
import type { SignInParts } from './sign-in-parts.ts';
import type { PendingSignIn } from './sign-in-store.ts';

/** How long a person may take from the first request to the last, in milliseconds. */
export const SIGN_IN_MS = 600_000;

/** `sent`: to the issuer; `back`: with a code, for which the issuer has given tokens. */
type Stage = 'sent' | 'back';

type Owned = Pick<PendingSignIn, 'plugin' | 'holder' | 'begunBy' | 'terms'>;

export function sealPending(
  parts: SignInParts,
  owned: Owned,
  { stage, value }: { readonly stage: Stage; readonly value: JsonObject },
): SealedText {
  return parts.seals.seal(about(parts, owned, stage), value);
}

export function openPending(
  parts: SignInParts,
  pending: PendingSignIn,
  stage: Stage,
): JsonObject | undefined {
  return parts.seals.open(about(parts, pending, stage), pending.sealed);
}

/** What was begun and not finished in its time. */
export function findOver({ store, now }: SignInParts): readonly PendingSignIn[] {
  return store.pending().filter(({ expiresAt }) => expiresAt <= now());
}

/** Part of a transaction. Who has the tokens is on the record by his name. */
export function recordSignIn(
  parts: SignInParts,
  { plugin, actor }: Pick<SignInPlace, 'plugin'> & { readonly actor: Partial<NamedActor> },
  event: Pick<AuditEvent, 'action' | 'decision'> & Partial<AuditEvent>,
): void {
  const { name = 'gateway', requestId } = actor;
  parts.record({ actor: name, plugin, ...(requestId !== undefined && { requestId }), ...event });
}

function about(
  { workspace }: SignInParts,
  { plugin, holder, begunBy, terms }: Owned,
  stage: Stage,
): JsonObject {
  return { kind: `sallyport-sign-in-${stage}/1`, workspace, plugin, holder, begunBy, terms };
}
