/**
 * Slices that must still be given back to the workspace: one row for each ended turn, written with
 * the turn's end and deleted some time after the workspace has answered. Memory holds a copy.
 *
 * @module
 */

import type { Usage } from '../../core/conversation/usage.ts';
import { parseTurnId, type TurnId } from '../../core/primitives/ids.ts';

export interface Settlement {
  readonly turnId: TurnId;
  readonly usage: Usage;
  /** Started calls by tool. */
  readonly toolCalls: Readonly<Record<string, number>>;
  /** Not sent earlier: a run that was stopped may still say what its last model call has cost. */
  readonly dueAt: number;
}

type StoredSettlement = { turn_id: string; usage: string; tool_calls: string; due_at: number };

export class SettlementStore {
  readonly #sql: SqlStorage;
  readonly #writeLate: (write: () => void) => void;
  /** A copy of the rows. */
  #owed: Map<TurnId, Settlement> | undefined;

  /** `writeLate` may put the deletion of what was settled off until the next transaction. */
  constructor(sql: SqlStorage, writeLate: (write: () => void) => void) {
    this.#sql = sql;
    this.#writeLate = writeLate;
  }

  add(settlement: Settlement): void {
    const { turnId, usage, toolCalls, dueAt } = settlement;
    const owed = this.#read();
    this.#sql.exec(
      'INSERT INTO settlements (turn_id, usage, tool_calls, due_at) VALUES (?, ?, ?, ?)',
      turnId,
      JSON.stringify(usage),
      JSON.stringify(toolCalls),
      dueAt,
    );
    owed.set(turnId, settlement);
  }

  /** The last word of a run that was stopped. Usage only grows; there is nothing to wait for now. */
  correct(turnId: TurnId, usage: Usage): void {
    const known = this.#read().get(turnId);
    if (known === undefined) return;
    const corrected = { ...known, usage: maxUsage(known.usage, usage), dueAt: 0 };
    this.#sql.exec(
      'UPDATE settlements SET usage = ?, due_at = 0 WHERE turn_id = ?',
      JSON.stringify(corrected.usage),
      turnId,
    );
    this.#read().set(turnId, corrected);
  }

  due(now: number): Settlement[] {
    return [...this.#read().values()].filter(({ dueAt }) => dueAt <= now);
  }

  /** When the next one is due; `undefined` if none is left. */
  nextDueAt(): number | undefined {
    const dueAts = [...this.#read().values()].map(({ dueAt }) => dueAt);
    return dueAts.length === 0 ? undefined : Math.min(...dueAts);
  }

  delete(turnId: TurnId): void {
    if (!this.#read().delete(turnId)) return;
    this.#writeLate(() => this.#sql.exec('DELETE FROM settlements WHERE turn_id = ?', turnId));
  }

  /** After a transaction was rolled back, or storage was wiped: memory may be ahead of it. */
  forget(): void {
    this.#owed = undefined;
  }

  #read(): Map<TurnId, Settlement> {
    this.#owed ??= new Map(
      this.#sql
        .exec<StoredSettlement>('SELECT turn_id, usage, tool_calls, due_at FROM settlements')
        .toArray()
        .flatMap((row): [TurnId, Settlement][] => {
          const turnId = parseTurnId(row.turn_id);
          if (turnId === undefined) return [];
          const usage: Usage = JSON.parse(row.usage);
          const toolCalls = JSON.parse(row.tool_calls);
          return [[turnId, { turnId, usage, toolCalls, dueAt: row.due_at }]];
        }),
    );
    return this.#owed;
  }
}

function maxUsage(a: Usage, b: Usage): Usage {
  return {
    inputTokens: Math.max(a.inputTokens, b.inputTokens),
    outputTokens: Math.max(a.outputTokens, b.outputTokens),
    costMicroUsd: Math.max(a.costMicroUsd, b.costMicroUsd),
  };
}
