/**
 * The state of a behaviour, with the label of all that it was made from.
 *
 * @module
 */

import { joinLabels, type Label, PRINCIPAL_LABEL } from '../../core/policy/labels.ts';
import type { BlockParts } from './block-parts.ts';

export interface BehaviorState {
  /** JSON. */
  readonly text: string;
  readonly label: Label;
}

const KEY = 'state';

const COLUMNS = '(id INTEGER PRIMARY KEY, text TEXT, label TEXT NOT NULL) STRICT';

type Row = { text: string | null; label: string };

type StateParts = Pick<BlockParts, 'storage' | 'tables' | 'values'>;

export class StateStore {
  readonly #parts: StateParts;

  constructor(parts: StateParts) {
    this.#parts = parts;
  }

  /** What was written last; nothing if nothing was. */
  read(): BehaviorState | undefined {
    const { storage, tables, values } = this.#parts;
    if (!tables.has('state')) return undefined;
    const [row] = storage.sql.exec<Row>('SELECT text, label FROM state').toArray();
    return row && { text: values.unspill(KEY, row.text), label: JSON.parse(row.label) };
  }

  /** Part of a transaction: as at birth. */
  clear(): void {
    if (this.read() === undefined) return;
    this.#parts.values.delete(KEY);
    this.#parts.storage.sql.exec('DELETE FROM state');
  }

  /** Part of a transaction. Labels only ever join: what state was made from stays with it. */
  write(text: string, made: Label): void {
    const before = this.read()?.label ?? PRINCIPAL_LABEL;
    const { storage, tables, values } = this.#parts;
    tables.make('state', COLUMNS);
    values.delete(KEY);
    storage.sql.exec(
      'INSERT OR REPLACE INTO state (id, text, label) VALUES (1, ?, ?)',
      values.spill(KEY, text),
      JSON.stringify(joinLabels(before, made)),
    );
  }
}
