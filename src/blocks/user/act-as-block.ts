/**
 * What an owner or a behaviour does as the block: links, monitors, messages, children, exits.
 *
 * Each act needs one capability, asked at the moment of acting; without it the block ends. What an act
 * says to others is written with it, and told after it.
 *
 * @module
 */

import { toPrincipalName } from '../../core/policy/principal.ts';
import type { BlockId } from '../../core/primitives/ids.ts';
import { err, ok, type Result } from '../../core/primitives/result.ts';
import { setLink } from '../../core/supervision/link-table.ts';
import type { BlockAct, BlockActAnswer, BlockActor, BlockRefusal } from './block-api.ts';
import { type BlockParts, creatorName, sendSoon, transact } from './block-parts.ts';
import { type BlockLines, callAsBlock } from './call-as-block.ts';
import { DIRECTORY } from './end-block.ts';
import type { BlockFacts } from './facts-store.ts';
import { crashOfCapability, findBlockObjection } from './may-act.ts';
import { hasBudget } from './present-facts.ts';
import { endedMeanwhile, NOPROC, NOT_OWNED, refusal, TOO_MANY_RELATIONS } from './refusals.ts';
import { cancelUserTimer, setUserTimer } from './send-after.ts';
import { sendAll } from './send-as-block.ts';
import { spawnChild } from './spawn-child.ts';
import { exhausted, spend } from './spend-budget.ts';

const CAPABILITY_OF = {
  send: 'block:send',
  'send-many': 'block:send',
  call: 'block:send',
  spawn: 'block:spawn',
  link: 'block:link',
  unlink: 'block:link',
  monitor: 'block:monitor',
  demonitor: 'block:monitor',
  exit: 'block:exit',
  'trap-exits': 'block:trap_exit',
  // The directory asks for the principal's `block:name` and `block:group`.
  'be-listed': undefined,
  'set-timer': undefined,
  'cancel-timer': undefined,
  named: undefined,
} as const satisfies Record<BlockAct['kind'], string | undefined>;

export interface Acting {
  readonly actor: BlockActor;
  readonly act: BlockAct;
  /** Whether he may by now: what was revoked while he waited gives him nothing. */
  readonly mayStill: (actor: BlockActor) => Promise<boolean>;
}

export async function actAsBlock(
  parts: BlockParts,
  lines: BlockLines,
  { actor, act, mayStill }: Acting,
): Promise<Result<BlockActAnswer, BlockRefusal>> {
  const allowed = await requireCapability(parts, actor, CAPABILITY_OF[act.kind]);
  if (!allowed.ok) return allowed;
  const facts = allowed.value;
  if (isSending(act)) {
    const messages = act.kind === 'send-many' ? act.envelopes.length : 1;
    const paid = hasBudget(facts) ? transact(parts, () => spend(parts, { messages })) : PAID;
    if (!paid.ok) return err(exhausted(paid.error));
    const sent = await sendOut(parts, lines, act);
    const hasWaited = sent.ok && sent.value.kind === 'answered';
    return hasWaited && !(await mayStill(actor)) ? err(endedMeanwhile('block:send')) : sent;
  }
  const done = transact(parts, () => performAct(parts, facts, act));
  parts.flush();
  return done;
}

type SendingAct = Extract<BlockAct, { readonly kind: 'send' | 'send-many' | 'call' }>;

function isSending(act: BlockAct): act is SendingAct {
  return act.kind === 'send' || act.kind === 'send-many' || act.kind === 'call';
}

async function sendOut(parts: BlockParts, lines: BlockLines, act: SendingAct): Promise<Done> {
  switch (act.kind) {
    case 'call':
      return await callAsBlock(parts, lines, act);
    case 'send-many':
      return ok({ kind: 'sent-many', sent: await sendAll(lines.courier, act) });
    case 'send': {
      const [sent] = await sendAll(lines.courier, { to: act.to, envelopes: [act.envelope] });
      return sent === undefined ? err(NOPROC) : ok({ kind: 'sent', ...sent });
    }
  }
}

