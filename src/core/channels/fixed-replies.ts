/**
 * What a channel says by itself, without any model. Holds nothing of what was written to it.
 *
 * @module
 */

export const FIXED_REPLIES = {
  asked: 'Your request to talk here was noted. Somebody must approve it first.',
  paired: 'You are paired. You can write now.',
  joined: 'This account now belongs to the same identity.',
  failed: 'That could not be answered. Please try again later.',
  refused: 'That is not answered here.',
  empty: 'There is nothing to say to that.',
} as const;

export type FixedReply = keyof typeof FIXED_REPLIES;
