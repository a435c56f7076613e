/**
 * Names out of an upload, made fit to be shown.
 *
 * @module
 */

/** Longest piece of a name that is shown, in UTF-16 code units. */
const MAX_SHOWN_LENGTH = 80;

/** Printable ASCII as it is, everything else escaped, cut to a length that fits a line. */
export function toVisibleName(name: string): string {
  const shown = name
    .slice(0, MAX_SHOWN_LENGTH)
    .replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return name.length > MAX_SHOWN_LENGTH ? `${shown}…` : shown;
}
