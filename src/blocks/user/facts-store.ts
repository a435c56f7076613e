/**
 * What a block is: its birth order, whether it lives, and what it has counted.
 *
 * One row, with a copy in memory. Whoever rolls a transaction back calls {@link FactsStore.forget}.
 *
 * @module
 */

import type { BlockBudget } from '../../core/blocks/block-budget.ts';
import type { Behavior } from '../../core/blocks/block-spec.ts';
import type { Grant } from '../../core/capabilities/grant.ts';
import type { Spend } from '../../core/policy/ledger.ts';
import type { ExitReason } from '../../core/supervision/exit-reason.ts';
import type { ChunkedValues } from '../kit/chunked-values.ts';
import type { Tables } from '../kit/tables.ts';
import type { BirthOrder } from './block-api.ts';

export interface BlockCounters {
  readonly dropped: number;
  readonly rejected: number;
  readonly deadLettered: number;
  readonly lateReplies: number;
}

export interface BlockFacts {
  readonly order: BirthOrder;
  /** Epoch milliseconds. */
  readonly bornAt: number;
  /** The audit chain has its birth, as far as that is recorded here: see `birth-record.ts`. */
  readonly isRecorded?: true;
  readonly trapsExits: boolean;
  readonly counters: BlockCounters;
  /** It has, or may have, names or memberships that must end with it. */
  readonly isListed?: boolean;
  /** Messages of the life before are still to come; nothing is received before they are here. */
  readonly isInheriting?: boolean;
  /** Since its birth it was upgraded to this. */
  readonly upgrade?: { readonly behavior: Behavior; readonly version: number };
  /** Narrower than at birth. */
  readonly grants?: readonly Grant[];
  /** What is left of its budget, once anything was spent. */
  readonly budget?: BlockBudget;
  /** Taken out of the budget for the message that is being processed. */
  readonly held?: HeldSpend;
  /** Set once it is dead. */
  readonly exit?: { readonly reason: ExitReason; readonly at: number };
}

/** Of one attempt at one message. */
export interface HeldSpend extends Spend {
  readonly seq: number;
  readonly attempts: number;
}

const NO_COUNTS: BlockCounters = { dropped: 0, rejected: 0, deadLettered: 0, lateReplies: 0 };

/** What its two columns are sealed as: a behaviour may hold words of its maker's. */
const BIRTH = 'block/birth';
const REST = 'block/rest';

const COLUMNS = '(id INTEGER PRIMARY KEY, birth TEXT NOT NULL, rest TEXT NOT NULL) STRICT';

type Row = { birth: string; rest: string };

export class FactsStore {
  readonly #sql: SqlStorage;
  readonly #tables: Tables;
  readonly #values: ChunkedValues;
  #facts: BlockFacts | 'none' | undefined;

  constructor(sql: SqlStorage, tables: Tables, values: ChunkedValues) {
    this.#sql = sql;
    this.#tables = tables;
    this.#values = values;
  }

  /** The table exists from birth on: who asks for a block that never was leaves no trace. */
  create(order: BirthOrder, bornAt: number): void {
    this.#tables.make('block', COLUMNS);
    const { order: _, ...rest } = { order, bornAt, trapsExits: false, counters: NO_COUNTS };
    this.#sql.exec(
      'INSERT INTO block (id, birth, rest) VALUES (1, ?, ?)',
      this.#values.seal(BIRTH, JSON.stringify(order)),
      this.#values.seal(REST, JSON.stringify(rest)),
    );
    this.#facts = { order, ...rest };
  }

  forget(): void {
    this.#facts = undefined;
  }

  read(): BlockFacts | undefined {
    this.#facts ??= this.#load();
    return this.#facts === 'none' ? undefined : this.#facts;
  }

  /** The facts of a block that lives. */
  alive(): BlockFacts | undefined {
    const facts = this.read();
    return facts?.exit === undefined ? facts : undefined;
  }

  update(change: Partial<Omit<BlockFacts, 'order'>>): void {
    const facts = this.read();
    if (facts === undefined) return;
    const { order, ...rest } = { ...facts, ...change };
    const text = this.#values.seal(REST, JSON.stringify(rest));
    this.#sql.exec('UPDATE block SET rest = ? WHERE id = 1', text);
    this.#facts = { order, ...rest };
  }

  drop(key: 'held'): void {
    const facts = this.read();
    if (facts === undefined) return;
    const { [key]: _, ...rest } = facts;
    this.#facts = rest;
    this.update({});
  }

  count(counter: keyof BlockCounters): void {
    const counters = this.read()?.counters ?? NO_COUNTS;
    this.update({ counters: { ...counters, [counter]: counters[counter] + 1 } });
  }

  #load(): BlockFacts | 'none' {
    if (!this.#tables.has('block')) return 'none';
    const [row] = this.#sql.exec<Row>('SELECT birth, rest FROM block').toArray();
    if (row === undefined) return 'none';
    const order = JSON.parse(this.#values.open(BIRTH, row.birth));
    return { order, ...JSON.parse(this.#values.open(REST, row.rest)) };
  }
}
