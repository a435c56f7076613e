/**
 * Why the gateway closes a connection of an executor, as a close code (RFC 6455): 4000 to 4999 are
 * those of this protocol.
 *
 * @module
 */

export const CLOSE_CODES = {
  /** The other side has closed it, and waits for the answer. */
  answered: 1000,
  /** The other side has not proved itself, or wrote what cannot be read. */
  refused: 4001,
  /** A newer connection of the same node has proved itself. */
  replaced: 4002,
  revoked: 4003,
  /** Its clock is too far from the gateway's; the reason says how far ahead, in milliseconds. */
  clock: 4004,
} as const;
