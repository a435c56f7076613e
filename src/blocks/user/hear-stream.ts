/**
 * What another block has said, in order: each number is dealt with once.
 *
 * @module
 */

import type { Acceptance, Envelope, NumberedSignal } from '../../core/blocks/block-signal.ts';
import type { BlockId } from '../../core/primitives/ids.ts';
import { giveBirth } from './birth.ts';
import type { AcceptedStream, BirthOrder } from './block-api.ts';
import { type BlockParts, transact } from './block-parts.ts';
import type { Calls } from './calls.ts';
import { hearSignal } from './hear-signal.ts';

interface Stream {
  readonly from: BlockId;
  readonly signals: readonly NumberedSignal[];
}

/**
 * In one transaction. Known ones are absorbed. Numbers may be left out: they were given to what was
 * never said in the end. Nothing is ever said before what has a lower number was dealt with.
 */
export function hearStream(parts: BlockParts, calls: Calls, stream: Stream): AcceptedStream {
  return transact(parts, () => {
    bearFirst(parts, stream);
    return parts.facts.alive() === undefined ? { kind: 'noproc' } : hearAll(parts, calls, stream);
  });
}

/** A child's first word from its parent is what it is. */
function bearFirst(parts: BlockParts, { signals: [first] }: Stream): void {
  if (first?.seq !== 1 || first.signal.kind !== 'birth') return;
  giveBirth(parts, first.signal.order as BirthOrder);
}

function hearAll(parts: BlockParts, calls: Calls, { from, signals }: Stream): AcceptedStream {
  const answers: Record<number, Acceptance> = {};
  const before = parts.pairs.heard(from);
  let heard = before;
  for (const { seq, signal } of signals) {
    if (seq <= heard) continue;
    heard = seq;
    const answer =
      signal.kind === 'reply'
        ? hearReply(parts, calls, signal.envelope)
        : hearSignal(parts, from, signal);
    if (answer !== undefined) answers[seq] = answer;
  }
  if (heard !== before) parts.pairs.setHeard(from, heard);
  return { kind: 'accepted', upTo: heard, answers };
}

function hearReply(parts: BlockParts, calls: Calls, envelope: Envelope): undefined {
  const isAwaited = calls.answer(envelope.correlationId ?? '', envelope);
  if (!isAwaited) parts.facts.count('lateReplies');
}
