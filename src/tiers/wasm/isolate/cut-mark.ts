/**
 * Stands where the rest of a line of a log was cut off: its author sees that it was, and whoever looks the
 * log through for secrets that one may have been cut in two.
 *
 * @module
 */

export const CUT_MARK = ' [cut]';
