/**
 * Which messages a holder has that takes many: a consumer's WebSocket, or a taker under a name. Their
 * leases begin with the holder's id.
 *
 * Read from the mailbox each time, so nothing is forgotten while the block hibernates.
 *
 * @module
 */

import type { ReceivedMessage } from './block-api.ts';
import { type BlockParts, MAIL, transact } from './block-parts.ts';

/** How many messages it holds that are not acknowledged, and whose lease still runs. */
export function countLeases(parts: BlockParts, holder: string): number {
  if (!parts.tables.has('mailbox')) return 0;
  return parts.storage.sql
    .exec<{ count: number }>(
      'SELECT count(*) AS count FROM mailbox WHERE leased_until > ? AND lease GLOB ?',
      ...[parts.now(), `${holder}_*`],
    )
    .one().count;
}

/** In the order in which they came. */
export function readHeld(parts: BlockParts, holder: string): readonly ReceivedMessage[] {
  if (!parts.tables.has('mailbox')) return [];
  const now = parts.now();
  return parts.storage.sql
    .exec<{ lease: string }>(
      'SELECT lease FROM mailbox WHERE leased_until > ? AND lease GLOB ? ORDER BY seq',
      ...[now, `${holder}_*`],
    )
    .toArray()
    .flatMap(({ lease }) => {
      const held = parts.mailbox.leased(lease, now);
      if (held === undefined) return [];
      const { leasedUntil: _, ...message } = held;
      return [{ ...message, lease }];
    });
}

/** All that it holds may be taken by others at once. */
export function releaseLeases(parts: BlockParts, holder: string): void {
  if (!parts.tables.has('mailbox')) return;
  transact(parts, () => {
    parts.storage.sql.exec(
      'UPDATE mailbox SET lease = NULL, leased_until = 0 WHERE lease GLOB ?',
      `${holder}_*`,
    );
  });
  parts.waiters.wake(MAIL);
}

/** It is done with all that it holds. */
export function removeHeld(parts: BlockParts, holder: string): void {
  transact(parts, () => {
    for (const { seq } of readHeld(parts, holder)) parts.mailbox.remove(seq);
  });
  parts.waiters.wake(MAIL);
}
