/**
 * `/v1/blocks/{id}/…`: what goes into a mailbox and comes out of it.
 *
 * @module
 */

import * as z from 'zod';
import { randomHex } from '../../blocks/kit/keys.ts';
import type {
  BlockActAnswer,
  OutsideMessage,
  ReceivedMessage,
  SentMessage,
} from '../../blocks/user/block-api.ts';
import type { BlockBody } from '../../core/blocks/block-body.ts';
import type { Acceptance } from '../../core/blocks/block-signal.ts';
import { isUsablePattern } from '../../core/blocks/message-pattern.ts';
import { PRINCIPAL_LABEL } from '../../core/policy/labels.ts';
import { json } from '../json-response.ts';
import {
  actingBlockOf,
  blockActorOf,
  blockIdOf,
  blockOf,
  blockWithId,
  unwrap,
} from '../open-block.ts';
import { Refusal } from '../refusal.ts';
import { defineRoute, type Route, type RouteRequest } from '../route.ts';

const MAX_WAIT_MS = 60_000;

const messageId = z
  .string()
  .regex(/^[\x21-\x7e]{1,128}$/, 'must be 1 to 128 visible characters')
  .optional();

/** JSON, or bytes as base64. */
const bodySchema = {
  body: z.json().optional(),
  bytes: z.base64().max(1_400_000).optional(),
};

type BodyFields = { readonly body?: unknown; readonly bytes?: string | undefined };

const received = z.object({
  messageId: z.string(),
  seq: z.number(),
  from: z.string(),
  body: z.unknown().optional(),
  bytes: z.string().optional(),
  lease: z.string().optional(),
  label: z.object({ integrity: z.string(), confidentiality: z.string() }),
  attempts: z.number(),
  signal: z.boolean().optional(),
  correlationId: z.string().optional(),
  traceId: z.string().optional(),
});

const sendMessage = defineRoute(
  {
    method: 'POST',
    path: '/v1/blocks/{id}/messages',
    operation: 'sendMessage',
    summary: 'Send a message: durable once it is answered',
    tag: 'blocks',
    access: 'block:send',
    body: z.strictObject({ ...bodySchema, messageId }),
    success: {
      status: 202,
      describes: z.object({
        messageId: z.string(),
        seq: z.number().optional(),
        accepted: z.boolean().optional(),
      }),
    },
  },
  async (request) => {
    const body = toBlockBody(request.body);
    const acting = actingBlockOf(request);
    if (acting === undefined) {
      const message = toOutside(request, body);
      const sent = await blockOf(request).once((block) => block.send(message));
      return answerSent(unwrap(sent));
    }
    const id = request.body.messageId ?? `msg_${randomHex(16)}`;
    const envelope = { messageId: id, body, label: PRINCIPAL_LABEL, traceId: request.requestId };
    const to = blockIdOf(request, request.params.id);
    const actor = blockActorOf(request);
    const act = { kind: 'send', to, envelope } as const;
    const done = await blockWithId(request, acting).once((block) => block.act(actor, act));
    return answerSent(readSent(unwrap(done)));
  },
);

function toOutside(
  request: RouteRequest<{ readonly messageId?: string | undefined }, unknown>,
  body: BlockBody,
): OutsideMessage {
  const { messageId: id } = request.body;
  return {
    from: blockActorOf(request),
    body,
    label: PRINCIPAL_LABEL,
    ...(id !== undefined && { messageId: id }),
  };
}

function toBlockBody({ body, bytes }: BodyFields): BlockBody {
  if ((body === undefined) === (bytes === undefined)) {
    throw new Refusal('invalid_body', {
      detail: 'Cannot read the message: it must have either "body" or "bytes"',
    });
  }
  return bytes === undefined ? JSON.stringify(body) : Buffer.from(bytes, 'base64');
}

function readSent(answer: BlockActAnswer): Pick<SentMessage, 'messageId' | 'acceptance'> {
  if (answer.kind !== 'sent') throw new Refusal('internal');
  return answer;
}

function answerSent({
  messageId: id,
  acceptance,
}: Pick<SentMessage, 'messageId' | 'acceptance'>): Response {
  requireAcceptance(acceptance);
  if (acceptance.kind === 'dropped') return json({ messageId: id, accepted: false }, 202);
  return json({ messageId: id, seq: acceptance.seq }, 202);
}

function requireAcceptance(
  acceptance: Acceptance,
): asserts acceptance is Extract<Acceptance, { readonly kind: 'accepted' | 'dropped' }> {
  if (acceptance.kind === 'mailbox-full') {
    throw new Refusal('mailbox_full', { detail: 'The mailbox of the block is full' });
  }
  if (acceptance.kind === 'noproc') {
    throw new Refusal('noproc', { detail: 'There is no such block' });
  }
}

