/**
 * Timers that a block has set for itself: a message to itself later, once or again and again.
 *
 * Rows like everything else, so they outlive any crash; those that were missed while nothing ran come
 * at once, and an interval that was missed several times comes once. They are signals: outside the
 * limits of the mailbox, and never dropped.
 *
 * @module
 */

import { PRINCIPAL_LABEL } from '../../core/policy/labels.ts';
import type { JsonValue } from '../../core/primitives/json.ts';
import type { UserTimer } from './block-api.ts';
import { type BlockParts, MAIL } from './block-parts.ts';

/** The task on the block's one alarm that serves all of these. */
const USER_TIMER = 'user-timers';

const COLUMNS = `(
  timer_id TEXT PRIMARY KEY, due_at INTEGER NOT NULL, every_ms INTEGER, body TEXT NOT NULL
) STRICT, WITHOUT ROWID`;

type Row = {
  timer_id: string;
  due_at: number;
  every_ms: number | null;
  body: string;
};

/**
 * Part of a transaction. One of the same id is set anew. `false` if there are as many as there may be.
 */
export function setUserTimer(parts: BlockParts, timer: UserTimer, limit: number): boolean {
  const { sql } = parts.storage;
  parts.tables.make('user_timers', COLUMNS);
  const { count } = sql
    .exec<{ count: number }>(
      'SELECT count(*) AS count FROM user_timers WHERE timer_id <> ?',
      timer.timerId,
    )
    .one();
  if (count >= limit) return false;
  sql.exec(
    'INSERT OR REPLACE INTO user_timers (timer_id, due_at, every_ms, body) VALUES (?, ?, ?, ?)',
    timer.timerId,
    parts.now() + timer.afterMs,
    timer.everyMs ?? null,
    parts.values.seal(timerKey(timer.timerId), JSON.stringify(timer.body)),
  );
  arm(parts);
  return true;
}

/** Part of a transaction. A message that has come already stays; `false` if there is no such timer. */
export function cancelUserTimer(parts: BlockParts, timerId: string): boolean {
  if (!parts.tables.has('user_timers')) return false;
  const gone = parts.storage.sql
    .exec('DELETE FROM user_timers WHERE timer_id = ? RETURNING timer_id', timerId)
    .toArray();
  arm(parts);
  return gone.length > 0;
}

/** Part of a transaction: those that are due become messages, in the order in which they were due. */
export function ringUserTimers(parts: BlockParts): void {
  if (!parts.tables.has('user_timers')) return;
  const now = parts.now();
  const due = parts.storage.sql
    .exec<Row>('SELECT * FROM user_timers WHERE due_at <= ? ORDER BY due_at, timer_id', now)
    .toArray();
  for (const row of due) ring(parts, row, now);
  arm(parts);
  if (due.length > 0) parts.waiters.wake(MAIL);
}

function ring(parts: BlockParts, { timer_id: ref, due_at: dueAt, ...row }: Row, now: number): void {
  const order = parts.facts.alive()?.order;
  if (order === undefined) return;
  const body: JsonValue = JSON.parse(parts.values.open(timerKey(ref), row.body));
  parts.mailbox.add(
    {
      messageId: parts.newId('sig'),
      from: `block:${order.blockId}`,
      label: PRINCIPAL_LABEL,
      signal: true,
    },
    JSON.stringify({ type: 'timer', from: order.blockId, ref, body }),
  );
  const { sql } = parts.storage;
  if (row.every_ms === null) sql.exec('DELETE FROM user_timers WHERE timer_id = ?', ref);
  else {
    const missed = Math.floor((now - dueAt) / row.every_ms);
    const next = dueAt + (missed + 1) * row.every_ms;
    sql.exec('UPDATE user_timers SET due_at = ? WHERE timer_id = ?', next, ref);
  }
}

function timerKey(timerId: string): string {
  return `timer/${timerId}`;
}

/** Moves the alarm to the earliest of them. */
function arm(parts: BlockParts): void {
  const { at } = parts.storage.sql
    .exec<{ at: number | null }>('SELECT min(due_at) AS at FROM user_timers')
    .one();
  if (at === null) parts.timers.clear(USER_TIMER);
  else parts.timers.set(USER_TIMER, at);
}
