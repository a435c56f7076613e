/**
 * What is told of a sign-in.
 *
 * @module
 */

import type { SignInDescription } from './sign-in-api.ts';
import type { SignInRow } from './sign-in-store.ts';

export function describeSignIn(row: SignInRow, now: number): SignInDescription {
  const { plugin, holder, terms, status } = row;
  const { signedInAt, expiresAt, renews, scope } = status;
  const reason = reasonOf(row, now);
  return {
    ...{ plugin, holder, state: reason === undefined ? 'signed-in' : 'needed' },
    ...(reason !== undefined && { reason }),
    ...{ server: terms.server, issuer: terms.issuer, signedInAt, renews },
    audience: { host: terms.host, resource: terms.resource },
    ...(scope !== undefined && { scope }),
    ...(expiresAt !== undefined && { expiresAt }),
  };
}

function reasonOf({ status }: SignInRow, now: number): SignInDescription['reason'] {
  if (status.isRefused) return 'refused';
  if (!status.renews && status.expiresAt !== undefined && status.expiresAt <= now) return 'expired';
  return status.wantedScope === undefined ? undefined : 'insufficient_scope';
}
