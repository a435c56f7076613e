/**
 * What came of a message: its state, all that it leads to, and its removal are one transaction.
 *
 * @module
 */

import { bodyBytes } from '../../core/blocks/block-body.ts';
import type { Envelope } from '../../core/blocks/block-signal.ts';
import { NO_SPEND, type Spend } from '../../core/policy/ledger.ts';
import type { StoredMessage } from '../kit/mailbox-store.ts';
import type { Processed } from './behavior.ts';
import type { BlockRefusal } from './block-api.ts';
import { type BlockParts, transact } from './block-parts.ts';
import { deadLetter } from './dead-letters.ts';
import { endBlock } from './end-block.ts';
import { crash } from './may-act.ts';
import {
  countMessages,
  type Effecting,
  findEffectObjection,
  type Objection,
  performEffects,
} from './perform-effects.ts';
import { settleMessage, spend } from './spend-budget.ts';
import type { StateStore } from './state-store.ts';

/** Lives that a message may end before it is set aside. */
const MAX_ATTEMPTS = 3;

export interface Committing {
  readonly message: StoredMessage;
  readonly state: StateStore;
  /** Gives the answer to a call from outside; `false` if nobody waits any more. */
  readonly answer: (correlationId: string, envelope: Envelope) => boolean;
}

/**
 * Goes by what the block may do now, not by what it might when the message was taken up. Of a message
 * that was taken away meanwhile, as a checkpoint that is restored takes all, nothing comes.
 */
export async function commitMessage(
  parts: BlockParts,
  { message, state, answer }: Committing,
  processed: Exclude<Processed, { readonly kind: 'later' }>,
): Promise<void> {
  const before = parts.facts.alive();
  if (before === undefined) return;
  const used = ('used' in processed && processed.used) || NO_SPEND;
  if (isTakenAway(parts, message, used)) return;
  if (processed.kind === 'lacking') return lack(parts, message, { objection: processed });
  if (processed.kind === 'crashed') return fail(parts, message, { code: processed.code, used });
  const { effects, label } = processed;
  if (processed.state !== undefined && isTooLarge(processed.state, before.order.limits)) {
    return fail(parts, message, { code: 'state_too_large', used });
  }
  const authority = effects.length === 0 ? undefined : await parts.creatorAuthority(before);
  const facts = parts.facts.alive();
  if (facts === undefined || isTakenAway(parts, message, used)) return;
  const objection = findEffectObjection(effects, facts, { authority, now: parts.now() });
  if (objection !== undefined) return lack(parts, message, { objection, used });
  const answers: Parameters<Committing['answer']>[] = [];
  const collect: Effecting['answer'] = (...given) => void answers.push(given);
  const refused = transactUnless(parts, () => {
    settleMessage(parts, message, used);
    if (!spend(parts, { messages: countMessages(effects) }).ok) {
      failMessage(parts, message, 'budget_exhausted');
      return undefined;
    }
    parts.mailbox.remove(message.seq);
    if (processed.state !== undefined) state.write(processed.state, label);
    return performEffects(parts, effects, { facts, message, label, answer: collect });
  });
  if (refused !== undefined) return fail(parts, message, { code: refused.code, used });
  // Nobody hears of what is not written.
  const late = answers.filter((given) => !answer(...given));
  if (late.length > 0) transact(parts, () => late.map(() => parts.facts.count('lateReplies')));
}

/** All of the change, or, where it answers a refusal, nothing of it. */
function transactUnless(
  parts: BlockParts,
  change: () => BlockRefusal | undefined,
): BlockRefusal | undefined {
  let refused: BlockRefusal | undefined;
  try {
    transact(parts, () => {
      refused = change();
      if (refused !== undefined) throw new Error('undone');
    });
  } catch (thrown) {
    if (refused === undefined) throw thrown;
  }
  return refused;
}

/** Part of a transaction: ends this life over the message, which keeps count of that. */
export function failMessage(parts: BlockParts, { seq }: StoredMessage, code: string): void {
  if (parts.mailbox.countAttempt(seq) >= MAX_ATTEMPTS) deadLetter(parts, seq, code);
  endBlock(parts, { crash: code });
}

/** What it has used is paid all the same. */
function isTakenAway(parts: BlockParts, message: StoredMessage, used: Spend): boolean {
  if (parts.mailbox.has(message.seq)) return false;
  transact(parts, () => settleMessage(parts, message, used));
  return true;
}

function isTooLarge(state: string, { stateBytes }: { readonly stateBytes: number }): boolean {
  return bodyBytes(state) > stateBytes;
}

function fail(
  parts: BlockParts,
  message: StoredMessage,
  { code, used }: { readonly code: string; readonly used: Spend },
): void {
  transact(parts, () => {
    settleMessage(parts, message, used);
    failMessage(parts, message, code);
  });
}

/** It wanted to do what the block may not: that ends the block, and the message is gone. */
function lack(
  parts: BlockParts,
  message: StoredMessage,
  { objection, used = NO_SPEND }: { readonly objection: Objection; readonly used?: Spend },
): void {
  const order = parts.facts.alive()?.order;
  if (order === undefined) return;
  transact(parts, () => {
    settleMessage(parts, message, used);
    parts.mailbox.remove(message.seq);
    crash(parts, order, objection);
  });
}