const receiveMessages = defineRoute(
  {
    method: 'POST',
    path: '/v1/blocks/{id}/receive',
    operation: 'receiveMessages',
    summary: 'Take messages under a lease; waits for up to `timeoutMs`',
    tag: 'blocks',
    access: 'block:receive',
    body: z.strictObject({
      match: z.json().refine(isUsablePattern, 'must be smaller').optional(),
      timeoutMs: z.int().min(0).max(MAX_WAIT_MS).default(0),
      max: z.int().min(1).max(100).default(1),
      leaseMs: z.int().min(100).max(3_600_000).default(30_000),
    }),
    success: { status: 200, describes: z.object({ messages: z.array(received) }) },
  },
  async (request) => {
    const { match, ...rest } = request.body;
    const query = { ...rest, ...(match !== undefined && { match }) };
    const actor = blockActorOf(request);
    const taken = await blockOf(request).once((block) => block.receive(actor, query));
    return json({ messages: unwrap(taken).map(toReceived) });
  },
);

function toReceived<T extends Pick<ReceivedMessage, 'body'>>({ body, ...message }: T) {
  if (typeof body === 'string') return { ...message, body: JSON.parse(body) as unknown };
  return { ...message, bytes: Buffer.from(body).toString('base64') };
}

const acknowledgeMessages = defineRoute(
  {
    method: 'POST',
    path: '/v1/blocks/{id}/ack',
    operation: 'acknowledgeMessages',
    summary: 'Say that messages are done with; what is not comes again when its lease is over',
    tag: 'blocks',
    access: 'block:receive',
    body: z.strictObject({ leases: z.array(z.string().max(64)).min(1).max(100) }),
    success: { status: 200, describes: z.object({ acknowledged: z.number() }) },
  },
  async (request) => {
    const { leases } = request.body;
    const actor = blockActorOf(request);
    const done = await blockOf(request).again((block) => block.acknowledge(actor, leases));
    return json({ acknowledged: unwrap(done) });
  },
);

const callBlock = defineRoute(
  {
    method: 'POST',
    path: '/v1/blocks/{id}/call',
    operation: 'callBlock',
    summary: 'Send a message and wait for its answer',
    tag: 'blocks',
    access: 'block:send',
    body: z.strictObject({
      ...bodySchema,
      messageId,
      timeoutMs: z.int().min(1).max(MAX_WAIT_MS).default(5_000),
    }),
    success: {
      status: 200,
      describes: z.object({ body: z.unknown().optional(), bytes: z.string().optional() }),
    },
  },
  async (request) => {
    const message = toOutside(request, toBlockBody(request.body));
    const { timeoutMs } = request.body;
    const called = await blockOf(request).once((block) => block.call(message, timeoutMs));
    const { body, label } = unwrap(called);
    return json(toReceived({ body, label }));
  },
);

const replyToCall = defineRoute(
  {
    method: 'POST',
    path: '/v1/blocks/{id}/reply',
    operation: 'replyToCall',
    summary: 'Answer a call that was received; it is done with then',
    tag: 'blocks',
    access: 'block:send',
    body: z.strictObject({ lease: z.string().max(64), ...bodySchema }),
    success: { status: 202, describes: z.object({ replied: z.boolean() }) },
  },
  async (request) => {
    const body = toBlockBody(request.body);
    const { lease } = request.body;
    const actor = blockActorOf(request);
    unwrap(await blockOf(request).once((block) => block.reply(actor, lease, body)));
    return json({ replied: true }, 202);
  },
);

const listDeadLetters = defineRoute(
  {
    method: 'GET',
    path: '/v1/blocks/{id}/dead-letters',
    operation: 'listDeadLetters',
    summary: 'Messages that could not be processed or had to make room',
    tag: 'blocks',
    access: 'block:read',
    query: z.strictObject({
      after: z.coerce.number().int().min(0).default(0),
      limit: z.coerce.number().int().min(1).max(100).default(20),
    }),
    success: { status: 200, describes: z.object({ deadLetters: z.array(received.loose()) }) },
  },
  async (request) => {
    const { after, limit } = request.query;
    const letters = await blockOf(request).again((block) => block.deadLetters(after, limit));
    return json({ deadLetters: letters.map(toReceived) });
  },
);

export const blockMessageRoutes: readonly Route[] = [
  sendMessage,
  receiveMessages,
  acknowledgeMessages,
  callBlock,
  replyToCall,
  listDeadLetters,
];
