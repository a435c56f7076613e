/**
 * Puts a sign-in in force: whoever began it says the code that his browser was shown.
 *
 * @module
 */

import type { NamedActor } from '../../core/audit/named-actor.ts';
import { readPairingCode } from '../../core/channels/pairing-code.ts';
import { err, ok, type Result } from '../../core/primitives/result.ts';
import { equalConstantTime, sha256Hex } from '../kit/keys.ts';
import { describeSignIn } from './describe-sign-in.ts';
import { openPending, recordSignIn } from './pending-sign-in.ts';
import { discard } from './revoke-tokens.ts';
import type { FinishProblem, SignInDescription, SignInPlace } from './sign-in-api.ts';
import { type SignInParts, sealTokens, type Tokens } from './sign-in-parts.ts';
import type { PendingSignIn, SignInRow } from './sign-in-store.ts';

/** How often the code may be said: after that, it is not guessed any more. */
const MAX_ATTEMPTS = 5;

type Received = Tokens & { readonly expiresAt?: number; readonly scope?: string };

export function finishSignIn(
  parts: SignInParts,
  actor: NamedActor,
  { place, text }: { readonly place: SignInPlace; readonly text: string },
): Result<SignInDescription, FinishProblem> {
  const pending = parts.store.findPending(place);
  if (pending?.codeHash === undefined || pending.expiresAt <= parts.now()) return err('unknown');
  // Of what the workspace shares, too, somebody else's sign-in is not his to finish.
  if (pending.begunBy !== actor.name) return err('unknown');
  const code = readPairingCode(text);
  const isRight = code !== undefined && equalConstantTime(sha256Hex(code), pending.codeHash);
  if (!isRight) return countAttempt(parts, actor, pending);
  const received = openPending(parts, pending, 'back') as Received | undefined;
  if (received === undefined) return err('unknown');
  // Tokens of before are forgotten, not revoked: an issuer may end all that its user has allowed by one.
  const row = toRow(parts, pending, received);
  parts.change(() => {
    parts.store.put(row);
    parts.store.removePending(place);
    parts.store.forgetUnusedClients();
    record(parts, actor, pending, { decision: 'allowed' });
  });
  return ok(describeSignIn(row, parts.now()));
}

function toRow(
  parts: SignInParts,
  { plugin, holder, terms }: PendingSignIn,
  { accessToken, refreshToken, expiresAt, scope }: Received,
): SignInRow {
  const now = parts.now();
  const tokens = { accessToken, ...(refreshToken !== undefined && { refreshToken }) };
  return {
    ...{ plugin, holder, terms },
    status: {
      ...{ signedInAt: now, renewedAt: now, renews: refreshToken !== undefined },
      ...(expiresAt !== undefined && { expiresAt }),
      ...(scope !== undefined && { scope }),
    },
    sealed: sealTokens(parts, { plugin, holder, terms }, tokens),
  };
}

function countAttempt(
  parts: SignInParts,
  actor: NamedActor,
  pending: PendingSignIn,
): Result<never, FinishProblem> {
  const attempts = pending.attempts + 1;
  if (attempts >= MAX_ATTEMPTS) parts.later(discard(parts, [pending]));
  parts.change(() => {
    if (attempts < MAX_ATTEMPTS) parts.store.putPending({ ...pending, attempts });
    record(parts, actor, pending, { decision: 'denied', reason: 'wrong_code' });
  });
  return err(attempts < MAX_ATTEMPTS ? 'wrong_code' : 'unknown');
}

function record(
  parts: SignInParts,
  actor: NamedActor,
  { plugin, terms }: PendingSignIn,
  how: { readonly decision: 'allowed' | 'denied'; readonly reason?: string },
): void {
  recordSignIn(
    parts,
    { plugin, actor },
    { action: 'remote-sign-in-finished', resource: terms.host, ...how },
  );
}
