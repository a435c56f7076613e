/**
 * Slices that must still be given back to the workspace: one row for each ended turn, written with
 * the turn's end and deleted once the workspace has answered.
 *
 * @module
 */

import { NO_USAGE, type Usage } from '../../core/conversation/usage.ts';
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

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  add({ turnId, usage, toolCalls, dueAt }: Settlement): void {
    this.#sql.exec(
      'INSERT INTO settlements (turn_id, usage, tool_calls, due_at) VALUES (?, ?, ?, ?)',
      turnId,
      JSON.stringify(usage),
      JSON.stringify(toolCalls),
      dueAt,
    );
  }

  /** The last word of a run that was stopped. Usage only grows; there is nothing to wait for now. */
  correct(turnId: TurnId, usage: Usage): void {
    const [row] = this.#sql
      .exec<{ usage: string }>('SELECT usage FROM settlements WHERE turn_id = ?', turnId)
      .toArray();
    if (row === undefined) return;
    this.#sql.exec(
      'UPDATE settlements SET usage = ?, due_at = 0 WHERE turn_id = ?',
      JSON.stringify(maxUsage(JSON.parse(row.usage), usage)),
      turnId,
    );
  }

  due(now: number): Settlement[] {
    return this.#sql
      .exec<StoredSettlement>(
        'SELECT turn_id, usage, tool_calls, due_at FROM settlements WHERE due_at <= ?',
        now,
      )
      .toArray()
      .flatMap((row) => {
        const turnId = parseTurnId(row.turn_id);
        if (turnId === undefined) return [];
        const usage: Usage = JSON.parse(row.usage);
        return [{ turnId, usage, toolCalls: JSON.parse(row.tool_calls), dueAt: row.due_at }];
      });
  }

  /** When the next one is due; `undefined` if none is left. */
  nextDueAt(): number | undefined {
    const { due_at: dueAt } = this.#sql
      .exec<{ due_at: number | null }>('SELECT min(due_at) AS due_at FROM settlements')
      .one();
    return dueAt ?? undefined;
  }

  delete(turnId: TurnId): void {
    this.#sql.exec('DELETE FROM settlements WHERE turn_id = ?', turnId);
  }
}

function maxUsage(a: Usage, b: Usage = NO_USAGE): Usage {
  return {
    inputTokens: Math.max(a.inputTokens, b.inputTokens),
    outputTokens: Math.max(a.outputTokens, b.outputTokens),
    costMicroUsd: Math.max(a.costMicroUsd, b.costMicroUsd),
  };
}
