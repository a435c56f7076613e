/**
 * Counts the attempts at a reply that no run has lived to journal: their provider is paid all the same.
 *
 * Known are those of which text was journaled. One that was lost before its first word left nothing.
 *
 * @module
 */

import type { LostReply } from '../../core/conversation/turn.ts';

/** With the attempt whose text is there without its reply, if there is one. */
export function countLost(
  before: LostReply | undefined,
  openTexts: ReadonlyMap<number, string>,
): LostReply | undefined {
  const [open] = openTexts;
  if (open === undefined) return before;
  const [round, text] = open;
  const { attempts, characters } =
    before?.round === round ? before : { attempts: 0, characters: 0 };
  return { round, attempts: attempts + 1, characters: characters + text.length };
}
