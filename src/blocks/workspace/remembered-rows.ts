/**
 * Rows of a table that nobody else writes: memory holds a copy of those that were used lately, and
 * gathers what a transaction changes until {@link RememberedRows.flush} writes it.
 *
 * @module
 */

/** Rows in memory; beyond that number all are read anew. */
const MAX_REMEMBERED = 4_096;

/** How rows are read and written, many at once. */
export interface Rows<T> {
  /** `keys` is a JSON array. Those without a row are absent. */
  select(keys: string): Iterable<readonly [key: string, value: T]>;
  replace(rows: readonly (readonly [key: string, value: T])[]): void;
}

export class RememberedRows<T> {
  readonly #rows: Rows<T>;
  /** By key, as they will be stored; `undefined` for those without a row. */
  readonly #known = new Map<string, T | undefined>();
  readonly #changed = new Set<string>();

  constructor(rows: Rows<T>) {
    this.#rows = rows;
  }

  /** Makes sure that memory holds these. */
  load(keys: readonly string[]): void {
    if (this.#known.size > MAX_REMEMBERED && this.#changed.size === 0) this.#known.clear();
    const missing = keys.filter((key) => !this.#known.has(key));
    if (missing.length === 0) return;
    for (const key of missing) this.#known.set(key, undefined);
    for (const [key, value] of this.#rows.select(JSON.stringify(missing))) {
      this.#known.set(key, value);
    }
  }

  /** One that was loaded, if it has a row. */
  get(key: string): T | undefined {
    return this.#known.get(key);
  }

  /** Changes memory; the same transaction flushes it. */
  change(key: string, value: T): void {
    this.#known.set(key, value);
    this.#changed.add(key);
  }

  /** Part of a transaction, at its end. */
  flush(): void {
    if (this.#changed.size === 0) return;
    const changed = [...this.#changed].flatMap((key) => {
      const value = this.#known.get(key);
      return value === undefined ? [] : [[key, value] as const];
    });
    this.#rows.replace(changed);
    this.#changed.clear();
  }

  /** After a transaction was rolled back, or rows were deleted. */
  forget(): void {
    this.#known.clear();
    this.#changed.clear();
  }
}
