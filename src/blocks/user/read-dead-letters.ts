/**
 * Lets the owner of a block look at its dead letters, also once it has ended. They are messages like those
 * in its mailbox, which nobody else takes out either.
 *
 * @module
 */

import { err, ok } from '../../core/primitives/result.ts';
import { isOwner } from './act-as-block.ts';
import type { BlockActor, BlockAnswer, DeadLetter, LetterPage } from './block-api.ts';
import type { BlockParts } from './block-parts.ts';
import { listDeadLetters } from './dead-letters.ts';
import { NOPROC, NOT_OWNED } from './refusals.ts';

export function readDeadLetters(
  parts: BlockParts,
  actor: BlockActor,
  page: LetterPage,
): BlockAnswer<readonly DeadLetter[]> {
  const facts = parts.facts.read();
  if (facts === undefined) return err(NOPROC);
  return isOwner(facts, actor) ? ok(listDeadLetters(parts, page)) : err(NOT_OWNED);
}
