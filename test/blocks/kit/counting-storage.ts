/** Storage that counts the rows that are looked at. */

export function countingStorage(sql: SqlStorage): {
  readonly sql: SqlStorage;
  /** Of all statements so far. */
  readonly rowsRead: () => number;
} {
  const cursors: { readonly rowsRead: number }[] = [];
  const exec: SqlStorage['exec'] = (query, ...bindings) => {
    const cursor = sql.exec(query, ...bindings);
    cursors.push(cursor);
    return cursor as never;
  };
  const rowsRead = () => cursors.reduce((sum, cursor) => sum + cursor.rowsRead, 0);
  return { sql: { exec } as SqlStorage, rowsRead };
}
