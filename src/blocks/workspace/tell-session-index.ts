/**
 * Tells the index of sessions what the policy says of them, whenever that changes.
 *
 * That it must be told is committed with the policy; it is told at once where possible, and by a timer
 * until it has heard.
 *
 * @module
 */

import type { Policy } from '../../core/policy/policy.ts';
import type { SessionPolicy } from '../../core/policy/session-policy.ts';
import type { WorkspaceParts } from './workspace-parts.ts';

const TIMER = 'sessions';

/** When an index that did not answer is told again, in milliseconds. */
const RETRY_MS = 2_000;

/** Part of the transaction that puts `after` in the place of `before`. */
export function orderSessionPolicy(parts: WorkspaceParts, before: Policy, after: Policy): void {
  if (isSame(before.sessions, after.sessions)) return;
  parts.timers.set(TIMER, parts.now() + RETRY_MS);
}

/** After the transaction. Never rejects: the timer goes on with what is left. */
export async function tellSessionIndexSoon(parts: WorkspaceParts): Promise<void> {
  if (parts.timers.dueAt(TIMER) !== undefined) await tellSessionIndex(parts).catch(() => {});
}

/** The `sessions` timer: throws while the index has not heard, so that it is tried again. */
export async function tellSessionIndex(parts: WorkspaceParts): Promise<void> {
  const { policy, revision } = parts.workspace.row();
  await parts.tellSessionIndex(policy.sessions, revision);
  // By its revision: one in between that says something else may be under way, and arrive later.
  if (parts.workspace.row().revision === revision) parts.timers.clear(TIMER);
}

function isSame(a: SessionPolicy, b: SessionPolicy): boolean {
  return a.max === b.max && a.maxOfPrincipal === b.maxOfPrincipal && a.maxIdleMs === b.maxIdleMs;
}
