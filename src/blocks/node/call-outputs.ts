/**
 * What calls have answered, in the rows of calls: no more than there is room for.
 *
 * @module
 */

import type { ToolOutcome } from '../../core/conversation/tool-result.ts';
import { NewestBytes } from '../../core/primitives/newest-bytes.ts';

/** Most of it, in code units as they are stored: the newest. */
const MAX_OUTPUT_UNITS = 536_870_912;

export class CallOutputs {
  readonly #sql: SqlStorage;
  readonly #maxUnits: number;
  /** Counted with the first that is written: most lives of the object end before. */
  #kept: NewestBytes | undefined;

  constructor(sql: SqlStorage, maxUnits = MAX_OUTPUT_UNITS) {
    this.#sql = sql;
    this.#maxUnits = maxUnits;
  }

  /** Part of the transaction in which it is written. */
  makeRoomFor(callKey: string, units: number): void {
    this.#kept ??= this.#count();
    this.#drop(this.#kept.add(callKey, units));
  }

  /** Its row is gone. */
  remove(callKey: string): void {
    this.#kept?.delete(callKey);
  }

  /** Memory may be ahead of storage. */
  forget(): void {
    this.#kept = undefined;
  }

  /** What earlier lives have left, by its bytes, which are no fewer; their texts are not read for it. */
  #count(): NewestBytes {
    const kept = new NewestBytes(this.#maxUnits);
    const rows = this.#sql
      .exec<{ call_key: string; bytes: number }>(
        `SELECT call_key, octet_length(output) AS bytes FROM calls
         WHERE output IS NOT NULL ORDER BY at`,
      )
      .toArray();
    for (const { call_key: callKey, bytes } of rows) this.#drop(kept.add(callKey, bytes));
    return kept;
  }

  #drop(callKeys: readonly string[]): void {
    for (const callKey of callKeys) {
      this.#sql.exec('UPDATE calls SET output = NULL WHERE call_key = ?', callKey);
    }
  }
}

/** How a call has ended, by its row. One that ended well, and whose output is not kept, is `unknown`. */
export function readOutcome(text: string, output: string | null): ToolOutcome {
  const outcome: ToolOutcome = JSON.parse(text);
  if (outcome.kind !== 'ok') return outcome;
  if (output === null) return { kind: 'failed', reason: 'unknown', cost: outcome.cost };
  return { ...outcome, output };
}
