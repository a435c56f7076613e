/**
 * Tells the index of the workspace what has become of a session's approvals, and ends those whose
 * time is over. What is to be done is seen from the rows: whoever changes one sets the timer in the
 * same transaction, so nothing is forgotten however often the object is lost.
 *
 * @module
 */

import { APPROVALS_TIMER } from './change-approvals.ts';
import { expireApprovals } from './decide-approval.ts';
import type { Lane } from './lane.ts';
import type { SessionParts } from './session-parts.ts';

/** Most approvals told of at once. */
const PAGE = 100;

export class ApprovalCourier {
  readonly #parts: SessionParts;
  readonly #lane: Lane;
  #running: Promise<void> | undefined;

  constructor(parts: SessionParts, lane: Lane) {
    this.#parts = parts;
    this.#lane = lane;
  }

  /** The `approvals` timer. One at a time. */
  tend(): Promise<void> {
    this.#running ??= this.#tend().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** After a change, without being waited for; failures are left to the timer. */
  promptly(): void {
    const { defer, now, timers } = this.#parts;
    const dueAt = timers.dueAt(APPROVALS_TIMER);
    if (dueAt !== undefined && dueAt <= now()) defer(this.tend().catch(() => {}));
  }

  async #tend(): Promise<void> {
    const { approvals, session, timers } = this.#parts;
    expireApprovals(this.#parts, this.#lane);
    for (;;) {
      const row = session.row();
      const unsent = row === undefined ? [] : approvals.unsent(PAGE);
      if (row === undefined || unsent.length === 0) break;
      const news = unsent.map(({ summary, version }) => ({ summary, version }));
      await this.#parts.neighbours.tellApprovals(row.facts.workspace, news);
      for (const sent of unsent) approvals.markSent(sent);
    }
    const next = approvals.nextExpiry();
    if (next !== undefined) timers.set(APPROVALS_TIMER, next);
    else timers.clear(APPROVALS_TIMER);
    // A deleted session was kept for this.
    if (session.row()?.deleted === true) this.#parts.flush('now');
  }
}