/** The facts of a block that may; one that may not is ended here, unless a stranger asked. */
export async function requireCapability(
  parts: BlockParts,
  actor: BlockActor,
  capability: string | undefined,
): Promise<Result<BlockFacts, BlockRefusal>> {
  const before = parts.facts.alive();
  if (before === undefined) return err(NOPROC);
  if (!isOwner(before, actor)) return err(NOT_OWNED);
  if (capability === undefined) return ok(before);
  const authority = await parts.creatorAuthority(before);
  // It may have ended while the workspace was asked.
  const facts = parts.facts.alive();
  if (facts === undefined) return err(NOPROC);
  const objection = findBlockObjection(authority, facts, { capability, now: parts.now() });
  if (objection === undefined) return ok(facts);
  crashOfCapability(parts, facts, { capability, reason: objection });
  return err(refusal('denied', 'The block lacks the capability, and has ended', { capability }));
}

/** Whoever created it, and whoever may act for all. */
export function isOwner(facts: BlockFacts, { principal, ownsAll }: BlockActor): boolean {
  return ownsAll || toPrincipalName(principal) === creatorName(facts);
}

/** What is done at once: nobody answers to it. */
export type OtherAct = Exclude<BlockAct, SendingAct>;

type Done = Result<BlockActAnswer, BlockRefusal>;

const PAID = ok(true);

const DONE: Done = ok({ kind: 'done' });

/** Part of a transaction, once the act is allowed. */
export function performAct(parts: BlockParts, facts: BlockFacts, act: OtherAct): Done {
  switch (act.kind) {
    case 'spawn':
      return spawnChild(parts, act);
    case 'link':
    case 'unlink':
      return changeLink(parts, facts, { to: act.to, isLinked: act.kind === 'link' });
    case 'monitor':
      return monitor(parts, facts, act.to);
    case 'demonitor':
      return demonitor(parts, act);
    case 'exit':
      parts.pairs.say(act.to, { kind: 'exit', via: 'exit', reason: act.reason });
      sendSoon(parts);
      return DONE;
    case 'be-listed':
      parts.facts.update({ isListed: true });
      return DONE;
    case 'set-timer':
      return setUserTimer(parts, act, facts.order.limits.timers) ? DONE : TOO_MANY_TIMERS;
    case 'cancel-timer':
      return cancelUserTimer(parts, act.timerId) ? DONE : err(NO_TIMER);
    case 'named':
      parts.pairs.say(DIRECTORY, { kind: 'named', name: act.name });
      sendSoon(parts);
      return DONE;
    case 'trap-exits':
      parts.facts.update({ trapsExits: act.on });
      return DONE;
  }
}

function changeLink(
  parts: BlockParts,
  { order }: BlockFacts,
  { to, isLinked }: { readonly to: BlockId; readonly isLinked: boolean },
): Done {
  if (to === order.blockId) return DONE;
  const before = parts.relations.link(to);
  const { row, say } = setLink(before, isLinked);
  if (say === undefined || row === undefined) return DONE;
  if (isLinked && isFull(parts, order.limits.relations)) return TOO_MANY;
  parts.relations.setLink(to, row);
  parts.pairs.say(to, { kind: 'link', link: say });
  sendSoon(parts);
  return DONE;
}

function monitor(parts: BlockParts, { order }: BlockFacts, target: BlockId): Done {
  if (isFull(parts, order.limits.relations)) return TOO_MANY;
  const ref = parts.newId('mon');
  parts.relations.addMonitor(ref, target);
  parts.pairs.say(target, { kind: 'monitor', ref });
  sendSoon(parts);
  return ok({ kind: 'monitoring', ref });
}

/** With `flush`, a down that has come already is taken out of the mailbox. */
function demonitor(
  parts: BlockParts,
  { ref, flush }: Extract<BlockAct, { readonly kind: 'demonitor' }>,
): Done {
  const target = parts.relations.monitored(ref);
  if (target !== undefined) {
    parts.relations.dropMonitor(ref);
    parts.pairs.say(target, { kind: 'demonitor', ref });
    sendSoon(parts);
  }
  if (flush) parts.mailbox.removeSignal('down', ref);
  return DONE;
}

const TOO_MANY_TIMERS: Done = err(
  refusal('limit_reached', 'The block has all the timers it may have'),
);
const NO_TIMER = refusal('noproc', 'The block has no such timer');
const TOO_MANY: Done = err(TOO_MANY_RELATIONS);

function isFull(parts: BlockParts, limit: number): boolean {
  return parts.relations.count() >= limit;
}
