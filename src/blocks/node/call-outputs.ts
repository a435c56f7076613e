/**
 * What calls have answered, in the rows of calls: of those of this life of the object no more than there
 * is room for.
 *
 * @module
 */

import type { ToolOutcome } from '../../core/conversation/tool-result.ts';
import { NewestBytes } from '../../core/primitives/newest-bytes.ts';

/** Most of it, in code units as they are stored: the newest. */
const MAX_OUTPUT_UNITS = 536_870_912;

export class CallOutputs {
  readonly #sql: SqlStorage;
  readonly #kept: NewestBytes;

  constructor(sql: SqlStorage, maxUnits = MAX_OUTPUT_UNITS) {
    this.#sql = sql;
    this.#kept = new NewestBytes(maxUnits);
  }

  /** Part of the transaction in which it is written. */
  makeRoomFor(callKey: string, units: number): void {
    for (const old of this.#kept.add(callKey, units)) {
      this.#sql.exec('UPDATE calls SET output = NULL WHERE call_key = ?', old);
    }
  }

  /** Its row is gone. */
  forget(callKey: string): void {
    this.#kept.delete(callKey);
  }
}

/** How a call has ended, by its row. One that ended well, and whose output is not kept, is `unknown`. */
export function readOutcome(text: string, output: string | null): ToolOutcome {
  const outcome: ToolOutcome = JSON.parse(text);
  if (outcome.kind !== 'ok') return outcome;
  if (output === null) return { kind: 'failed', reason: 'unknown', cost: outcome.cost };
  return { ...outcome, output };
}
