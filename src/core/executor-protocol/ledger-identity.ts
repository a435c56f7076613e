/**
 * By what a gateway knows the ledger of a node again, and notices that it was put back to an older
 * state: a machine restored from a backup has none of the calls that it ran since.
 *
 * What was put back to a moment of the same life cannot be told by it.
 *
 * @module
 */

import * as z from 'zod';

/** How long a node remembers each call, in milliseconds: longer than any ticket lives. */
export const LEDGER_KEEPS_MS = 86_400_000;

/** Most lives before the present one that a ledger names. */
export const MAX_EARLIER_LIVES = 32;

const id = z.string().regex(/^[0-9a-f]{32}$/);

export const ledgerIdentitySchema = z.strictObject({
  /** Made at random each time that an executor begins with it. */
  life: id,
  /** Those before, the latest first: a copy that goes another way has not all of them. */
  earlier: z.array(id).max(MAX_EARLIER_LIVES),
});

export type LedgerIdentity = z.infer<typeof ledgerIdentitySchema>;

/** Whether a ledger goes on from where it was seen last; without a name it did not before. */
export function continues(
  ledger: LedgerIdentity | undefined,
  before: LedgerIdentity | undefined,
): boolean {
  if (before === undefined) return true;
  return ledger?.life === before.life || ledger?.earlier.includes(before.life) === true;
}
