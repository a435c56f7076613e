/**
 * What a supervisor knows of its children between two events.
 *
 * @module
 */

import type { ChildOrder } from '../../core/blocks/block-spec.ts';
import type { Grant } from '../../core/capabilities/grant.ts';
import type { BlockId } from '../../core/primitives/ids.ts';
import type { ExitReason } from '../../core/supervision/exit-reason.ts';
import type { SupervisorEvent, SupervisorState } from '../../core/supervision/supervisor-state.ts';
import type { ChunkedValues } from '../kit/chunked-values.ts';
import type { Tables } from '../kit/tables.ts';
import type { BlockParts } from '../user/block-parts.ts';

/** The present or last life of a child. */
export interface ChildLife {
  readonly id: BlockId;
  readonly life: number;
  /** Of one that was never born: the last one that was, which has left what the next goes on with. */
  readonly after?: BlockId;
  /** The last number in the mailbox of the last one that was born, once it has ended. */
  readonly lastSeq?: number;
}

/** Of a life: that it is up, or how it ended. */
export interface ChildNews extends Pick<ChildLife, 'id'> {
  readonly ended?: ExitReason;
  readonly lastSeq?: number | undefined;
}

export interface SupervisorRecord {
  readonly state: SupervisorState;
  /** What is spawned, by name. */
  readonly orders: Readonly<Record<string, ChildOrder>>;
  readonly lives: Readonly<Record<string, ChildLife>>;
  /** What was taken away from a child, by name: none of its lives holds more than this. */
  readonly bounds: Readonly<Record<string, readonly Grant[]>>;
  /** What the state machine is to hear at a time, in epoch milliseconds. */
  readonly alarms: readonly { readonly at: number; readonly event: SupervisorEvent }[];
}

/** Of the child of that name. A child may be called `constructor`, which every object has. */
export function ownOf<T>(named: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(named, name) ? named[name] : undefined;
}

const KEY = 'supervisor';

/** In the column of a record that does not fit into it. */
const IN_PARTS = '';

const COLUMNS = '(id INTEGER PRIMARY KEY, record TEXT NOT NULL) STRICT';

export class SupervisorStore {
  readonly #sql: SqlStorage;
  readonly #tables: Tables;
  readonly #values: ChunkedValues;

  constructor(sql: SqlStorage, tables: Tables, values: ChunkedValues) {
    this.#sql = sql;
    this.#tables = tables;
    this.#values = values;
  }

  create(record: SupervisorRecord): void {
    this.#tables.make('supervisor', COLUMNS);
    this.#sql.exec('INSERT INTO supervisor (id, record) VALUES (1, ?)', this.#toColumn(record));
  }

  read(): SupervisorRecord | undefined {
    if (!this.#tables.has('supervisor')) return undefined;
    const { record } = this.#sql.exec<{ record: string }>('SELECT record FROM supervisor').one();
    return JSON.parse(this.#values.unspill(KEY, record === IN_PARTS ? null : record));
  }

  write(record: SupervisorRecord): void {
    this.#sql.exec('UPDATE supervisor SET record = ?', this.#toColumn(record));
  }

  #toColumn(record: SupervisorRecord): string {
    this.#values.delete(KEY);
    return this.#values.spill(KEY, JSON.stringify(record)) ?? IN_PARTS;
  }
}

type Storing = Pick<BlockParts, 'storage' | 'tables' | 'values'>;

export function storeOf({ storage, tables, values }: Storing): SupervisorStore {
  return new SupervisorStore(storage.sql, tables, values);
}

/** Nothing of a block that is no supervisor. */
export function readSupervisor(parts: Storing): SupervisorRecord | undefined {
  return storeOf(parts).read();
}
