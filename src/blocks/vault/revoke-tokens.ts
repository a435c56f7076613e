/**
 * Has tokens ended where they came from, as well as it goes: by then they are forgotten here.
 *
 * @module
 */

import { type Asking, revokeToken } from './ask-for-tokens.ts';
import { openPending } from './pending-sign-in.ts';
import { clientSecretOf, openTokens, type SignInParts, type Tokens } from './sign-in-parts.ts';
import type { PendingSignIn, SignInRow } from './sign-in-store.ts';

export interface Ending extends Omit<Asking, 'outside'> {
  readonly tokens: Tokens;
}

/** To be asked while the row is there; nothing where there are no tokens, or nobody can read them. */
export function endingOf(
  parts: SignInParts,
  row: SignInRow | PendingSignIn | undefined,
): Ending | undefined {
  if (row === undefined) return undefined;
  const tokens = 'status' in row ? openTokens(parts, row) : tokensIn(parts, row);
  if (tokens === undefined) return undefined;
  return { terms: row.terms, clientSecret: clientSecretOf(parts, row.terms), tokens };
}

function tokensIn(parts: SignInParts, pending: PendingSignIn): Tokens | undefined {
  if (pending.codeHash === undefined) return undefined;
  return openPending(parts, pending, 'back') as Tokens | undefined;
}

/** All within one time, however many there are. */
export async function revoke(
  parts: SignInParts,
  endings: readonly (Ending | undefined)[],
): Promise<void> {
  const known = endings.filter((ending) => ending !== undefined);
  if (known.length === 0) return;
  const outside = await parts.openOutside();
  await Promise.all(
    known.map(async ({ tokens, ...asking }) => {
      // With the one, an issuer may end the other, and then knows it no more.
      for (const token of [tokens.refreshToken, tokens.accessToken]) {
        if (token !== undefined) await revokeToken({ ...asking, outside }, token);
      }
    }),
  );
}

/** Forgets what nobody will finish, with the tokens that it may have brought already. */
export async function discard(
  parts: SignInParts,
  pending: readonly PendingSignIn[],
): Promise<void> {
  if (pending.length === 0) return;
  const endings = pending.map((each) => endingOf(parts, each));
  parts.change(() => {
    for (const each of pending) parts.store.removePending(each);
    parts.store.forgetUnusedClients();
  });
  await revoke(parts, endings);
}
