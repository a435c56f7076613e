/**
 * Whether a workspace takes one more of what it holds a few of, so that nobody who may make some takes
 * the room of all others.
 *
 * @module
 */

/** Who must have fewer before there is room for another one. */
export type NoRoom = 'principal-is-full' | 'workspace-is-full';

export interface Room {
  /** Who has made those that there are, each `kind:id`. */
  readonly holders: readonly string[];
  readonly holder: string;
  /** Most of all together. */
  readonly max: number;
  /** Whether he could have changed the policy: his share is all there is. */
  readonly isOperator: boolean;
}

/** The share of one principal is half of what there may be. */
export function findNoRoom({ holders, holder, max, isOperator }: Room): NoRoom | undefined {
  if (holders.length >= max) return 'workspace-is-full';
  const own = holders.filter((name) => name === holder).length;
  return !isOperator && own >= max / 2 ? 'principal-is-full' : undefined;
}
