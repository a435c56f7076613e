/**
 * The turn of one update: found again by the update however often it is asked for.
 *
 * @module
 */

import type { Attachment, Update } from '../../channels/update.ts';
import type { Grant } from '../../core/capabilities/grant.ts';
import type { ChannelSpec } from '../../core/channels/channel-spec.ts';
import { labelOfMessage } from '../../core/channels/judge-sender.ts';
import type { Spend } from '../../core/policy/ledger.ts';
import type { SessionId } from '../../core/primitives/ids.ts';
import { sha256Hex } from '../kit/keys.ts';
import type { AdmitTurn } from '../session/session-api.ts';
import { type ChannelParts, senderPrincipal } from './channel-parts.ts';
import type { StoredChannel } from './channel-store.ts';

interface TurnOrder {
  readonly update: Omit<Update, 'replyToken'>;
  readonly principal: string;
  readonly sessionId: SessionId;
  /** What its sender has left of today's budget. */
  readonly ceiling: Spend;
  /** What he may do. */
  readonly grants: readonly Grant[];
}

/** By which the turn of an update is found again. */
export function turnKey(channel: string, updateId: string): string {
  return `${channel}/${updateId}`;
}

export function toAdmission(
  parts: ChannelParts,
  channel: StoredChannel,
  { update, principal: id, sessionId, ceiling, grants }: TurnOrder,
): AdmitTurn {
  const { spec, requestId, creator } = channel;
  const principal = senderPrincipal(parts, { creator, grants }, id);
  const content = toWords(spec, update);
  const { model, system } = spec;
  const create = { sessionId, principal, requestId, title: `channel ${spec.name}` };
  return {
    ...{ sessionId, principal, requestId, ceiling },
    driver: model === undefined ? { kind: 'default-model' } : { kind: 'model', model },
    messages: [{ role: 'user', content, label: labelOfMessage(spec.access, update.isForwarded) }],
    create: { ...create, ...(system !== undefined && { system }) },
    idempotency: { key: turnKey(spec.name, update.updateId), bodyHash: sha256Hex(content) },
  };
}

/** What the sender wrote, and below it what came along: a line for each, never its content. */
function toWords({ attachments: limits }: ChannelSpec, { text, attachments }: TurnOrder['update']) {
  const lines = attachments.map((attachment, index) => {
    const number = `attachment ${index + 1}`;
    return isWithin(limits, attachment)
      ? `[${number}: ${describe(attachment)}]`
      : `[${number}: left out, its type or size is not taken here]`;
  });
  return [text, ...lines].filter((line) => line !== '').join('\n');
}

function isWithin(limits: ChannelSpec['attachments'], { mediaType, bytes }: Attachment): boolean {
  const family = `${mediaType.split('/', 1)[0]}/*`;
  const isTaken = limits.mediaTypes.includes(mediaType) || limits.mediaTypes.includes(family);
  return isTaken && (bytes ?? 0) <= limits.maxBytes;
}

function describe({ mediaType, bytes, reference }: Attachment): string {
  const size = bytes === undefined ? '' : `, ${bytes} bytes`;
  return `${mediaType}${size}, reference ${JSON.stringify(reference)}`;
}
