/**
 * Keeps the ledger from growing for as long as its executor lives.
 *
 * @module
 */

import type { CallLedger } from './call-ledger.ts';

const EVERY_MS = 3_600_000;

/** Now and from then on, without keeping the process alive; answers what ends it. */
export function keepSwept(
  ledger: Pick<CallLedger, 'sweep'>,
  tell: (line: string) => void,
): () => void {
  const sweep = (): void => {
    try {
      ledger.sweep(Date.now());
    } catch (thrown) {
      // Such as a full disk: the next time it may have space again.
      tell(`the ledger could not be swept: ${thrown instanceof Error ? thrown.message : 'error'}`);
    }
  };
  sweep();
  const timer = setInterval(sweep, EVERY_MS).unref();
  return () => clearInterval(timer);
}
