/**
 * Which tables an object has. Most are made when they are first needed, so that a store must know
 * whether its own is there; the storage is asked once for all of them.
 *
 * Nothing here opens a transaction. Whoever rolls one back, or wipes the storage, calls
 * {@link Tables.forget}.
 *
 * @module
 */

/**
 * To a table of an earlier version, if there is one: columns by name, each with its type and default.
 * A column that it has is left as it is.
 */
export function addColumns(
  sql: SqlStorage,
  table: string,
  columns: Readonly<Record<string, string>>,
): void {
  const query = "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?";
  const [found] = sql.exec<{ sql: string }>(query, table).toArray();
  if (found === undefined) return;
  for (const [name, definition] of Object.entries(columns)) {
    if (new RegExp(`\\b${name}\\b`).test(found.sql)) continue;
    sql.exec(`ALTER TABLE ${table} ADD COLUMN ${name} ${definition}`);
  }
}

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
