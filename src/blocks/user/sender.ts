/**
 * Sends what a block owes: signals to others and audit events to the chain; wipes the storage of a
 * dead block once it owes nothing and its time is over.
 *
 * @module
 */

import type { BlockBindings } from '../kit/bindings.ts';
import { BIRTH_SEQ, birthEvent, owesBirth } from './birth-record.ts';
import { type BlockParts, sendSoon } from './block-parts.ts';
import type { Courier } from './courier.ts';
import type { BlockFacts } from './facts-store.ts';
import { appendAudit } from './neighbours.ts';

/** How long audit events are collected, in milliseconds. */
const COLLECT_MS = 50;

/** A dead block that still owes something is looked at again after so many milliseconds. */
const LATER_MS = 10_000;

export class Sender {
  readonly #parts: BlockParts;
  readonly #courier: Courier;
  readonly #env: BlockBindings;
  #collecting: ReturnType<typeof setTimeout> | undefined;
  /** The chain has said that it has the birth; written down with the next transaction. */
  #isBirthHeld = false;

  constructor(parts: BlockParts, courier: Courier, env: BlockBindings) {
    this.#parts = parts;
    this.#courier = courier;
    this.#env = env;
  }

  /** Signals at once, audit events in bundles. Failures are left to the alarm. */
  promptly(): void {
    this.#courier.promptly();
    if (this.#collecting !== undefined || !this.#owesEvents()) return;
    this.#collecting = setTimeout(() => {
      this.#collecting = undefined;
      this.#parts.defer(this.#drain().catch(() => {}));
    }, COLLECT_MS);
  }

  /** For an object that has just come to life: what it owes is sent, if by nobody else by its alarm. */
  restore(): void {
    if (this.#owes()) sendSoon(this.#parts);
  }

  /**
   * The alarm: sends what is owed, rings again while something is, and deletes what was sent. Never
   * rejects.
   */
  async ring(): Promise<void> {
    if (this.#owes()) {
      sendSoon(this.#parts);
      this.#courier.giveUp();
      await this.#now().catch(() => {});
    }
    this.#parts.changes.catchUp();
  }

  /** The `forget` timer. */
  async wipe(): Promise<void> {
    const parts = this.#parts;
    if (parts.facts.read()?.exit === undefined) return;
    await this.#now();
    if (this.#owes()) {
      parts.timers.set('forget', parts.now() + LATER_MS);
      return;
    }
    await parts.storage.deleteAll();
    parts.changes.forgetAll();
  }

  #owes(): boolean {
    return this.#parts.pairs.hasUnsent() || this.#owesEvents() || this.#owesRest();
  }

  /** A dead block that has not said yet what it leaves of what it held. */
  #owesRest(): boolean {
    const facts = this.#parts.facts.read();
    return facts?.exit !== undefined && facts.held !== undefined;
  }

  #owesEvents(): boolean {
    const { tables, outbox } = this.#parts;
    return tables.has('outbox') ? !outbox.isEmpty() : this.#owesBirth();
  }

  #owesBirth(): boolean {
    return !this.#isBirthHeld && owesBirth(this.#parts);
  }

  async #recordBirth(facts: BlockFacts): Promise<void> {
    const batch = { firstSeq: BIRTH_SEQ, events: [birthEvent(facts)] };
    await appendAudit(this.#env, facts, batch);
    // It may have gone into an outbox meanwhile, to be sent again and absorbed.
    if (!owesBirth(this.#parts)) return;
    this.#isBirthHeld = true;
    this.#parts.changes.writeLate(() => this.#parts.facts.update({ isRecorded: true }));
  }

  /** Rejects if something could not be sent. */
  async #now(): Promise<void> {
    await this.#courier.everybody();
    await this.#drain();
  }

  async #drain(): Promise<void> {
    const facts = this.#parts.facts.read();
    if (facts === undefined || !this.#owesEvents()) return;
    if (this.#owesBirth()) await this.#recordBirth(facts);
    if (!this.#parts.tables.has('outbox')) return;
    await this.#parts.outbox.drain((firstSeq, events) =>
      appendAudit(this.#env, facts, { firstSeq, events }),
    );
  }
}
