/**
 * Writes a reply into the outbox, in as many parts as the platform wants it. Part of a transaction.
 *
 * @module
 */

import { ADAPTERS } from '../../channels/adapters.ts';
import { splitMarkdown } from '../../channels/split-markdown.ts';
import { splitText } from '../../channels/split-text.ts';
import type { Update } from '../../channels/update.ts';
import { randomHex } from '../kit/keys.ts';
import type { ChannelParts } from './channel-parts.ts';
import type { StoredChannel } from './channel-store.ts';

const ID_BYTES = 16;

type Answered = Pick<Update, 'updateId' | 'chat' | 'thread' | 'messageId' | 'replyToken'>;

interface Reply extends Answered {
  readonly text: string;
  /** Where it is sealed already; base64. */
  readonly sealedToken?: string;
  /** Of one that answers nobody: the ids of its parts. */
  readonly idOf?: (index: number) => string;
}

/** Numbers of its parts, in their order. */
export function writeReply(
  { replies, safe, now }: Pick<ChannelParts, 'replies' | 'safe' | 'now'>,
  { spec }: StoredChannel,
  { text, sealedToken, idOf, ...update }: Reply,
): readonly number[] {
  const { updateId, chat, thread, messageId, replyToken } = update;
  const { maxChars, lengthOf, isRepeatable, markdown } = ADAPTERS[spec.platform];
  const token =
    sealedToken ??
    (replyToken === undefined ? undefined : safe.sealToken(spec.name, updateId, replyToken));
  const isMarkdown = markdown === 'always' || spec.format === 'markdown';
  const split = isMarkdown ? splitMarkdown : splitText;
  return split(text, maxChars, lengthOf).map((words, index) =>
    replies.add({
      channel: spec.name,
      isRepeatable: isRepeatable({ index }),
      createdAt: now(),
      part: {
        ...(idOf ? { id: idOf(index), unasked: true } : { id: newReplyId() }),
        ...{ updateId, chat, text: words, index },
        format: spec.format,
        ...(thread !== undefined && { thread }),
        ...(messageId !== undefined && { messageId }),
        ...(token !== undefined && { replyToken: token }),
      },
    }),
  );
}

const newReplyId = (): string => `rep_${randomHex(ID_BYTES)}`;
