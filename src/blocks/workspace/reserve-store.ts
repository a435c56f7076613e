/**
 * Buckets and ledgers of a workspace. A bucket that was never touched is full, and nothing was spent of
 * a budget without a ledger.
 *
 * Memory holds a copy, and gathers what a transaction changes: {@link ReserveStore.flush} writes it.
 * Whoever rolls a transaction back calls {@link ReserveStore.forget}.
 *
 * @module
 */

import type { Bucket } from '../../core/policy/bucket.ts';
import type { LedgerId } from '../../core/policy/budget-ledgers.ts';
import type { Ledger } from '../../core/policy/ledger.ts';
import type { Reserves, StoredReserves } from '../../core/policy/reserves.ts';
import { BucketRows } from './bucket-rows.ts';
import { LedgerRows } from './ledger-rows.ts';
import { RememberedRows } from './remembered-rows.ts';

/** Whose buckets and ledgers a turn draws on. */
export interface ReserveKeys {
  /** `kind:id`. */
  readonly principal: string;
  readonly sessionId: string;
  /** Tools that have a rate of their own. */
  readonly tools: readonly string[];
  readonly ledgers: readonly LedgerId[];
}

const HOLDERS = ['workspace', 'principal', 'session'] as const;

export class ReserveStore {
  readonly #tables: { readonly buckets: BucketRows; readonly ledgers: LedgerRows };
  readonly #buckets: RememberedRows<Bucket>;
  readonly #ledgers: RememberedRows<Ledger>;

  constructor(sql: SqlStorage, now: () => number) {
    this.#tables = { buckets: new BucketRows(sql), ledgers: new LedgerRows(sql, now) };
    this.#buckets = new RememberedRows(this.#tables.buckets);
    this.#ledgers = new RememberedRows(this.#tables.ledgers);
  }

  createTables(): void {
    this.#tables.buckets.createTable();
    this.#tables.ledgers.createTable();
  }

  read(keys: ReserveKeys): StoredReserves {
    const holders = toHolderKeys(keys);
    this.#buckets.load([...Object.values(holders), ...keys.tools.map(toToolKey)]);
    this.#ledgers.load(keys.ledgers.map((ledger) => toLedgerKey(holders, ledger)));
    const shared = HOLDERS.flatMap((holder) => entry(holder, this.#buckets.get(holders[holder])));
    const tools = keys.tools.flatMap((tool) => entry(tool, this.#buckets.get(toToolKey(tool))));
    const ledgers = keys.ledgers.flatMap((id) =>
      entry(id.name, this.#ledgers.get(toLedgerKey(holders, id))),
    );
    return {
      ...Object.fromEntries(shared),
      tools: Object.fromEntries(tools),
      ledgers: Object.fromEntries(ledgers),
    };
  }

  /** Changes memory; the same transaction flushes it. */
  write(keys: ReserveKeys, reserves: Reserves): void {
    const holders = toHolderKeys(keys);
    for (const holder of HOLDERS) this.#buckets.change(holders[holder], reserves[holder]);
    for (const [tool, bucket] of Object.entries(reserves.tools)) {
      this.#buckets.change(toToolKey(tool), bucket);
    }
    for (const id of keys.ledgers) {
      const ledger = reserves.ledgers[id.name];
      if (ledger !== undefined) this.#ledgers.change(toLedgerKey(holders, id), ledger);
    }
  }

  /** Part of a transaction, at its end. */
  flush(): void {
    this.#buckets.flush();
    this.#ledgers.flush();
  }

  forget(): void {
    this.#buckets.forget();
    this.#ledgers.forget();
  }

  sweep(now: number): void {
    this.flush();
    this.#tables.buckets.sweep(now);
    this.#tables.ledgers.sweep(now);
    this.forget();
  }
}

type HolderKeys = Readonly<Record<(typeof HOLDERS)[number], string>>;

function toHolderKeys({
  principal,
  sessionId,
}: Pick<ReserveKeys, 'principal' | 'sessionId'>): HolderKeys {
  return {
    workspace: 'workspace',
    principal: `principal/${principal}`,
    session: `session/${sessionId}`,
  };
}

function toToolKey(tool: string): string {
  return `tool/${tool}`;
}

function toLedgerKey(holders: HolderKeys, { holder, period }: LedgerId): string {
  return `${holders[holder]}/${period}`;
}

function entry<T>(name: string, value: T | undefined): [string, T][] {
  return value === undefined ? [] : [[name, value]];
}
