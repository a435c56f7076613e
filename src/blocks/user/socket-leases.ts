/**
 * Which messages a consumer's WebSocket holds: its leases begin with its id.
 *
 * Read from the mailbox each time, so nothing is forgotten while the block hibernates.
 *
 * @module
 */

import { type BlockParts, MAIL, transact } from './block-parts.ts';

/** How many messages it holds that are not acknowledged, and whose lease still runs. */
export function countLeases(parts: BlockParts, socketId: string): number {
  if (!parts.tables.has('mailbox')) return 0;
  return parts.storage.sql
    .exec<{ count: number }>(
      'SELECT count(*) AS count FROM mailbox WHERE leased_until > ? AND lease GLOB ?',
      parts.now(),
      `${socketId}_*`,
    )
    .one().count;
}

/** All that it holds may be taken by others at once. */
export function releaseLeases(parts: BlockParts, socketId: string): void {
  if (!parts.tables.has('mailbox')) return;
  transact(parts, () => {
    parts.storage.sql.exec(
      'UPDATE mailbox SET lease = NULL, leased_until = 0 WHERE lease GLOB ?',
      `${socketId}_*`,
    );
  });
  parts.waiters.wake(MAIL);
}
