/**
 * What the status of an answer says about whether a message was sent.
 *
 * @module
 */

import type { SendAnswer, SendOutcome } from './adapter.ts';

/**
 * Only 429 is a promise that nothing was done. A server that failed may have failed after it had sent
 * the message, so nobody can tell.
 */
export function judgeStatus({ status, retryAfterMs }: SendAnswer): SendOutcome {
  if (status >= 200 && status < 300) return { kind: 'sent' };
  if (status === 429) return { kind: 'busy', ...(retryAfterMs !== undefined && { retryAfterMs }) };
  if (status >= 500 || status === 408) return { kind: 'unsure' };
  return { kind: 'refused', code: `http_${status}` };
}
