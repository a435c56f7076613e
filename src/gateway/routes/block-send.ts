/**
 * `POST /v1/blocks/{id}/messages`: one message, or several at once.
 *
 * @module
 */

import * as z from 'zod';
import type { BlockRefusal, MessageAnswer } from '../../blocks/user/block-api.ts';
import { json } from '../json-response.ts';
import {
  MAX_MESSAGE_REQUEST_BYTES,
  messageSchema,
  toEnvelope,
  toOutside,
} from '../message-body.ts';
import { actAs, actingBlockOf, blockIdOf, blockOf, unwrap } from '../open-block.ts';
import { Refusal } from '../refusal.ts';
import { defineRoute, type Route, type RouteRequest } from '../route.ts';

/** Most messages of one request. */
const MAX_BATCH = 100;

type AnyRequest = RouteRequest<unknown, unknown>;

type OneMessage = z.infer<typeof messageSchema>;

const accepted = z.object({
  messageId: z.string(),
  seq: z.number().optional(),
  accepted: z.boolean().optional(),
});

const refused = z.object({
  code: z.string(),
  detail: z.string(),
  retryAfterMs: z.number().optional(),
});

/** In the order of the messages; `code` and `detail` of those that were refused. */
const answers = z.object({
  answers: z.array(z.union([accepted, refused])),
});

const sendMessages = defineRoute(
  {
    method: 'POST',
    path: '/v1/blocks/{id}/messages',
    operation: 'sendMessage',
    summary: 'Send a message, or up to 100 in one transaction: durable once it is answered',
    tag: 'blocks',
    access: 'block:send',
    // By `union` a batch with an error in it would be taken for a message with a member too many.
    body: z.xor([
      messageSchema,
      z.strictObject({ messages: z.array(messageSchema).min(1).max(MAX_BATCH) }),
    ]),
    maxBodyBytes: MAX_MESSAGE_REQUEST_BYTES,
    actingBlock: 'acts',
    success: { status: 202, describes: z.union([accepted, answers]) },
    idempotency: 'replay',
  },
  async (request) => {
    const { body } = request;
    if ('messages' in body) return json({ answers: await sendMany(request, body.messages) }, 202);
    const answer = toAnswer(await sendOne(request, body));
    if ('code' in answer) {
      const { code, ...facts } = answer;
      throw new Refusal(code, facts);
    }
    return json(answer, 202);
  },
);

async function sendOne(request: AnyRequest, message: OneMessage): Promise<MessageAnswer> {
  const acting = actingBlockOf(request);
  if (acting === undefined) {
    const outside = toOutside(request, message);
    return unwrap(await blockOf(request).once((block) => block.send(outside)));
  }
  const to = blockIdOf(request, request.params.id);
  const envelope = toEnvelope(request, message);
  const done = await actAs(request, acting, { kind: 'send', to, envelope });
  if (done.kind !== 'sent') throw new Refusal('internal');
  return done;
}

async function sendMany(
  request: AnyRequest,
  messages: readonly OneMessage[],
): Promise<readonly object[]> {
  const acting = actingBlockOf(request);
  if (acting === undefined) {
    const outside = messages.map((message) => toOutside(request, message));
    const sent = await blockOf(request).once((block) => block.sendMany(outside));
    return sent.map((one) => (one.ok ? toAnswer(one.value) : toRefused(one.error)));
  }
  const to = blockIdOf(request, request.params.id);
  const envelopes = messages.map((message) => toEnvelope(request, message));
  const done = await actAs(request, acting, { kind: 'send-many', to, envelopes });
  if (done.kind !== 'sent-many') throw new Refusal('internal');
  return done.sent.map(toAnswer);
}

type Refused = Pick<BlockRefusal, 'code' | 'detail' | 'retryAfterMs'>;

function toAnswer({ messageId, acceptance }: MessageAnswer): z.infer<typeof accepted> | Refused {
  switch (acceptance.kind) {
    case 'accepted':
      return { messageId, seq: acceptance.seq };
    case 'dropped':
      return { messageId, accepted: false };
    case 'mailbox-full':
      return { code: 'mailbox_full', detail: 'The mailbox of the block is full' };
    case 'rate-limited': {
      const { retryAfterMs } = acceptance;
      const detail = 'The block takes no more messages in a second';
      return { code: 'rate_limited', detail, retryAfterMs };
    }
    case 'too-many-ids': {
      const { retryAfterMs } = acceptance;
      return {
        code: 'rate_limited',
        detail: 'The block knows too many ids of messages',
        retryAfterMs,
      };
    }
    case 'other-body':
      return { code: 'conflict', detail: 'The message id was used for another body' };
    case 'noproc':
      return { code: 'noproc', detail: 'There is no such block' };
  }
}

function toRefused({ code, detail, retryAfterMs }: BlockRefusal): Refused {
  return { code, detail, ...(retryAfterMs !== undefined && { retryAfterMs }) };
}

export const blockSendRoutes: readonly Route[] = [sendMessages];
