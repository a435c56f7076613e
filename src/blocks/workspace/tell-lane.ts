/**
 * Tells the lane of plugins that no longer serve, before that is acknowledged.
 *
 * A lane that cannot be reached is told again by a timer, and whoever asked is told that it is not
 * certain yet. Nothing new is approved meanwhile: only calls that were approved before could be on
 * their way to it.
 *
 * @module
 */

import { Fault } from '../../core/errors/fault.ts';
import type { WorkspaceParts } from './workspace-parts.ts';

/** Longest that an answer waits for the lane, in milliseconds. */
const WAIT_MS = 3_000;

/** When a lane that did not answer is told again, in milliseconds. */
const RETRY_MS = 2_000;

/** Part of a transaction that has begun a revision: calls of these plugins end with it. */
export function orderWithdrawal(parts: WorkspaceParts, plugins: Iterable<string>): void {
  const { revision } = parts.workspace.row();
  for (const plugin of plugins) parts.withdrawals.add({ plugin, revision });
  parts.timers.set('withdraw', parts.now() + WAIT_MS + RETRY_MS);
}

/**
 * After the transaction: resolves once the lane knows.
 *
 * @throws Fault `deadline_exceeded` if it does not say so in time.
 */
export async function tellLane(parts: WorkspaceParts): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), WAIT_MS);
  });
  const told = withdrawPending(parts).catch(() => 'late' as const);
  const outcome = await Promise.race([told, timeout]);
  clearTimeout(timer);
  if (outcome !== 'late') return;
  throw new Fault(
    'deadline_exceeded',
    'Cannot confirm that calls under way have ended: the lane must answer',
  );
}

/** The `withdraw` timer: throws while the lane does not know, so that it is tried again. */
export async function withdrawPending(parts: WorkspaceParts): Promise<void> {
  const pending = parts.withdrawals.pending();
  if (pending.length === 0) return;
  await parts.withdrawPlugins(pending);
  for (const withdrawal of pending) parts.withdrawals.heard(withdrawal);
  if (parts.withdrawals.pending().length === 0) parts.timers.clear('withdraw');
}
