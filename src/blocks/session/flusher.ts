/**
 * Sends what a session owes to others: audit events to the chain, settlements to the workspace. When
 * the session is deleted and owes nothing more, its storage is wiped.
 *
 * @module
 */

import { deleteConversation } from './schema.ts';
import type { SessionParts } from './session-parts.ts';
import { forgetMemory, transact } from './session-parts.ts';
import type { SessionFacts } from './session-store.ts';

/** How long things are collected before they are sent, in milliseconds. */
const COLLECT_MS = 50;

export class Flusher {
  readonly #parts: SessionParts;
  #running: Promise<void> | undefined;
  #again = false;
  #collecting: ReturnType<typeof setTimeout> | undefined;
  #sentAt = 0;

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  /**
   * Sends in a moment what there is by then, or at once. A busy session sends bundles all the same:
   * what follows something that was sent just now waits a moment. Failures are left to the timer.
   */
  later(when: 'now' | 'soon'): void {
    if (this.#running !== undefined) this.#again = true;
    else if (when === 'soon' || this.#parts.now() - this.#sentAt < COLLECT_MS) this.#collect();
    else this.#parts.defer(this.now().catch(() => {}));
  }

  /** Sends what there is, also what is added meanwhile. One at a time. */
  now(): Promise<void> {
    clearTimeout(this.#collecting);
    this.#collecting = undefined;
    this.#again = true;
    this.#running ??= this.#flush().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** The `expire` timer: deletes a session that was made for a while only. */
  async expire(): Promise<void> {
    const parts = this.#parts;
    // A live turn sets the timer again when it ends.
    if (parts.session.live() === undefined || parts.turns.unended().length > 0) return;
    this.deleteSession();
    await this.now();
  }

  /** Deletes the conversation at once, and the rest as soon as nothing is owed any more. */
  deleteSession(): void {
    const parts = this.#parts;
    transact(parts, () => {
      deleteConversation(parts.storage.sql);
      parts.session.markDeleted();
      parts.timers.clear('turn');
      parts.timers.set('flush', parts.now());
    });
    forgetMemory(parts);
  }

  #collect(): void {
    this.#collecting ??= setTimeout(() => this.now().catch(() => {}), COLLECT_MS);
  }

  async #flush(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      const facts = this.#parts.session.row()?.facts;
      if (facts === undefined) return;
      await this.#send(facts);
      this.#sentAt = this.#parts.now();
    }
  }

  async #send(facts: SessionFacts): Promise<void> {
    const { neighbours, now, outbox, settlements, session, timers } = this.#parts;
    const due = settlements.due(now());
    const settled = await Promise.allSettled(
      due.map((settlement) => neighbours.settleTurn(facts.workspace, settlement)),
    );
    await outbox.drain((firstSeq, events) => neighbours.appendAudit(facts, firstSeq, events));
    // Without a wait in between, so that this and the drained outbox are one write to disk.
    for (const [index, { turnId }] of due.entries()) {
      if (settled[index]?.status === 'fulfilled') settlements.delete(turnId);
    }
    const failed = settled.find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
    if (this.#again || outbox.backlog().count > 0) return;
    const nextDueAt = settlements.nextDueAt();
    if (nextDueAt !== undefined) timers.set('flush', nextDueAt);
    else if (session.row()?.deleted === true) await this.#wipe();
  }

  async #wipe(): Promise<void> {
    await this.#parts.storage.deleteAll();
    forgetMemory(this.#parts);
  }
}
