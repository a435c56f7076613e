/**
 * SHA-256 of a text, as tickets, receipts and pins name it.
 *
 * @module
 */

import { createHash } from 'node:crypto';

/** Lower-case hex. */
export function sha256Text(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
