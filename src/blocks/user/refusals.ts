/**
 * How a block says no to whoever asked from outside.
 *
 * @module
 */

import type { BlockRefusal } from './block-api.ts';

export function refusal(
  code: BlockRefusal['code'],
  detail: string,
  more: Omit<BlockRefusal, 'code' | 'detail'> = {},
): BlockRefusal {
  return { code, detail, ...more };
}

/** Never issued, of another workspace, dead, or forgotten: there is no telling which. */
export const NOPROC: BlockRefusal = refusal('noproc', 'There is no such block');

export const NOT_OWNED: BlockRefusal = refusal('denied', 'Only its owner may act as a block', {
  capability: 'block:own',
});

/** What somebody waited for came when he was not to have it any more. */
export function endedMeanwhile(capability: string): BlockRefusal {
  return refusal('denied', 'What allowed to wait for it has ended meanwhile', { capability });
}

export const MAILBOX_FULL: BlockRefusal = refusal(
  'mailbox_full',
  'The mailbox of the block is full',
);

export const TOO_MANY_RELATIONS: BlockRefusal = refusal(
  'limit_reached',
  'The block has all the relations it may have',
);

export const OTHER_BODY: BlockRefusal = refusal(
  'conflict',
  'The message id was used for another body',
);

export const UNANSWERED: BlockRefusal = refusal(
  'deadline_exceeded',
  'The block has not answered in time',
);

export function tooManyIds(retryAfterMs: number): BlockRefusal {
  return refusal('rate_limited', 'The block knows too many ids of messages', { retryAfterMs });
}

export function tooFast(retryAfterMs: number): BlockRefusal {
  return refusal('rate_limited', 'The block takes no more messages in a second', { retryAfterMs });
}
