/**
 * Ends sign-ins: here at once, and then where their tokens came from.
 *
 * @module
 */

import type { NamedActor } from '../../core/audit/named-actor.ts';
import { recordSignIn } from './pending-sign-in.ts';
import { type Ending, endingOf, revoke } from './revoke-tokens.ts';
import type { SignInPlace, SignInsOf } from './sign-in-api.ts';
import type { SignInParts } from './sign-in-parts.ts';

/** Whether there was anything to end. */
export async function endSignIn(
  parts: SignInParts,
  actor: NamedActor,
  place: SignInPlace,
): Promise<boolean> {
  const ended = forget(parts, actor, place);
  if (ended !== undefined) await revoke(parts, ended);
  return ended !== undefined;
}

/** Whoever is gone waits for nobody's answer. */
export async function endSignInsOf(
  parts: SignInParts,
  actor: NamedActor,
  of: SignInsOf,
): Promise<void> {
  const places = [...parts.store.all(), ...parts.store.pending()];
  const own = places.filter((place) => isOf(place, of));
  const asked = revoke(
    parts,
    own.flatMap((place) => forget(parts, actor, place) ?? []),
  );
  if ('plugin' in of) await asked;
  else parts.later(asked);
}

export function isOf({ plugin, holder }: SignInPlace, of: SignInsOf): boolean {
  return 'plugin' in of ? plugin === of.plugin : of.holders.includes(holder);
}

function forget(
  parts: SignInParts,
  actor: NamedActor,
  place: SignInPlace,
): readonly (Ending | undefined)[] | undefined {
  const { store } = parts;
  const row = store.find(place);
  const pending = store.findPending(place);
  const terms = row?.terms ?? pending?.terms;
  if (terms === undefined) return undefined;
  const endings = [endingOf(parts, row), endingOf(parts, pending)];
  parts.change(() => {
    store.remove(place);
    store.removePending(place);
    store.forgetUnusedClients();
    recordSignIn(
      parts,
      { plugin: place.plugin, actor },
      { action: 'remote-sign-in-ended', decision: 'allowed', resource: terms.host },
    );
  });
  return endings;
}
