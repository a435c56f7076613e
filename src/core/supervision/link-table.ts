/**
 * A link as seen from one of its ends, and what the ends tell each other.
 *
 * Links are made and taken down at both ends, and what they say crosses on the way. So each change
 * gets a version above all that this end has seen, and both ends keep the highest: whatever the order,
 * they agree once everything has been heard. A row is kept after `unlink`, so that an older request
 * that was still under way does not bring the link back.
 *
 * @module
 */

export interface LinkRow {
  readonly isLinked: boolean;
  readonly version: number;
}

/** What one end says to the other over the ordered stream of the pair. */
export type LinkSignal = LinkRow;

export interface LinkChange {
  readonly row: LinkRow | undefined;
  /** What the other end must hear; nothing if nothing has changed. */
  readonly say?: LinkSignal;
}

/** Makes or takes down the link from this end. */
export function setLink(row: LinkRow | undefined, isLinked: boolean): LinkChange {
  if ((row?.isLinked ?? false) === isLinked) return { row };
  const next = { isLinked, version: (row?.version ?? 0) + 1 };
  return { row: next, say: next };
}

/** The row after the other end's word. `isSenior` settles a tie: it is true at exactly one end. */
export function hearLink(
  row: LinkRow | undefined,
  said: LinkSignal,
  isSenior: boolean,
): LinkRow | undefined {
  if (row === undefined || said.version > row.version) return said;
  return said.version === row.version && !isSenior ? said : row;
}
