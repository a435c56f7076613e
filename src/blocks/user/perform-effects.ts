/**
 * Carries out what a behaviour wants to have done: all of it, or, if one thing is not allowed, none,
 * and the block ends.
 *
 * @module
 */

import type { Envelope } from '../../core/blocks/block-signal.ts';
import type { BlockRequest, Effect } from '../../core/blocks/effect.ts';
import { effectCapability } from '../../core/blocks/effect-capability.ts';
import type { Authority } from '../../core/policy/authority.ts';
import type { Label } from '../../core/policy/labels.ts';
import type { BlockId } from '../../core/primitives/ids.ts';
import type { StoredMessage } from '../kit/mailbox-store.ts';
import { type OtherAct, performAct } from './act-as-block.ts';
import type { BlockRefusal } from './block-api.ts';
import { type BlockParts, sendSoon } from './block-parts.ts';
import { endBlock } from './end-block.ts';
import type { BlockFacts } from './facts-store.ts';
import { hearNobody } from './hear-signal.ts';
import { findBlockObjection } from './may-act.ts';
import { addRequest } from './request-store.ts';
import { spawnByEffect } from './spawn-by-effect.ts';

export interface Objection {
  readonly capability: string;
  readonly reason: string;
}

/** The first thing that the block may not do. */
export function findEffectObjection(
  effects: readonly Effect[],
  facts: BlockFacts,
  { authority, now }: { readonly authority: Authority | undefined; readonly now: number },
): Objection | undefined {
  for (const effect of effects) {
    const capability = effectCapability(effect);
    if (capability === undefined) continue;
    const reason = findBlockObjection(authority, facts, { capability, now });
    if (reason !== undefined) return { capability, reason };
  }
  return undefined;
}

/** How many of them are messages to others. */
export function countMessages(effects: readonly Effect[]): number {
  return effects.filter(({ type }) => type === 'send' || type === 'reply').length;
}

export interface Effecting {
  readonly facts: BlockFacts;
  readonly message: StoredMessage;
  readonly label: Label;
  /** Is given the answers to calls from outside. */
  readonly answer: (correlationId: string, envelope: Envelope) => void;
}

/**
 * Part of a transaction, which must not be kept where it answers a refusal: an effect is out of bounds. What
 * is sent to a stranger's id is dropped.
 */
export function performEffects(
  parts: BlockParts,
  effects: readonly Effect[],
  effecting: Effecting,
): BlockRefusal | undefined {
  for (const effect of effects) {
    if (parts.facts.alive() === undefined) return undefined;
    const refused = performOne(parts, effect, effecting);
    if (refused?.code === 'limit_reached') return refused;
  }
  return undefined;
}

/** What cannot be done; nothing where that is told in an answer. */
function performOne(
  parts: BlockParts,
  effect: Effect,
  effecting: Effecting,
): BlockRefusal | undefined {
  const { facts, label, message } = effecting;
  const requestId = message.traceId ?? facts.order.requestId;
  switch (effect.type) {
    case 'reply':
      reply(parts, JSON.stringify(effect.body), effecting);
      return undefined;
    case 'exit':
      endBlock(parts, effect.reason === 'kill' ? 'killed' : effect.reason);
      return undefined;
    case 'send': {
      const to = parts.readBlockId(effect.to);
      if (to === undefined) return undefined;
      const envelope = toEnvelope(parts, JSON.stringify(effect.body), effecting);
      parts.pairs.say(to, { kind: 'message', envelope: { ...envelope, label } });
      sendSoon(parts);
      return undefined;
    }
    case 'spawn':
      spawnByEffect(parts, effect, { facts, label, requestId });
      return undefined;
    case 'call-tool':
    case 'memory':
    case 'db':
    case 'env':
      addRequest(parts, { request: effect, label, requestId });
      return undefined;
    default: {
      const act = toAct(parts, effect);
      if (act !== undefined) {
        const done = performAct(parts, facts, act);
        return done.ok ? undefined : done.error;
      }
      if (effect.type === 'link' || effect.type === 'monitor') {
        hearNobody(parts, effect.type, effect.to);
      }
      return undefined;
    }
  }
}

type OtherEffect = Exclude<
  Effect,
  BlockRequest | { readonly type: 'reply' | 'exit' | 'send' | 'spawn' }
>;

function toAct(parts: BlockParts, effect: OtherEffect): OtherAct | undefined {
  switch (effect.type) {
    case 'link':
    case 'unlink':
    case 'monitor': {
      const to = parts.readBlockId(effect.to);
      return to && { kind: effect.type, to };
    }
    case 'demonitor':
      return { kind: 'demonitor', ref: effect.ref, flush: effect.flush };
    case 'trap-exits':
      return { kind: 'trap-exits', on: effect.on };
    case 'cancel-timer':
      return { kind: 'cancel-timer', timerId: effect.timerId };
    case 'timer': {
      const { type: _, everyMs, ...timer } = effect;
      return { kind: 'set-timer', ...timer, ...(everyMs !== undefined && { everyMs }) };
    }
  }
}

/** To a caller as the answer to his call; to a block that merely sent, as a message. */
function reply(parts: BlockParts, body: string, effecting: Effecting): void {
  const { from, correlationId } = effecting.message;
  const envelope = toEnvelope(parts, body, effecting);
  const peer = from.startsWith('block:') ? (from.slice(6) as BlockId) : undefined;
  if (peer === undefined) {
    if (correlationId !== undefined) effecting.answer(correlationId, envelope);
    return;
  }
  const kind = correlationId === undefined ? 'message' : 'reply';
  parts.pairs.say(peer, { kind, envelope });
  sendSoon(parts);
}

function toEnvelope(parts: BlockParts, body: string, { message, label }: Effecting): Envelope {
  const { correlationId, traceId } = message;
  return {
    messageId: parts.newId('msg'),
    body,
    label,
    ...(correlationId !== undefined && { correlationId }),
    ...(traceId !== undefined && { traceId }),
  };
}
