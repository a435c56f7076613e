/**
 * Stands where the rest of a line of a log was cut off: its author sees that it was, and whoever looks the
 * log through for secrets that one may have been cut in two.
 *
 * @module
 */

export const CUT_MARK = ' [cut]';

/** At most so many UTF-16 code units of a text; behind them the mark, where it has more. */
export function cutWithMark(text: string, maxLength: number): string {
  return text.length > maxLength ? text.slice(0, maxLength) + CUT_MARK : text;
}
