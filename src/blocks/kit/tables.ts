/**
 * Which tables an object has. Most are made when they are first needed, so that a store must know
 * whether its own is there; the storage is asked once for all of them.
 *
 * Nothing here opens a transaction. Whoever rolls one back, or wipes the storage, calls
 * {@link Tables.forget}.
 *
 * @module
 */

export class Tables {
  readonly #sql: SqlStorage;
  #names: Set<string> | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  forget(): void {
    this.#names = undefined;
  }

  has(name: string): boolean {
    return this.#read().has(name);
  }

  /** Part of the caller's transaction. `definition` is what follows the name: columns and options. */
  make(name: string, definition: string): void {
    this.makeWith(name, () => this.#sql.exec(`CREATE TABLE ${name} ${definition}`));
  }

  /** The same for a table that somebody else knows how to make. */
  makeWith(name: string, create: () => void): void {
    const names = this.#read();
    if (names.has(name)) return;
    create();
    names.add(name);
  }

  #read(): Set<string> {
    this.#names ??= new Set(
      this.#sql
        .exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'")
        .toArray()
        .map(({ name }) => name),
    );
    return this.#names;
  }
}
