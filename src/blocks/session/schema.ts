/**
 * The tables of a session block that hold the conversation. They are made when the session is,
 * so that asking for a session that does not exist writes nothing.
 *
 * @module
 */

const TABLES = [
  `CREATE TABLE session (
    id INTEGER PRIMARY KEY CHECK (id = 1), facts TEXT NOT NULL,
    revision INTEGER NOT NULL, deleted INTEGER NOT NULL
  ) STRICT`,
  // `facts` never changes; `input` holds the messages of a turn until it starts.
  `CREATE TABLE turns (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, status TEXT NOT NULL, facts TEXT, input TEXT,
    revision INTEGER NOT NULL, epoch INTEGER NOT NULL, lease_until INTEGER NOT NULL,
    deadline_at INTEGER NOT NULL, resumes INTEGER NOT NULL
  ) STRICT`,
  // A row holds the entries of one commit; see `journal-store.ts` for its place.
  `CREATE TABLE journal (
    place INTEGER PRIMARY KEY, events INTEGER NOT NULL, at INTEGER NOT NULL, body TEXT
  ) STRICT`,
  // A row holds messages that were added together, numbered up to `last_seq`.
  `CREATE TABLE messages (
    last_seq INTEGER PRIMARY KEY, first_seq INTEGER NOT NULL, turn INTEGER NOT NULL,
    is_input INTEGER NOT NULL, body TEXT
  ) STRICT`,
  `CREATE TABLE idempotency (
    principal TEXT NOT NULL, key TEXT NOT NULL, body_hash TEXT NOT NULL, turn_id TEXT NOT NULL,
    expires_at INTEGER NOT NULL, PRIMARY KEY (principal, key)
  ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE settlements (
    turn_id TEXT PRIMARY KEY, reservation TEXT NOT NULL, usage TEXT NOT NULL,
    tool_calls TEXT NOT NULL, due_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID`,
] as const;

export function hasSession(sql: SqlStorage): boolean {
  return hasTable(sql, 'session');
}

export function createSessionTables(sql: SqlStorage): void {
  for (const table of TABLES) sql.exec(table);
}

/**
 * All that users and models wrote; what the outbox and the settlements need stays. The tables stay too:
 * none can be dropped while a cursor is open, whatever it reads.
 */
export function deleteConversation(sql: SqlStorage): void {
  for (const table of ['turns', 'journal', 'messages', 'idempotency', 'value_parts']) {
    sql.exec(`DELETE FROM ${table}`);
  }
  for (const table of ['shortened', 'summary_job']) {
    if (hasTable(sql, table)) sql.exec(`DELETE FROM ${table}`);
  }
  clearWords(sql);
}

/** Indexes of words: the present one, and that of before. */
const INDEXES = ['message_terms', 'message_words'];

/** Part of a transaction: empties the indexes of words, which hold no rows to be deleted. */
export function clearWords(sql: SqlStorage): void {
  for (const index of INDEXES) {
    if (hasTable(sql, index)) sql.exec(`INSERT INTO ${index} (${index}) VALUES ('delete-all')`);
  }
}

function hasTable(sql: SqlStorage, name: string): boolean {
  return sql.exec('SELECT 1 FROM sqlite_master WHERE name = ?', name).toArray().length > 0;
}
